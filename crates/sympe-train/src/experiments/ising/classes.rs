//! Which inputs are solved, by the index of their stabilizer: a table and a picture.

use super::comparison::method;
use super::config::CouplingLaw;
use super::coverage::is_solved;
use super::model::Ising;
use crate::TrainError;
use crate::report::{Block, Curve, Table, percentages};
use serde_json::json;
use crate::task::{Part, Samples};
use std::collections::{BTreeMap, BTreeSet};

/// Inputs of one law and one index `[G : Stab(x)]`; ordered by the index.
type Class = (u64, String);
/// How many inputs there are, and how many are solved.
type Counts = [u32; 2];

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

/// Solved test inputs of every method by class, over all runs of it; nothing where all inputs are of one class. A table, a picture,
/// and a JSON object for each method and class.
pub(super) fn blocks(runs: &[&Ising]) -> Result<Vec<Block>, TrainError> {
    let test = |run: &Ising| Samples::new(run.splits.part(Part::Test), Some(Part::Test));
    let mut classes: BTreeSet<Class> = BTreeSet::new();
    for run in runs {
        let indices = run.indices(&test(run))?.into_iter();
        classes.extend(indices.map(|index| (index, law(run))));
    }
    if classes.len() < 2 {
        return Ok(Vec::new());
    }
    let mut methods: Vec<(String, BTreeMap<Class, Counts>)> = Vec::new();
    for run in runs {
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
    let curve = |(name, counts): &(String, BTreeMap<Class, Counts>)| Curve {
        name: name.clone(),
        points: by_index(counts),
    };
    let curves: Vec<Curve> = methods.iter().map(curve).collect();
    let picture = percentages("solved, %", "index of the stabilizer, [G : Stab(x)]", &curves);
    let caption = "Test inputs solved, %, by the index of their stabilizer, over all runs of a method. Up to symmetry, an \
                   exact draw presents the network with one case per input, a uniform draw with as many as the index";
    let lines = methods.iter().flat_map(|(name, counts)| {
        counts.iter().map(move |((index, law), &[count, solved])| {
            let object = json!({"method": name, "couplings": law, "index": index, "inputs": count, "solved": solved});
            format!("{object}\n")
        })
    });
    let listing = lines.collect();
    Ok(vec![
        Block::Text("Test inputs solved, %, by class of inputs:".into()),
        Block::Table(table),
        Block::Figure("solved-by-index".into(), caption.into(), picture),
        Block::Listing("solved-by-index.jsonl".into(), listing),
    ])
}

/// The share of solved inputs, %, for each index.
fn by_index(counts: &BTreeMap<Class, Counts>) -> Vec<(u32, f64)> {
    let mut sums: BTreeMap<u32, Counts> = BTreeMap::new();
    for ((index, _), [count, solved]) in counts {
        let index = u32::try_from(*index).expect("a torus of a model has less than 2²⁸ sites");
        let sum = sums.entry(index).or_default();
        *sum = [sum[0] + count, sum[1] + solved];
    }
    sums.into_iter().map(|(index, counts)| (index, percent(counts))).collect()
}
