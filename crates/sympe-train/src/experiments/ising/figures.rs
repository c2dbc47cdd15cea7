//! Pictures: energy and order over the plane of couplings, and spins.

use super::data::references;
use super::model::Ising;
use crate::TrainError;
use crate::report::{Block, Panel, panels, shade};
use crate::task::{Part, Samples};
use sympe_data::ising::{Couplings, OrderParameters};

/// Values of each coupling in a phase diagram, from −3 to 3.
const GRID: usize = 25;
/// The external field of a phase diagram.
const FIELD: f32 = 0.5;
/// Test inputs shown, and answers to each.
const SAMPLES: usize = 5;
const DRAWS: u64 = 2;

const BLUE: [u8; 3] = [0, 114, 178];
const ORANGE: [u8; 3] = [213, 94, 0];
const BLACK: [u8; 3] = [40, 40, 40];

pub(super) fn figures(runs: &[(String, &Ising)]) -> Result<Vec<Block>, TrainError> {
    let Some((_, first)) = runs.first() else {
        return Ok(Vec::new());
    };
    let mut blocks = Vec::new();
    if first.config.data.law.is_uniform() {
        blocks.push(phase_diagram(first.config.data.side, runs)?);
    }
    blocks.push(spins(runs)?);
    Ok(blocks)
}

/// The value of a coupling at a position of the grid.
fn coupling(position: usize) -> f32 {
    6.0 * position as f32 / (GRID - 1) as f32 - 3.0
}

/// Energy gap and order parameters of every run over `J_x` and `J_y`, below the exact ones.
fn phase_diagram(side: u32, runs: &[(String, &Ising)]) -> Result<Block, TrainError> {
    // J_y grows upwards.
    let at = |index: usize| [coupling(GRID - 1 - index / GRID), coupling(index % GRID)];
    let uniform = |index| {
        let [down, right] = at(index);
        Couplings::uniform([side, side], down, right, FIELD)
    };
    let couplings = (0..GRID * GRID).map(uniform).collect::<Result<Vec<_>, _>>()?;
    let mut exact = Vec::new();
    for one in &couplings {
        let phases = one.phases()?;
        exact.push((one.ground_energy()?, phases[0].pattern([side, side])));
    }
    let row = |title: &str, answers: &[Vec<i8>]| {
        let gaps: Vec<f64> = (0..answers.len())
            .map(|index| couplings[index].energy(&answers[index]) - exact[index].0)
            .collect();
        let orders: Vec<OrderParameters> = answers
            .iter()
            .map(|answer| OrderParameters::new([side, side], answer))
            .collect();
        let panel = |color: [u8; 3], value: &dyn Fn(usize) -> f64| {
            Panel::new(GRID, |i, j| shade(color, value(i * GRID + j)), GRID)
        };
        let row = vec![
            panel(ORANGE, &|index| gaps[index]),
            panel(BLUE, &|index| orders[index].magnetization.abs()),
            panel(BLUE, &|index| orders[index].row_stripes.abs()),
            panel(BLUE, &|index| orders[index].column_stripes.abs()),
            panel(BLUE, &|index| orders[index].staggered.abs()),
        ];
        (title.to_owned(), row)
    };
    let patterns: Vec<Vec<i8>> = exact.iter().map(|(_, pattern)| pattern.clone()).collect();
    let mut rows = vec![row("exact", &patterns)];
    for (name, run) in runs {
        rows.push(row(name, &run.spins(couplings.clone(), 0)?));
    }
    let headings = [
        "energy gap",
        "magnetization",
        "row stripes",
        "column stripes",
        "staggered",
    ];
    Ok(Block::Figure(
        "phase-diagram".into(),
        format!(
            "Phase diagram: J_x to the right and J_y upwards, both from −3 to 3, h = {FIELD}. Energy gap per site (orange \
             from 1 on) and order parameters (blue at 1) of one answer per point."
        ),
        panels(&headings.map(str::to_owned), &rows),
    ))
}

/// Exact ground states and answers to some test inputs, one of each phase where there are phases.
fn spins(runs: &[(String, &Ising)]) -> Result<Block, TrainError> {
    let first = &runs[0].1;
    let test = Samples::new(first.splits.part(Part::Test), Some(Part::Test));
    let references = references(&test)?;
    let mut chosen: Vec<usize> = Vec::new();
    for index in 0..test.len() {
        let phase = references[index].phase;
        let new = phase.is_none() || chosen.iter().all(|&other| references[other].phase != phase);
        if new && chosen.len() < SAMPLES {
            chosen.push(index);
        }
    }
    let inputs: Vec<Couplings> = chosen
        .iter()
        .map(|&index| Ok(test.get(index)?.sample.couplings().clone()))
        .collect::<Result<_, TrainError>>()?;
    let mut headings = Vec::new();
    let mut rows: Vec<(String, Vec<Panel>)> = chosen
        .iter()
        .map(|&index| {
            let reference = references[index];
            let phase = reference
                .phase
                .map(|phase| format!("{phase}, "))
                .unwrap_or_default();
            (
                format!("{phase}ground state {:.4} per site", reference.energy),
                Vec::new(),
            )
        })
        .collect();
    let side = first.config.data.side as usize;
    for (name, run) in runs {
        for draw in 0..DRAWS {
            headings.push(format!("{name} ({})", draw + 1));
            let answers = run.spins(inputs.clone(), draw)?;
            for ((_, panels), answer) in rows.iter_mut().zip(&answers) {
                let color = |i: usize, j: usize| if answer[i * side + j] > 0 { BLACK } else { [255; 3] };
                panels.push(Panel::new(side, color, side));
            }
        }
    }
    Ok(Block::Figure(
        "spins".into(),
        format!("Test inputs: the first {DRAWS} answers of each run; black is +1"),
        panels(&headings, &rows),
    ))
}
