//! How sure a point group is near the tolerance: the share of noisy clouds in which the whole group is found, against the noise.
//!
//! ```sh
//! cargo run --release -p sympe-canon --example point_groups_of_clouds                          # a table
//! cargo run --release -p sympe-canon --example point_groups_of_clouds -- --plot curve.svg      # and a picture
//! ```

use plotters::prelude::*;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use std::error::Error;
use std::f64::consts::TAU;
use sympe_canon::CanonError;
use sympe_canon::points::{PointCloud, PointSearch, Tolerance};

/// Clouds of each kind and noise.
const TRIALS: u32 = 400;
/// The tolerance, in ångström.
const TOLERANCE: f64 = 0.05;
/// Steps of the noise, of a twentieth of the tolerance each.
const STEPS: u32 = 16;

/// The name of a cloud, and for each noise the share with the whole group, and with any isometry.
type Curve = (String, Vec<(f64, [f64; 2])>);

fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip(1);
    let plot = match (words.next().as_deref(), words.next()) {
        (None, _) => None,
        (Some("--plot"), Some(file)) => Some(file),
        (Some(word), _) => return Err(format!("{word}: expected --plot FILE or nothing").into()),
    };
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let curves: Vec<Curve> = clouds()?
        .into_iter()
        .map(|(name, cloud)| curve(name, &cloud, &mut rng))
        .collect::<Result<_, _>>()?;
    println!(
        "standard deviation of coordinates, in tolerances; share with the whole group, and with more than one isometry"
    );
    print!("{:>6}", "noise");
    curves.iter().for_each(|(name, _)| print!("{name:>20}"));
    println!();
    for step in 0..STEPS as usize {
        print!("{:>6.2}", curves[0].1[step].0);
        for (_, points) in &curves {
            let [whole, some] = points[step].1;
            print!("{:>20}", format!("{whole:.2} {some:.2}"));
        }
        println!();
    }
    if let Some(file) = plot {
        draw(&file, &curves)?;
        println!("\n{file}");
    }
    Ok(())
}

fn curve(name: &str, cloud: &PointCloud<3>, rng: &mut ChaCha8Rng) -> Result<Curve, CanonError> {
    let symmetry = PointSearch::default().run(cloud)?;
    let share = |step: u32| {
        let noise = 0.05 * f64::from(step);
        let mut counts = [0; 2];
        for _ in 0..TRIALS {
            // Twelve uniform numbers have variance one.
            let mut normal = || (0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0;
            let places = cloud.positions().iter();
            let moved = places.map(|place| place.map(|x| x + noise * TOLERANCE * normal()));
            let noisy = PointCloud::new(moved.collect(), cloud.types().to_vec())?;
            let found = PointSearch::within(Tolerance::Absolute(TOLERANCE))
                .run(&noisy)?
                .order();
            counts[0] += u32::from(found == symmetry.order());
            counts[1] += u32::from(found != Some(1));
        }
        Ok((noise, counts.map(|count| f64::from(count) / f64::from(TRIALS))))
    };
    let points = (1..=STEPS).map(share).collect::<Result<_, CanonError>>()?;
    Ok((format!("{name} ({})", symmetry.symbol()), points))
}

fn clouds() -> Result<Vec<(&'static str, PointCloud<3>)>, CanonError> {
    let golden = (1.0 + 5f64.sqrt()) / 2.0;
    let signs = [[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]];
    let icosahedron = signs.iter().flat_map(|[a, b]| {
        let (one, long) = (*a, b * golden);
        [[0.0, one, long], [one, long, 0.0], [long, 0.0, one]]
    });
    let octahedron = (0..3).flat_map(|axis| [corner(axis, 2.0), corner(axis, -2.0)]);
    let hydrogens = signs.iter().map(|[a, b]| [*a, *b, a * b].map(|x| 0.63 * x));
    let methane = std::iter::once((6, [0.0; 3])).chain(hydrogens.map(|place| (1, place)));
    let ammonia = std::iter::once((7, [0.0, 0.0, 0.38])).chain(ring(3, 0.94, 1, 0.0, 0.0));
    let sulfur = ring(4, 2.34, 16, 0.5, 0.0).chain(ring(4, 2.34, 16, -0.5, 0.5));
    Ok(vec![
        ("ammonia", of_atoms(ammonia)?),
        ("methane", of_atoms(methane)?),
        ("octahedron", PointCloud::of_one_type(octahedron.collect())?),
        (
            "benzene",
            of_atoms(ring(6, 1.39, 6, 0.0, 0.0).chain(ring(6, 2.48, 1, 0.0, 0.0)))?,
        ),
        ("cyclooctasulfur", of_atoms(sulfur)?),
        ("icosahedron", PointCloud::of_one_type(icosahedron.collect())?),
    ])
}

/// Atoms of an element in a ring about z, turned by a part of a step.
fn ring(n: u32, radius: f64, kind: u32, z: f64, turned: f64) -> impl Iterator<Item = (u32, [f64; 3])> {
    (0..n).map(move |k| {
        let (sin, cos) = (TAU * (f64::from(k) + turned) / f64::from(n)).sin_cos();
        (kind, [radius * cos, radius * sin, z])
    })
}

fn of_atoms(atoms: impl Iterator<Item = (u32, [f64; 3])>) -> Result<PointCloud<3>, CanonError> {
    let (types, positions): (Vec<u32>, Vec<[f64; 3]>) = atoms.unzip();
    PointCloud::new(positions, types)
}

fn corner(axis: usize, length: f64) -> [f64; 3] {
    std::array::from_fn(|i| if i == axis { length } else { 0.0 })
}

fn draw(file: &str, curves: &[Curve]) -> Result<(), Box<dyn Error>> {
    let area = SVGBackend::new(file, (640, 400)).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .margin(10)
        .x_label_area_size(40)
        .y_label_area_size(50)
        .build_cartesian_2d(0.0..0.05 * f64::from(STEPS), 0.0..1.02)?;
    chart
        .configure_mesh()
        .x_desc("standard deviation of coordinates / tolerance")
        .y_desc("share with the whole point group")
        .light_line_style(WHITE.mix(0.0))
        .draw()?;
    for (index, (name, points)) in curves.iter().enumerate() {
        let color = Palette99::pick(index).to_rgba();
        let whole =
            std::iter::once((0.0, 1.0)).chain(points.iter().map(|(noise, [whole, _])| (*noise, *whole)));
        chart
            .draw_series(LineSeries::new(whole, color.stroke_width(2)).point_size(2))?
            .label(name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], color.stroke_width(2)));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperRight)
        .background_style(WHITE.mix(0.8))
        .draw()?;
    area.present()?;
    Ok(())
}
