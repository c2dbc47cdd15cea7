//! Time and memory of the search against the number of vertices, on large sparse graphs: a table, and a plot if a file
//! is named.
//!
//! ```text
//! cargo bench -p sympe-canon --bench scaling -- [PLOT.svg]
//! ```

#[path = "../tests/common/mod.rs"]
mod common;

use common::families::large;
use common::measure::{Answers, form_orbits_order};
use plotters::prelude::*;
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use std::error::Error;
use std::fs;
use std::time::Instant;
use sympe_groups::{Action, Permutation};

const SIZES: [u32; 3] = [10_000, 100_000, 1_000_000];

/// The most memory that the process has held since the last call, in MiB; where the system tells.
fn peak_memory() -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let peak: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    fs::write("/proc/self/clear_refs", "5").ok()?;
    Some(peak / 1024.0)
}

/// A curve: the name of a family, and seconds by number of vertices.
type Curve = (&'static str, Vec<(f64, f64)>);

fn main() -> Result<(), Box<dyn Error>> {
    let plot = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with('-'));
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut curves: Vec<Curve> = Vec::new();
    println!(
        "| family | n | m | seconds | memory of the process, MiB | log10 Aut |\n|---|---|---|---|---|---|"
    );
    for n in SIZES {
        for (name, build) in large() {
            let graph = build(n);
            // The families' own numbering is kind to caches.
            let graph = Permutation::random(graph.n(), &mut rng).act(&graph);
            peak_memory();
            let start = Instant::now();
            let order = form_orbits_order(&graph, &mut Answers::default())?;
            let seconds = start.elapsed().as_secs_f64();
            let peak = peak_memory();
            println!(
                "| {name} | {} | {} | {seconds:.3} | {} | {:.2} |",
                graph.n(),
                graph.edge_count(),
                peak.map_or_else(|| "-".into(), |peak| format!("{peak:.0}")),
                order.log10()
            );
            let point = (graph.n() as f64, seconds);
            match curves.iter_mut().find(|curve| curve.0 == name) {
                Some(curve) => curve.1.push(point),
                None => curves.push((name, vec![point])),
            }
        }
    }
    if let Some(file) = plot {
        draw(&file, &curves)?;
        println!("\n{file}");
    }
    Ok(())
}

fn draw(file: &str, curves: &[Curve]) -> Result<(), Box<dyn Error>> {
    let area = SVGBackend::new(file, (640, 420)).into_drawing_area();
    area.fill(&WHITE)?;
    let times = curves
        .iter()
        .flat_map(|curve| curve.1.iter().map(|point| point.1));
    let (low, high) = times.fold((f64::INFINITY, 0.0f64), |(low, high), t| {
        (low.min(t), high.max(t))
    });
    let mut chart = ChartBuilder::on(&area)
        .margin(10)
        .margin_right(35)
        .x_label_area_size(40)
        .y_label_area_size(60)
        .build_cartesian_2d((9e3..1.1e6).log_scale(), (low * 0.8..high * 1.5).log_scale())?;
    chart
        .configure_mesh()
        .x_desc("vertices")
        .x_label_formatter(&|n| format!("{n:.0}"))
        .y_label_formatter(&|seconds| seconds.to_string())
        .y_desc("seconds: form, orbits, order")
        .light_line_style(WHITE.mix(0.0))
        .draw()?;
    for (index, (name, points)) in curves.iter().enumerate() {
        let color = Palette99::pick(index).to_rgba();
        chart
            .draw_series(LineSeries::new(points.iter().copied(), color.stroke_width(2)).point_size(3))?
            .label(*name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], color.stroke_width(2)));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .background_style(WHITE.mix(0.8))
        .draw()?;
    area.present()?;
    Ok(())
}
