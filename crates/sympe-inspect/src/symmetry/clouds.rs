//! What is symmetric in a cloud of points: its point group.

use super::summary::Sample;
use super::text::{Options, join};
use crate::InspectError;
use crate::terminal::print;
use serde::Serialize;
use std::io::Write;
use sympe_canon::InversionKernel;
use sympe_canon::points::{PointCloud, PointSearch, PointSymmetry, PrincipalAxes, Tolerance};
use sympe_data::formats::clouds::{Cloud, NamedCloud};
use sympe_data::key::{self, Purpose};
use sympe_groups::{OrthogonalGroup, Permutation};

/// What is printed of a cloud.
#[derive(Serialize)]
pub(crate) struct Description<'a> {
    name: &'a str,
    points: usize,
    dimension: usize,
    /// Dimension of what the points span, seen from their centre.
    rank: usize,
    schoenflies: String,
    hermann_mauguin: String,
    /// Isometries, and rotations among them; none if there are infinitely many.
    order: Option<u64>,
    proper_order: Option<u64>,
    /// Below this, isometries form a group; and the largest distance of an image from its point.
    tolerance: f64,
    residual: f64,
    center: Vec<f64>,
    orbits: Vec<Vec<u32>>,
    generators: Vec<String>,
    /// Rows of the orthogonal parts of draws: motions to the cloud from its canonical form.
    draws: Vec<Vec<Vec<f64>>>,
}

/// Describes cloud number `index`.
pub(crate) fn describe(
    named: &NamedCloud,
    index: u64,
    tolerance: Tolerance,
    options: Options,
) -> Result<Description<'_>, InspectError> {
    let name = &named.name;
    match &named.cloud {
        Cloud::Plane(cloud) => of(name, cloud, index, tolerance, options, |found| {
            let symbol = found.symbol();
            [symbol.to_string(), symbol.hermann_mauguin()]
        }),
        Cloud::Space(cloud) => of(name, cloud, index, tolerance, options, |found| {
            let symbol = found.symbol();
            [symbol.to_string(), symbol.hermann_mauguin()]
        }),
    }
}

/// In either dimension, with the symbols of a point group after Schoenflies and after Hermann and Mauguin.
fn of<'a, const D: usize>(
    name: &'a str,
    cloud: &PointCloud<D>,
    index: u64,
    tolerance: Tolerance,
    options: Options,
    symbols: impl Fn(&PointSymmetry<D>) -> [String; 2],
) -> Result<Description<'a>, InspectError> {
    let symmetry = PointSearch::within(tolerance).run(cloud)?;
    let [schoenflies, hermann_mauguin] = symbols(&symmetry);
    let permutations = symmetry.permutations();
    Ok(Description {
        name,
        points: permutations.degree(),
        dimension: D,
        rank: symmetry.rank(),
        schoenflies,
        hermann_mauguin,
        order: symmetry.order(),
        proper_order: symmetry.proper_order(),
        tolerance: symmetry.tolerance(),
        residual: symmetry.residual(),
        center: symmetry.center().to_vec(),
        orbits: permutations.orbits(),
        generators: permutations
            .generators()
            .iter()
            .map(Permutation::to_string)
            .collect(),
        draws: draws(&symmetry, index, options),
    })
}

fn draws<const D: usize>(symmetry: &PointSymmetry<D>, index: u64, options: Options) -> Vec<Vec<Vec<f64>>> {
    if options.samples == 0 {
        return Vec::new();
    }
    let found = symmetry.motions(OrthogonalGroup::full());
    let mut rng = key::stream(options.seed, 0, index, Purpose::Transform);
    let draws = (0..options.samples).map(|_| {
        let drawn = found.sample(&mut rng);
        let matrix = drawn.orthogonal().matrix();
        matrix
            .row_iter()
            .map(|row| row.iter().copied().collect())
            .collect()
    });
    draws.collect()
}

/// What a cloud adds to a summary.
pub(crate) fn sample(named: &NamedCloud, tolerance: Tolerance) -> Result<Sample, InspectError> {
    match &named.cloud {
        Cloud::Plane(cloud) => sample_of(cloud, tolerance, |found| found.symbol().to_string()),
        Cloud::Space(cloud) => sample_of(cloud, tolerance, |found| found.symbol().to_string()),
    }
}

fn sample_of<const D: usize>(
    cloud: &PointCloud<D>,
    tolerance: Tolerance,
    symbol: impl Fn(&PointSymmetry<D>) -> String,
) -> Result<Sample, InspectError> {
    /// Moments that differ by less, as a part of their sum, have no axes of their own.
    const DEGENERACY: f64 = 1e-4;
    let symmetry = PointSearch::within(tolerance).run(cloud)?;
    let center = symmetry.center();
    let about: Vec<[f64; D]> = cloud
        .positions()
        .iter()
        .map(|place| std::array::from_fn(|axis| place[axis] - center[axis]))
        .collect();
    let centered = PointCloud::new(about, cloud.types().to_vec())?;
    let axes = PrincipalAxes::new(OrthogonalGroup::full(), DEGENERACY).entropy(&centered)?;
    Ok(Sample {
        parts: cloud.len(),
        interchangeable: Sample::interchangeable(&symmetry.permutations().orbit_representatives()),
        ln_order: symmetry
            .order()
            .map_or(f64::INFINITY, |order| (order as f64).ln()),
        entropies: vec![
            ("exact".into(), symmetry.order().map(|order| (order as f64).ln())),
            ("axes".into(), axes),
        ],
        class: Some(symbol(&symmetry)),
    })
}

impl Description<'_> {
    /// Writes it, for a program or for a person to read.
    pub(crate) fn write(&self, as_json: bool, output: &mut dyn Write) -> Result<(), InspectError> {
        if as_json {
            let text = serde_json::to_string(self).expect("a description is JSON");
            return print(output, text);
        }
        let (points, dimension) = (self.points, self.dimension);
        print(
            output,
            format_args!("{}: {points} points in {dimension} dimensions", self.name),
        )?;
        print(
            output,
            format_args!(
                "  point group     {} ({})",
                self.schoenflies, self.hermann_mauguin
            ),
        )?;
        let order = match self.order.zip(self.proper_order) {
            Some((order, rotations)) => format!("{order} ({rotations} rotations)"),
            None => "infinite".to_owned(),
        };
        print(output, format_args!("  order           {order}"))?;
        let (residual, tolerance) = (self.residual, self.tolerance);
        print(
            output,
            format_args!("  residual        {residual:.1e} (tolerance {tolerance:.1e})"),
        )?;
        let braces = |orbit: &Vec<u32>| {
            let points: Vec<String> = orbit.iter().map(ToString::to_string).collect();
            format!("{{{}}}", points.join(" "))
        };
        print(
            output,
            format_args!("  orbits          {}", join(self.orbits.iter().map(braces))),
        )?;
        print(
            output,
            format_args!("  generators      {}", join(self.generators.iter().cloned())),
        )?;
        for draw in &self.draws {
            print(output, format_args!("  draw            {draw:.6?}"))?;
        }
        Ok(())
    }
}
