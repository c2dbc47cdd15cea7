//! Which inputs are solved, by the index of their stabilizer: a table and a picture.

use super::comparison::method;
use super::config::CouplingLaw;
use super::coverage::is_solved;
use super::model::Ising;
use crate::TrainError;
use crate::report::{Block, Table};
use crate::task::{Part, Samples};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use std::collections::{BTreeMap, BTreeSet};

/// Inputs of one law and one index `[G : Stab(x)]`; ordered by the index.
type Class = (u64, String);
/// How many inputs there are, and how many are solved.
type Counts = [u32; 2];
/// A method, and a percentage for each index.
type Line = (String, Vec<(u64, f64)>);

/// A colour-blind safe palette (Okabe & Ito 2008).
const COLORS: [u32; 8] = [
    0x0072b2, 0xd55e00, 0x009e73, 0xcc79a7, 0xe69f00, 0x56b4e9, 0x000000, 0x8c8c8c,
];

/// What is configured, as a class of inputs is called.
fn law(run: &Ising) -> String {
    let data = &run.config.data;
    match data.law {
        CouplingLaw::Superlattice => format!("{}, cell {} × {1}", data.pattern, data.cell),
        law => law.to_string(),
    }
}

fn percent([count, solved]: Counts) -> f64 {
    100.0 * f64::from(solved) / f64::from(count)
}

/// Solved test inputs of every method by class, over all runs of it; nothing where all inputs are of one class.
pub(super) fn blocks(runs: &[(String, &Ising)]) -> Result<Vec<Block>, TrainError> {
    let test = |run: &Ising| Samples::new(run.splits.part(Part::Test).iter().cloned(), Some(Part::Test));
    let mut classes: BTreeSet<Class> = BTreeSet::new();
    for (_, run) in runs {
        let indices = run.indices(&test(run))?.into_iter();
        classes.extend(indices.map(|index| (index, law(run))));
    }
    if classes.len() < 2 {
        return Ok(Vec::new());
    }
    let mut methods: Vec<(String, BTreeMap<Class, Counts>)> = Vec::new();
    for (_, run) in runs {
        let name = method(&run.config);
        let position = methods.iter().position(|(known, _)| *known == name);
        let position = position.unwrap_or_else(|| {
            methods.push((name, BTreeMap::new()));
            methods.len() - 1
        });
        let test = test(run);
        for (index, gap) in run.indices(&test)?.into_iter().zip(run.gaps(&test, 0)?) {
            let counts = methods[position].1.entry((index, law(run))).or_default();
            counts[0] += 1;
            counts[1] += u32::from(is_solved(gap));
        }
    }
    let head = ["couplings", "[G : Stab(x)]"].map(str::to_owned).into_iter();
    let row = |class: &Class| {
        let cells = methods.iter().map(|(_, counts)| match counts.get(class) {
            Some(&counts) => format!("{:.1}", percent(counts)),
            None => String::new(),
        });
        [class.1.clone(), class.0.to_string()].into_iter().chain(cells).collect()
    };
    let table = Table {
        head: head.chain(methods.iter().map(|(name, _)| name.clone())).collect(),
        rows: classes.iter().map(row).collect(),
    };
    let lines: Vec<Line> = methods.iter().map(|(name, counts)| (name.clone(), by_index(counts))).collect();
    let caption = "Test inputs solved, %, by the index of their stabilizer, over all runs of a method. Up to symmetry, an \
                   exact draw presents the network with one case per input, a uniform draw with as many as the index";
    Ok(vec![
        Block::Text("Test inputs solved, %, by class of inputs:".into()),
        Block::Table(table),
        Block::Figure("solved-by-index".into(), caption.into(), chart(&lines)),
    ])
}

/// The share of solved inputs, %, for each index.
fn by_index(counts: &BTreeMap<Class, Counts>) -> Vec<(u64, f64)> {
    let mut sums: BTreeMap<u64, Counts> = BTreeMap::new();
    for ((index, _), [count, solved]) in counts {
        let sum = sums.entry(*index).or_default();
        *sum = [sum[0] + count, sum[1] + solved];
    }
    sums.into_iter().map(|(index, counts)| (index, percent(counts))).collect()
}

/// Percentages over an index on a logarithmic axis, one line per method, its name beside its last point.
fn chart(lines: &[Line]) -> String {
    drawn(lines).expect("drawing into a string cannot fail")
}

fn drawn(lines: &[Line]) -> Result<String, DrawingAreaErrorKind<std::io::Error>> {
    let log = |index: u64| (index as f64).log2();
    let indices = || lines.iter().flat_map(|(_, points)| points.iter().map(|(index, _)| *index));
    let (least, most) = (indices().min().unwrap_or(1), indices().max().unwrap_or(2));
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, (560, 320)).into_drawing_area();
        area.fill(&WHITE)?;
        let mut chart = ChartBuilder::on(&area)
            .margin(14)
            .margin_right(130)
            .x_label_area_size(44)
            .y_label_area_size(56)
            .build_cartesian_2d(log(least) - 0.2..log(most) + 0.2, -4.0..104.0)?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .light_line_style(TRANSPARENT)
            .x_desc("index of the stabilizer, [G : Stab(x)]")
            .y_desc("solved, %")
            .x_labels((log(most) - log(least)) as usize + 1)
            .x_label_formatter(&|x| format!("{:.0}", x.exp2()))
            .label_style(("sans-serif", 15))
            .draw()?;
        // Names in the order of the last points, apart from each other.
        let mut ends: Vec<(usize, f64)> = (lines.iter().enumerate())
            .map(|(line, (_, points))| (line, points.last().map_or(0.0, |point| point.1)))
            .collect();
        ends.sort_by(|a, b| b.1.total_cmp(&a.1));
        let mut free = 0;
        for (line, end) in ends {
            let (name, points) = &lines[line];
            let [_, red, green, blue] = COLORS[line % COLORS.len()].to_be_bytes();
            let color = RGBColor(red, green, blue);
            let path: Vec<(f64, f64)> = points.iter().map(|&(index, y)| (log(index), y)).collect();
            chart.draw_series(path.iter().map(|&point| Circle::new(point, 3, color.filled())))?;
            let (right, y) = chart.backend_coord(&(log(most) + 0.2, end));
            chart.draw_series([PathElement::new(path, color.stroke_width(2))])?;
            free = y.max(free);
            let style = TextStyle::from(("sans-serif", 15)).color(&color);
            let style = style.pos(Pos::new(HPos::Left, VPos::Center));
            area.draw(&Text::new(name.as_str(), (right + 8, free), style))?;
            free += 16;
        }
        area.present()?;
    }
    Ok(svg)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_has_a_name_and_a_point_for_each_index() {
        let line = |name: &str, values: &[f64]| {
            let points = [2u64, 8, 128].into_iter().zip(values.iter().copied());
            (name.to_owned(), points.collect())
        };
        let svg = chart(&[line("sympe", &[100.0; 3]), line("uniform", &[100.0, 0.0, 50.0])]);
        assert_eq!(svg.matches("<circle").count(), 6);
        assert!(svg.contains("sympe") && svg.contains("uniform") && svg.contains("128"));
    }
}
