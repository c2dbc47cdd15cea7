//! Orders, orbits and isomorphism classes of graphs with known answers: the fixtures, and the data set where it is
//! present.

mod common;

use common::data::{self, batch, batches, dimacs, read, truth};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use serde_json::Value;
use std::collections::HashMap;
use std::path::Path;
use sympe_canon::graph::{ColoredGraph, SymmetrySearch};
use sympe_groups::{Action, Permutation};

fn manifest(folder: &Path) -> Value {
    serde_json::from_str(&read(&folder.join("manifest.json"))).unwrap()
}

/// Checks the graphs of a folder against its manifest; returns their number.
fn agree_with_the_manifest(folder: &Path) -> usize {
    let manifest = manifest(folder);
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut checked = 0;
    for kind in ["graphs", "digraphs"] {
        for entry in manifest[kind].as_array().into_iter().flatten() {
            let name = entry["file"].as_str().unwrap();
            let graph = dimacs(&read(&folder.join(name))).remove(0);
            let symmetry = SymmetrySearch::default().run(&graph).unwrap();
            assert_eq!(
                symmetry.order().to_string(),
                entry["aut"].as_str().unwrap(),
                "{name}"
            );
            if let Some(orbits) = entry["vertex_orbits"].as_u64() {
                assert_eq!(symmetry.orbits().len() as u64, orbits, "{name}");
            }
            assert!(
                symmetry.generators().iter().all(|g| graph.has_automorphism(g)),
                "{name}"
            );
            for _ in 0..20 {
                let moved = Permutation::random(graph.n(), &mut rng).act(&graph);
                assert_eq!(
                    SymmetrySearch::default().run(&moved).unwrap().form(),
                    symmetry.form(),
                    "{name}"
                );
            }
            checked += 1;
        }
    }
    checked
}

#[test]
fn graphs_and_digraphs_agree_with_the_manifest() {
    assert_eq!(agree_with_the_manifest(&data::fixtures()), 22);
    if let Some(folder) = data::folder() {
        assert!(agree_with_the_manifest(&folder) > 50);
    }
}

/// The forms of the manifest's graphs by name.
fn forms(folder: &Path, manifest: &Value) -> HashMap<String, ColoredGraph> {
    let form = |entry: &Value| {
        let graph = dimacs(&read(&folder.join(entry["file"].as_str().unwrap()))).remove(0);
        let symmetry = SymmetrySearch::default().run(&graph).unwrap();
        (
            entry["name"].as_str().unwrap().to_owned(),
            symmetry.form().clone(),
        )
    };
    manifest["graphs"].as_array().unwrap().iter().map(form).collect()
}

#[test]
fn look_alikes_of_the_manifest_have_different_forms() {
    for folder in data::folders() {
        let manifest = manifest(&folder);
        let forms = forms(&folder, &manifest);
        // Pairs the manifest lists, if any, and the twisted twins: same degrees, not isomorphic.
        let listed = manifest["non_isomorphic_pairs"].as_array().unwrap().iter();
        let listed = listed.map(|pair| [&pair[0], &pair[1]].map(|name| name.as_str().unwrap().to_owned()));
        let twins = forms.keys().filter_map(|name| {
            let twisted = format!("{}_t1", name.strip_suffix("_t0")?);
            Some([name.clone(), twisted])
        });
        let pairs: Vec<_> = listed.chain(twins).collect();
        assert!(pairs.len() >= 3, "{pairs:?}");
        for [a, b] in pairs {
            let [form_a, form_b] =
                [&a, &b].map(|name| forms.get(name).unwrap_or_else(|| panic!("{name} is not listed")));
            assert_ne!(form_a, form_b, "{a} and {b}");
        }
    }
}

#[test]
fn batch_identities_of_the_manifest_hold() {
    for folder in data::folders() {
        let mut checked = 0;
        for (file, identity) in manifest(&folder)["batch_identities"].as_object().unwrap() {
            // Only identities with a text are claimed; all read "G graphs and sum n!/|Aut| = 2^e".
            let Some(identity) = identity.as_str() else {
                continue;
            };
            let numbers: Vec<u64> = identity
                .split(|c: char| !c.is_ascii_digit())
                .filter_map(|word| word.parse().ok())
                .collect();
            let [count, n, base, exponent] = numbers[..] else {
                panic!("{file}: {identity}")
            };
            let graphs = batch(&folder.join("batches").join(file));
            assert_eq!(graphs.len() as u64, count, "{file}: {identity}");
            let factorial: u64 = (1..=n).product();
            let orbit = |graph: &ColoredGraph| {
                factorial / u64::try_from(SymmetrySearch::default().run(graph).unwrap().order()).unwrap()
            };
            assert_eq!(
                graphs.iter().map(orbit).sum::<u64>(),
                base.pow(exponent as u32),
                "{file}: {identity}"
            );
            checked += 1;
        }
        assert!(checked > 0, "{}", folder.display());
    }
}

/// Checks the batches of a folder against their truth; returns the number of graphs.
fn agree_with_their_truth(folder: &Path) -> usize {
    let mut checked = 0;
    for path in batches(folder) {
        let graphs = batch(&path);
        let stem = path.file_stem().unwrap().to_str().unwrap();
        let (rows, orbits_count) = truth(folder, stem);
        assert_eq!(graphs.len(), rows.len(), "{}", path.display());
        let mut class_of_form = HashMap::new();
        let mut form_of_class = HashMap::new();
        for (i, (graph, [order, orbits, class])) in graphs.iter().zip(&rows).enumerate() {
            let symmetry = SymmetrySearch::default().run(graph).unwrap();
            assert_eq!(symmetry.order().to_string(), *order, "{stem} graph {i}");
            if orbits_count {
                assert_eq!(symmetry.orbits().len().to_string(), *orbits, "{stem} graph {i}");
            }
            let form = symmetry.form().clone();
            let known = class_of_form.entry(form.clone()).or_insert(class);
            assert_eq!(*known, class, "{stem} graph {i}");
            let known = form_of_class.entry(class).or_insert(form.clone());
            assert_eq!(*known, form, "{stem} graph {i}");
        }
        checked += graphs.len();
    }
    checked
}

#[test]
fn batches_agree_with_their_truth() {
    assert_eq!(agree_with_their_truth(&data::fixtures()), 64);
    if let Some(folder) = data::folder() {
        let checked = agree_with_their_truth(&folder);
        assert!(checked > 2000, "{checked}");
    }
}
