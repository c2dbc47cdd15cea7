//! The command `symmetry`: what it prints, and the shared data through it.

mod common;

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use sympe_train::commands::Cli;
use sympe_train::experiments::ALL;

fn symmetry(file: &Path, more: &[&str]) -> String {
    let mut arguments = vec!["sympe-train", "symmetry", file.to_str().unwrap()];
    arguments.extend(more);
    let mut output = Vec::new();
    Cli::parse_from(ALL, arguments).run(&mut output).unwrap();
    String::from_utf8(output).unwrap()
}

fn json(file: &Path, more: &[&str]) -> Vec<Value> {
    let more: Vec<&str> = more.iter().copied().chain(["--json"]).collect();
    symmetry(file, &more)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn written(text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("graphs");
    fs::write(&file, text).unwrap();
    (folder, file)
}

#[test]
fn text_and_json_of_small_graphs() {
    let (_folder, file) =
        written("p edge 4 3\nn 1 7\ne 1 2\ne 1 3\ne 1 4 5\np arc 3 3\na 1 2\na 2 3\na 3 1\n");
    insta::assert_snapshot!(symmetry(&file, &["--samples", "1"]), @r"
    graph 1: 4 vertices, 3 edges, numbered from 1
      order           2 (ln 0.693147)
      orbits          {1}, {2 3}, {4}
      generators      (2 3)
      canonical form  3249efffdb6537eb214254ecd56e27d269e3b5726822ecb0091b611d86e23993
      labelling       [4, 2, 3, 1]
      draw            [4, 3, 2, 1]
    graph 2: 3 vertices, 3 directed edges, numbered from 1
      order           3 (ln 1.098612)
      orbits          {1 2 3}
      generators      (1 2 3)
      canonical form  3b46b6134a293524d114bf381620c6b765c6b3d39d42d5ecce12fb95272877b0
      labelling       [1, 3, 2]
      draw            [2, 1, 3]
    ");
    insta::assert_snapshot!(symmetry(&file, &["--json"]), @r#"
    {"n":4,"m":3,"directed":false,"order":"2","ln_order":0.6931471805599453,"first_vertex":1,"orbits":[[1],[2,3],[4]],"generators":["(2 3)"],"canonical_form":"3249efffdb6537eb214254ecd56e27d269e3b5726822ecb0091b611d86e23993","labelling":[4,2,3,1],"draws":[]}
    {"n":3,"m":3,"directed":true,"order":"3","ln_order":1.0986122886681098,"first_vertex":1,"orbits":[[1,2,3]],"generators":["(1 2 3)"],"canonical_form":"3b46b6134a293524d114bf381620c6b765c6b3d39d42d5ecce12fb95272877b0","labelling":[1,3,2],"draws":[]}
    "#);
}

#[test]
fn draws_lead_back_to_the_canonical_form_and_depend_on_the_seed_alone() {
    let (_folder, file) = written("Ch\nC~\nDhc\n");
    let first = json(&file, &["--samples", "20", "--seed", "3"]);
    assert_eq!(first, json(&file, &["--samples", "20", "--seed", "3"]));
    assert_ne!(first, json(&file, &["--samples", "20", "--seed", "4"]));
    let (graphs, _) = sympe_data::formats::read(&file, None).unwrap();
    for (graph, described) in graphs.iter().zip(&first) {
        // g̃⁻¹·x, by hand: the edge {u, v} becomes {g̃⁻¹(u), g̃⁻¹(v)}.
        let undone = |images: &Value| {
            let images: Vec<u64> = images
                .as_array()
                .unwrap()
                .iter()
                .map(|v| v.as_u64().unwrap())
                .collect();
            let position = |v: u32| images.iter().position(|image| *image == u64::from(v)).unwrap();
            let edges = graph.edges().map(|(u, v, _)| {
                let (a, b) = (position(u), position(v));
                (a.min(b), a.max(b))
            });
            edges.collect::<BTreeSet<_>>()
        };
        let form = undone(&described["labelling"]);
        let draws = described["draws"].as_array().unwrap();
        assert_eq!(draws.len(), 20);
        assert!(draws.iter().all(|draw| undone(draw) == form));
        assert!(draws.iter().any(|draw| draw != &draws[0]), "all draws are equal");
    }
}

#[test]
fn a_graph_beyond_the_budget_is_reported_and_the_others_are_described() {
    // The Petersen graph needs more than one search node; the path on two vertices does not.
    let (_folder, file) = written("A_\nIheA@GUAo\nA_\n");
    let mut output = Vec::new();
    let file = file.to_str().unwrap();
    let error =
        Cli::parse_from(ALL, ["sympe-train", "symmetry", file, "--json", "--budget", "2"]).run(&mut output);
    assert_eq!(error.unwrap_err().to_string(), "1 of 3 graphs failed");
    assert_eq!(String::from_utf8(output).unwrap().lines().count(), 2);
}

/// Folders of inputs with known answers, and how many graphs each has at least: that of sympe-canon's own fixtures, and that of
/// the published data sets.
fn known_answers() -> Vec<(PathBuf, usize)> {
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sympe-canon/tests/fixtures");
    let data = common::data("canon").map(|folder| (folder, 50));
    [(ours, 10)].into_iter().chain(data).collect()
}

#[test]
fn graphs_agree_with_their_manifest() {
    for (canon, least) in known_answers() {
        agree_with_the_manifest(&canon, least);
    }
}

fn agree_with_the_manifest(canon: &Path, least: usize) {
    let manifest = fs::read_to_string(canon.join("manifest.json")).unwrap();
    let manifest: Value = serde_json::from_str(&manifest).unwrap();
    let entries = ["graphs", "digraphs"]
        .into_iter()
        .flat_map(|key| manifest[key].as_array().unwrap());
    let mut seen = 0;
    for entry in entries {
        let described = &json(&canon.join(entry["file"].as_str().unwrap()), &[])[0];
        let name = entry["name"].as_str().unwrap();
        assert_eq!(described["order"], entry["aut"], "{name}");
        assert_eq!(described["n"], entry["n"], "{name}");
        if let Some(m) = entry.get("m") {
            assert_eq!(described["m"], *m, "{name}");
        }
        let orbits = described["orbits"].as_array().unwrap().len();
        assert_eq!(Value::from(orbits), entry["vertex_orbits"], "{name}");
        seen += 1;
    }
    assert!(seen > least, "{seen} graphs only");

    for (file, batch) in manifest["batches"].as_object().into_iter().flatten() {
        let truth = canon.join("batches").join(batch["truth"].as_str().unwrap());
        let text = fs::read_to_string(&truth).unwrap();
        let mut lines = text.lines().map(|line| line.split('\t').collect::<Vec<_>>());
        let head = lines.next().unwrap();
        let column = |name: &str| head.iter().position(|column| *column == name);
        let (order, class) = (column("aut_order").unwrap(), column("iso_class").unwrap());
        // The same digest exactly for the same class.
        let (mut of_class, mut of_digest) = (BTreeMap::new(), BTreeMap::new());
        let described = json(&canon.join("batches").join(file), &[]);
        assert_eq!(
            described.len(),
            batch["graphs"].as_u64().unwrap() as usize,
            "{file}"
        );
        for (index, (graph, line)) in described.iter().zip(lines).enumerate() {
            assert_eq!(graph["order"], line[order], "{file}, graph {index}");
            let (digest, class) = (
                graph["canonical_form"].as_str().unwrap().to_owned(),
                line[class].to_owned(),
            );
            assert_eq!(
                of_class.entry(class.clone()).or_insert(digest.clone()),
                &digest,
                "{file}, graph {index}"
            );
            assert_eq!(
                of_digest.entry(digest).or_insert(class.clone()),
                &class,
                "{file}, graph {index}"
            );
        }
    }
}

#[test]
fn embeddings_of_a_model_are_equal_on_orbits_until_sympe_breaks_them() {
    let (folder, file) = written("IheA@GUAo\nCh\n");
    let runs = folder.path().join("runs");
    let arguments = [
        "sympe-train",
        "train",
        "--preset",
        "smoke",
        "--device",
        "cpu",
        "--name",
        "one",
        "--runs-dir",
    ];
    Cli::parse_from(ALL, arguments.into_iter().chain([runs.to_str().unwrap()]))
        .run(&mut Vec::new())
        .unwrap();
    let session = runs.join("graph-autoencoder/one");
    for graph in json(&file, &["--model", session.to_str().unwrap()]) {
        let spread = |run: &str| graph["orbit_spread"][run].as_f64().expect(run);
        assert!(spread("egnn-none-seed0") < 1e-5, "{graph}");
        assert!(spread("egnn-sympe-exact-depth-first-seed0") > 1e-3, "{graph}");
    }
    let one = session.join("egnn-none-seed0");
    let text = symmetry(&file, &["--model", one.to_str().unwrap()]);
    assert_eq!(
        text.matches("spread of embeddings within orbits, egnn-none-seed0")
            .count(),
        2,
        "{text}"
    );

    // Kernels see colours and self-loops, networks do not: such graphs are refused by name.
    let colored = folder.path().join("colored");
    fs::write(&colored, "p edge 2 1\nn 1 7\ne 1 2\n").unwrap();
    let model = [
        "sympe-train",
        "evaluate",
        one.to_str().unwrap(),
        "--file",
        colored.to_str().unwrap(),
    ];
    let refused = |model: &[&str]| {
        Cli::parse_from(ALL, model)
            .run(&mut Vec::new())
            .unwrap_err()
            .to_string()
    };
    assert!(refused(&model).ends_with("graph 1 has nodes of several colours, expected one"));
    fs::write(&colored, "p edge 3 2\ne 1 2 1\ne 2 3\n").unwrap();
    assert!(refused(&model).ends_with("graph 1 has edges of several colours, expected one"));
    fs::write(&colored, "p edge 2 1\ne 1 2\np edge 2 1\ne 2 2\n").unwrap();
    assert!(refused(&model).ends_with("graph 2 has a self-loop at vertex 1 (counted from 0), expected none"));

    // A graph without nodes has nothing to get wrong.
    fs::write(&colored, "?\n").unwrap();
    let mut output = Vec::new();
    Cli::parse_from(ALL, model.into_iter().chain(["--json"]))
        .run(&mut output)
        .unwrap();
    let metrics: Value = serde_json::from_slice(&output).unwrap();
    assert_eq!([&metrics["bce"], &metrics["error_percent"]], [0.0, 0.0]);
}

#[test]
fn fields_of_spins_and_couplings() {
    let (_folder, file) = written("+-\n-+\n");
    insta::assert_snapshot!(symmetry(&file, &["--group", "p1,p2", "--spin-flip", "--samples", "1"]), @r"
    graphs under p1(2x2) x Z2
      order           4 (orbit of 2)
      generators      (i, j) ↦ (i + 1, j + 1), (i, j) ↦ (i, j + 1), flipped
      element         (i, j) ↦ (i, j + 1)
      draw            (i, j) ↦ (i, j), flipped
    graphs under p2(2x2) x Z2
      order           8 (orbit of 2)
      generators      (i, j) ↦ (i + 1, j + 1), (i, j) ↦ (−i, −j), (i, j) ↦ (i, j + 1), flipped, (i, j) ↦ (−i, −j + 1), flipped
      element         (i, j) ↦ (i, j + 1)
      draw            (i, j) ↦ (−i, −j), flipped
    ");
    // Couplings in NPY-free text: down, right, field.
    let (_folder, file) = written("1 1 1\n1 1 1\n\n2 2 2\n2 2 2\n\n0 0 0.5\n0 0 0\n");
    let found = json(&file, &["--group", "p2mm"]);
    assert_eq!((&found[0]["order"], &found[0]["orbit"]), (&4.into(), &6.into()));
    assert_eq!(found[0]["group"], "p2mm(2x3)");
    // Nearly equal values are equal within a tolerance only.
    let (_folder, file) = written("0.1 0.10001\n0.1 0.1\n");
    for (more, order) in [
        (&["--group", "p1"][..], 1),
        (&["--group", "p1", "--tolerance", "0.01"], 4),
    ] {
        assert_eq!(json(&file, more)[0]["order"], order);
    }
}

#[test]
fn fields_that_do_not_fit_are_errors() {
    let error = |text: &str, more: &[&str]| {
        let (_folder, file) = written(text);
        let mut arguments = vec!["sympe-train", "symmetry", file.to_str().unwrap()];
        arguments.extend(more);
        Cli::parse_from(ALL, arguments)
            .run(&mut Vec::new())
            .unwrap_err()
            .to_string()
    };
    assert!(error("1 2 3\n4 5 6\n", &["--group", "p4"]).contains("1 of 1"));
    assert!(error("1 2 3\n4 5\n", &["--group", "p1"]).contains("line 2"));
    assert!(error("1 2\n", &["--group", "p1", "--model", "runs"]).contains("--model"));
    assert!(error("1 2\n", &["--group", "p1", "--format", "bits"]).contains("--format bits"));
    assert!(Cli::try_parse_from(ALL, ["sympe-train", "symmetry", "x", "--group", "p6"]).is_err());
}

#[test]
fn fields_have_the_orders_of_their_file() {
    for (canon, _) in known_answers() {
        have_the_orders_of(&canon.join("lattices.json"));
    }
}

fn have_the_orders_of(file: &Path) {
    let expected: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    let mut orders = BTreeMap::new();
    for case in expected["cases"].as_array().unwrap() {
        for (group, order) in case["stab"].as_object().unwrap() {
            let name = case["name"].as_str().unwrap().to_owned();
            orders.insert((name, group.clone()), order.as_u64().unwrap());
        }
    }
    assert!(orders.len() > 5);
    let mut found = BTreeMap::new();
    for line in json(file, &["--group", "p1,p4,p4m,p2mm"]) {
        let group = line["group"]
            .as_str()
            .unwrap()
            .split('(')
            .next()
            .unwrap()
            .to_owned();
        let name = line["name"].as_str().unwrap().to_owned();
        found.insert((name, group), line["order"].as_u64().unwrap());
    }
    for (case, order) in &orders {
        assert_eq!(found.get(case), Some(order), "{case:?}");
    }
}
