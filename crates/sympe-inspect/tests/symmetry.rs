//! The command `symmetry`: what it prints, and the shared data through it.

mod common;

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use sympe_inspect::commands::Cli;

fn symmetry(file: &Path, more: &[&str]) -> String {
    let mut arguments = vec!["sympe-inspect", "symmetry", file.to_str().unwrap()];
    arguments.extend(more);
    let mut output = Vec::new();
    Cli::parse_from(arguments).run(&mut output).unwrap();
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
        Cli::parse_from(["sympe-inspect", "symmetry", file, "--json", "--budget", "2"]).run(&mut output);
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
        let mut arguments = vec!["sympe-inspect", "symmetry", file.to_str().unwrap()];
        arguments.extend(more);
        Cli::parse_from(arguments)
            .run(&mut Vec::new())
            .unwrap_err()
            .to_string()
    };
    assert!(error("1 2 3\n4 5 6\n", &["--group", "p4"]).contains("1 of 1"));
    assert!(error("1 2 3\n4 5\n", &["--group", "p1"]).contains("line 2"));
    assert!(error("1 2\n", &["--group", "p1", "--directed"]).contains("--directed"));
    assert!(error("1 2\n", &["--group", "p1", "--format", "bits"]).contains("--format bits"));
    assert!(Cli::try_parse_from(["sympe-inspect", "symmetry", "x", "--group", "p6"]).is_err());
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

/// A file of the reports of users.
fn report(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../sympe-data/tests/fixtures/reports")
        .join(name)
}

/// The program on an input that is piped into it: what it prints, what it complains of, and whether it succeeds.
fn piped(arguments: &[&str], input: Vec<u8>) -> (String, String, bool) {
    let mut program = Command::new(env!("CARGO_BIN_EXE_sympe-inspect"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = program.stdin.take().unwrap();
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = program.wait_with_output().unwrap();
    writer.join().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr), output.status.success())
}

#[test]
fn pipes_lose_nothing() {
    for (file, count, classes) in [
        ("02_geng9_9edges.g6", 771, 771),
        ("01_pipe_600_graphs.g6", 600, 598),
    ] {
        let bytes = fs::read(report(file)).unwrap();
        let inputs: &[&str] = if cfg!(unix) { &["-", "/dev/stdin"] } else { &["-"] };
        for input in inputs {
            let (output, complaints, succeeds) = piped(&["symmetry", input, "--json"], bytes.clone());
            assert!(succeeds && complaints.is_empty(), "{complaints}");
            assert_eq!(output.lines().count(), count, "{file}");
        }
        let (output, _, _) = piped(&["symmetry", "-", "--unique", "--count"], bytes);
        assert_eq!(output, format!("{classes} classes of {count} graphs\n"));
    }
    let (_, complaints, succeeds) = piped(&["symmetry", "-"], Vec::new());
    assert!(
        !succeeds && complaints.starts_with("error: standard input: line 1: an empty file"),
        "{complaints}"
    );
}

#[cfg(unix)]
#[test]
fn named_pipes_are_read_to_their_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("graphs");
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    let bytes = fs::read(report("02_geng9_9edges.g6")).unwrap();
    let writer = {
        let path = path.clone();
        std::thread::spawn(move || fs::write(path, bytes).unwrap())
    };
    assert_eq!(json(&path, &[]).len(), 771);
    writer.join().unwrap();
}

#[test]
fn good_graphs_beside_a_bad_line_are_answered() {
    let file = report("09_one_bad_line.g6");
    let (output, complaints, succeeds) = piped(&["symmetry", file.to_str().unwrap(), "--json"], Vec::new());
    let orders: Vec<Value> = output
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["order"].clone())
        .collect();
    assert_eq!(orders, ["6", "2"]);
    assert!(!succeeds);
    assert!(
        complaints.contains("09_one_bad_line.g6: line 2: graph6 data of 0 bytes"),
        "{complaints}"
    );
    assert!(
        complaints.ends_with("error: 1 of 3 graphs failed\n"),
        "{complaints}"
    );
    // Many are counted.
    let bad = "Bw\n".to_owned() + &"B\n".repeat(500);
    let (output, complaints, _) = piped(
        &["symmetry", "-", "--format", "graph6", "--json"],
        bad.into_bytes(),
    );
    assert_eq!(
        (output.lines().count(), complaints.lines().count()),
        (1, 22),
        "{complaints}"
    );
    assert!(complaints.contains("error: 480 more\n"));
    // What is passed over is said.
    let file = report("04_queens4_both_directions.col");
    let (_, complaints, succeeds) = piped(&["symmetry", file.to_str().unwrap()], Vec::new());
    assert!(
        succeeds && complaints.contains("it counts once (76 times)"),
        "{complaints}"
    );
}

#[test]
fn what_a_user_has_is_answered_or_refused_by_name() {
    let orders = |name: &str, more: &[&str]| {
        let found = json(&report(name), more);
        found
            .iter()
            .map(|graph| graph["order"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    for (name, order) in [
        ("01_c60.g6", "120"),
        ("03_star_pairs.txt", "24"),
        ("04_queens4_both_directions.col", "8"),
        ("04_repeated_line.dimacs", "2"),
        ("05_bom.g6", "6"),
        ("05_cr_only.dimacs", "2"),
        ("06_path_pairs.txt", "2"),
        ("03_methanol.smi", "6"),
        ("07_k2.s6", "2"),
        ("07_triangle.g6.gz", "6"),
    ] {
        assert_eq!(orders(name, &[]), [order], "{name}");
    }
    let star = &json(&report("03_star_pairs.txt"), &[])[0];
    assert_eq!(star["orbits"], serde_json::json!([[0], [1, 2, 3, 4]]));
    assert_eq!(
        json(&report("03_zero_field.txt"), &["--group", "p4m"])[0]["order"],
        32
    );
    for (name, cause) in [
        ("03_zero_field.txt", "--group"),
        ("08_only_comments.dimacs", "p edge n m"),
    ] {
        let (output, complaints, succeeds) = piped(
            &["symmetry", report(name).to_str().unwrap(), "--json"],
            Vec::new(),
        );
        assert!(
            output.is_empty() && !succeeds && complaints.contains(cause),
            "{name}: {complaints}"
        );
    }
    let (folder, _) = written("");
    let named = folder.path().join("friends.edges");
    fs::write(&named, "Ada Bob\nBob Eve\n").unwrap();
    let graph = &json(&named, &[])[0];
    assert_eq!(graph["names"], serde_json::json!(["Ada", "Bob", "Eve"]));
    assert!(symmetry(&named, &[]).contains("  names           0 is Ada, 1 is Bob, 2 is Eve\n"));
}

#[test]
fn canonical_graphs_of_isomorphic_ones_are_the_same_text_in_every_format() {
    // Two drawings of the path on three vertices, in both formats that can hold them all.
    let (_folder, file) = written("Bg\nBW\n");
    for (format, read) in [
        ("graph6", "graph6"),
        ("sparse6", "sparse6"),
        ("edge-list", "edge-list"),
        ("dimacs", "dimacs"),
    ] {
        let text = symmetry(&file, &["--canonical", format]);
        let half = text.len() / 2;
        assert_eq!(text[..half], text[half..], "{format}");
        let (_folder, again) = written(&text);
        assert_eq!(
            symmetry(&again, &["--format", read, "--canonical", format]),
            text,
            "{format}"
        );
        let orders: Vec<_> = json(&again, &["--format", read])
            .iter()
            .map(|graph| graph["order"].clone())
            .collect();
        assert_eq!(orders, ["2", "2"]);
    }
    assert_eq!(
        symmetry(&file, &["--canonical"]),
        symmetry(&file, &["--canonical", "graph6"])
    );
    let (_folder, arcs) = written("&BP_\n&BW?\n");
    assert!(symmetry(&arcs, &["--canonical"]).starts_with('&'));
    assert_eq!(
        symmetry(&arcs, &["--canonical"]),
        symmetry(&arcs, &["--canonical", "digraph6"])
    );
    let (_folder, colored) = written("p edge 2 1\nn 1 7\ne 1 2\n");
    assert_eq!(
        symmetry(&colored, &["--canonical", "dimacs"]),
        "p edge 2 1\nn 2 7\ne 1 2\n"
    );
    let arguments = ["symmetry", colored.to_str().unwrap(), "--canonical", "sparse6"];
    let (output, complaints, succeeds) = piped(&arguments, Vec::new());
    assert!(
        output.is_empty() && !succeeds && complaints.contains("coloured"),
        "{complaints}"
    );
}

#[test]
fn one_of_each_class_and_how_many_there_are() {
    // Two paths, a triangle, and the path once more as DIMACS has it.
    let (_folder, file) = written("Bg\nBw\nBW\n");
    assert_eq!(symmetry(&file, &["--unique"]), "Bg\nBw\n");
    assert_eq!(symmetry(&file, &["--unique", "--canonical"]).lines().count(), 2);
    assert_eq!(json(&file, &["--unique"]).len(), 2);
    assert_eq!(
        symmetry(&file, &["--unique", "--count"]),
        "2 classes of 3 graphs\n"
    );
    let counted = json(&file, &["--count"]);
    assert_eq!(
        (&counted[0]["graphs"], &counted[0]["first"]),
        (&2.into(), &1.into())
    );
    assert_eq!(
        counted[0]["canonical_form"],
        json(&file, &[])[0]["canonical_form"]
    );
    assert_eq!(counted[2], serde_json::json!({"classes": 2, "graphs": 3}));
    let text = symmetry(&file, &["--count"]);
    assert!(
        text.starts_with("        2 as graph 1, form ") && text.ends_with("2 classes of 3 graphs\n"),
        "{text}"
    );
    // Every labelled graph on five vertices: 34 classes.
    let all: String = (0..1024u32)
        .map(|bits| {
            let pairs = (0..5u32)
                .flat_map(|u| (u + 1..5).map(move |v| (u, v)))
                .enumerate();
            let edges: Vec<String> = pairs
                .filter(|(bit, _)| bits >> bit & 1 == 1)
                .map(|(_, (u, v))| format!(" {u}-{v}"))
                .collect();
            format!("5 {}{}\n", edges.len(), edges.concat())
        })
        .collect();
    let (_folder, file) = written(&all);
    assert_eq!(
        symmetry(&file, &["--format", "edge-list", "--unique", "--count"]),
        "34 classes of 1024 graphs\n"
    );
    let total: u64 = json(&file, &["--format", "edge-list", "--count"])[..34]
        .iter()
        .map(|class| class["graphs"].as_u64().unwrap())
        .sum();
    assert_eq!(total, 1024);
}

#[test]
fn leakage_lists_isomorphic_graphs_within_and_across_files() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    // The path, the triangle and the path; the path as sparse6 and another graph; the triangle with a colour.
    let train = file("train.g6", "Bg\nBw\nBW\n");
    let validation = file("validation.s6", ":Bd\n:C\n");
    let test = file(
        "test.dimacs",
        "p edge 3 3\nn 1 1\ne 1 2\ne 2 3\ne 1 3\np edge 3 3\ne 1 2\ne 2 3\ne 1 3\n",
    );
    let run = |more: &[&str]| {
        let mut arguments = vec!["sympe-inspect", "leakage", &train, &validation, &test];
        arguments.extend(more);
        let mut output = Vec::new();
        Cli::parse_from(arguments).run(&mut output).unwrap();
        String::from_utf8(output)
            .unwrap()
            .replace(&format!("{}/", folder.path().display()), "")
    };
    insta::assert_snapshot!(run(&[]), @r"
    train.g6, graph 3 is isomorphic to train.g6, graph 1
    validation.s6, graph 1 is isomorphic to train.g6, graph 1
    test.dimacs, graph 2 is isomorphic to train.g6, graph 2
    train.g6: 1 of 3 graphs are earlier in the same file
    validation.s6: 1 of 2 graphs are in train.g6
    validation.s6: 0 of 2 graphs are earlier in the same file
    test.dimacs: 1 of 2 graphs are in train.g6
    test.dimacs: 0 of 2 graphs are in validation.s6
    test.dimacs: 0 of 2 graphs are earlier in the same file
    ");
    assert_eq!(run(&["--summary"]).lines().count(), 6);
    let last: Value = serde_json::from_str(run(&["--json"]).lines().nth(2).unwrap()).unwrap();
    assert_eq!((&last["graph"], &last["of_graph"]), (&2.into(), &2.into()));
}

#[test]
fn attributes_are_colours_when_they_are_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bonds.csv");
    fs::write(&file, "source,target,bond\na,b,1\nb,c,2\n").unwrap();
    assert_eq!(json(&file, &[])[0]["order"], "2");
    assert_eq!(json(&file, &["--edge-colors", "bond"])[0]["order"], "1");
    let (_folder, graphs) = written("Bw\n");
    let arguments = ["symmetry", graphs.to_str().unwrap(), "--edge-colors", "bond"];
    let (output, complaints, succeeds) = piped(&arguments, Vec::new());
    assert!(
        output.is_empty() && !succeeds && complaints.contains("asked of graph6"),
        "{complaints}"
    );
}

#[test]
fn point_groups_of_clouds() {
    let cases = r#"{"cases": [
        {"name": "ammonia", "types": ["N", "H", "H", "H"],
         "positions": [[0, 0, 0.12], [0.94, 0, -0.27], [-0.47, 0.8140638, -0.27], [-0.47, -0.8140638, -0.27]]},
        {"name": "nitrogen", "positions": [[0, 0, 0.5], [0, 0, -0.5]]},
        {"name": "square", "positions": [[1, 0], [0, 1], [-1, 0], [0, -1]], "types": [0, 1, 0, 1]}]}"#;
    let (_folder, file) = written(cases);
    insta::assert_snapshot!(symmetry(&file, &["--tolerance", "0.001"]));
    let described = json(&file, &["--samples", "2"]);
    let of = |key: &str| {
        described
            .iter()
            .map(|cloud| cloud[key].clone())
            .collect::<Vec<Value>>()
    };
    assert_eq!(of("schoenflies"), ["C3v", "Dinfh", "D2"]);
    assert_eq!(of("order"), [Value::from(6), Value::Null, Value::from(4)]);
    assert_eq!(of("proper_order"), [Value::from(3), Value::Null, Value::from(2)]);
    assert_eq!(described[0]["draws"][1].as_array().unwrap().len(), 3);
}

#[test]
fn atoms_as_points() {
    let (_folder, file) = written("3\nwater\nO 0 0 0.12\nH 0 0.76 -0.47\nH 0 -0.76 -0.47\n1\n\nHe 1 2 3\n");
    assert_eq!(json(&file, &[])[0]["order"], "2");
    let clouds = json(&file, &["--points"]);
    assert_eq!(
        (&clouds[0]["schoenflies"], &clouds[1]["schoenflies"]),
        (&"C2v".into(), &"Kh".into())
    );
    let (_folder, file) = written("A_\n");
    let arguments = ["sympe-inspect", "symmetry", file.to_str().unwrap(), "--points"];
    let error = Cli::parse_from(arguments).run(&mut Vec::new()).unwrap_err();
    assert!(
        error.to_string().starts_with("--points: is for molecules"),
        "{error}"
    );
}

#[test]
fn published_clouds_have_their_groups() {
    let Some(folder) = common::data("canon") else {
        return;
    };
    for name in ["pointclouds2d.json", "pointclouds3d.json"] {
        let file = folder.join(name);
        let known: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        let found = json(&file, &[]);
        for (known, found) in known["cases"].as_array().unwrap().iter().zip(found) {
            // Noise of more than the tolerance.
            if known["noise_sigma"].as_f64().is_some_and(|noise| noise > 1e-3) {
                continue;
            }
            for key in ["name", "order", "proper_order", "schoenflies"] {
                if known.get(key).is_some() && !(key == "schoenflies" && known[key].is_null()) {
                    assert_eq!(known[key], found[key], "{}", known["name"]);
                }
            }
        }
    }
}
