//! Orders, orbits and isomorphism classes of the graphs in `../shared/data/canon`, where that folder is present.

use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use serde_json::Value;
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use sympe_canon::graph::{ColoredGraph, SymmetrySearch};
use sympe_groups::{Action, Permutation};

fn data() -> Option<PathBuf> {
    let shared = std::env::var_os("SYMPE_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let folder = shared.join("data/canon");
    if !folder.exists() {
        println!("skipped: {} is not there", folder.display());
        return None;
    }
    Some(folder)
}

/// A graph of a DIMACS file, as far as it has been read.
struct Open {
    directed: bool,
    colors: Vec<u32>,
    edges: Vec<(u32, u32, u32)>,
}

/// The DIMACS dialect of the data set, `p edge` or `p arc`, several graphs in a row. Written apart from the reader of
/// sympe-data, which this crate does not know.
fn dimacs(text: &str) -> Vec<ColoredGraph> {
    let mut read: Vec<Open> = Vec::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let number = |i: usize| words.get(i).map_or(0, |word| word.parse::<u32>().unwrap());
        match (words.first(), read.last_mut()) {
            (Some(&"p"), _) => {
                let colors = vec![0; number(2) as usize];
                read.push(Open {
                    directed: words[1] == "arc",
                    colors,
                    edges: Vec::new(),
                });
            }
            (Some(&"n"), Some(open)) => open.colors[number(1) as usize - 1] = number(2),
            (Some(&("e" | "a")), Some(open)) => open.edges.push((number(1) - 1, number(2) - 1, number(3))),
            _ => {}
        }
    }
    let close = |open: Open| {
        let graph = ColoredGraph::from_colored_edges(open.colors.len(), open.directed, open.edges).unwrap();
        graph.with_node_colors(open.colors).unwrap()
    };
    read.into_iter().map(close).collect()
}

fn graph6(line: &str) -> ColoredGraph {
    let bytes: Vec<u32> = line.bytes().map(|b| u32::from(b) - 63).collect();
    assert!(bytes[0] < 63, "the batches have fewer than 63 vertices");
    let n = bytes[0];
    let mut edges = Vec::new();
    let mut bit = 0;
    for v in 0..n {
        for u in 0..v {
            if bytes[1 + bit / 6] >> (5 - bit % 6) & 1 == 1 {
                edges.push((u, v));
            }
            bit += 1;
        }
    }
    ColoredGraph::from_edges(n as usize, false, edges).unwrap()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn graphs_and_digraphs_agree_with_the_manifest() {
    let Some(folder) = data() else { return };
    let manifest: Value = serde_json::from_str(&read(&folder.join("manifest.json"))).unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut checked = 0;
    for kind in ["graphs", "digraphs"] {
        for entry in manifest[kind].as_array().into_iter().flatten() {
            let name = entry["file"].as_str().unwrap();
            let start = std::time::Instant::now();
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
            let once = start.elapsed();
            for _ in 0..20 {
                let moved = Permutation::random(graph.n(), &mut rng).act(&graph);
                assert_eq!(
                    SymmetrySearch::default().run(&moved).unwrap().form(),
                    symmetry.form(),
                    "{name}"
                );
            }
            println!("{name}: {once:.1?}");
            checked += 1;
        }
    }
    println!("{checked} graphs");
    assert!(checked > 50);
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
    let Some(folder) = data() else { return };
    let manifest: Value = serde_json::from_str(&read(&folder.join("manifest.json"))).unwrap();
    let forms = forms(&folder, &manifest);
    // Pairs the manifest lists, if any, and the twisted twins: same degrees, same group, not isomorphic.
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

#[test]
fn batch_identities_of_the_manifest_hold() {
    let Some(folder) = data() else { return };
    let manifest: Value = serde_json::from_str(&read(&folder.join("manifest.json"))).unwrap();
    let mut checked = 0;
    for (file, identity) in manifest["batch_identities"].as_object().unwrap() {
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
        let graphs: Vec<ColoredGraph> = read(&folder.join("batches").join(file))
            .lines()
            .map(graph6)
            .collect();
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
    assert!(checked > 0);
}

#[test]
fn batches_agree_with_their_truth() {
    let Some(folder) = data() else { return };
    let mut checked = 0;
    let mut files: Vec<PathBuf> = fs::read_dir(folder.join("batches"))
        .unwrap()
        .map(|f| f.unwrap().path())
        .collect();
    files.sort();
    for path in files
        .iter()
        .filter(|path| path.extension().is_some_and(|extension| extension != "tsv"))
    {
        let text = read(path);
        let graphs = match path.extension().unwrap().to_str() {
            Some("g6") => text.lines().map(graph6).collect(),
            _ => dimacs(&text),
        };
        let stem = path.file_stem().unwrap().to_str().unwrap();
        // The edge-coloured molecules and their subdivided twins share orders and classes, not orbits.
        let shared_truth = stem == "qm9_edgecol";
        let truth = if shared_truth { "qm9_edgecol_subdiv" } else { stem };
        let truth = read(&folder.join(format!("batches/{truth}.truth.tsv")));
        let rows: Vec<Vec<&str>> = truth
            .lines()
            .skip(1)
            .map(|line| line.split('\t').collect())
            .collect();
        assert_eq!(graphs.len(), rows.len(), "{}", path.display());
        let mut class_of_form = HashMap::new();
        let mut form_of_class = HashMap::new();
        let start = std::time::Instant::now();
        for (i, (graph, row)) in graphs.iter().zip(&rows).enumerate() {
            let symmetry = SymmetrySearch::default().run(graph).unwrap();
            assert_eq!(symmetry.order().to_string(), row[0], "{stem} graph {i}");
            if !shared_truth {
                assert_eq!(symmetry.orbits().len().to_string(), row[1], "{stem} graph {i}");
            }
            let form = symmetry.form().clone();
            assert_eq!(
                *class_of_form.entry(form.clone()).or_insert(row[2]),
                row[2],
                "{stem} graph {i}"
            );
            assert_eq!(
                *form_of_class.entry(row[2]).or_insert(form.clone()),
                form,
                "{stem} graph {i}"
            );
        }
        println!(
            "{stem}: {:.1} µs per graph",
            start.elapsed().as_secs_f64() * 1e6 / graphs.len() as f64
        );
        checked += graphs.len();
    }
    assert!(checked > 2000, "{checked}");
}
