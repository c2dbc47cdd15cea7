//! `symmetry` of what is no file of single inputs: groups from generators, and data sets as a whole.

mod common;

use serde_json::Value;
use std::fs;
use std::path::Path;
use sympe_inspect::InspectError;
use sympe_inspect::commands::Cli;

fn tried(words: &[&str]) -> Result<String, InspectError> {
    let mut output = Vec::new();
    Cli::parse_from([&["sympe-inspect", "symmetry"], words].concat()).run(&mut output)?;
    Ok(String::from_utf8(output).unwrap())
}

fn run(words: &[&str]) -> String {
    tried(words).unwrap()
}

fn object(words: &[&str]) -> Value {
    serde_json::from_str(&run(words)).unwrap()
}

#[test]
fn a_group_from_generators() {
    insta::assert_snapshot!(run(&["--generators", "(0 1 2)(3 4),(0 1)", "--samples", "2"]), @r"
    permutation group on 5 points, numbered from 0
      order           12 (ln 2.484907)
      action          not transitive
      orbits          {0 1 2}, {3 4}
      orbitals        6, of sizes 3, 6, 6, 6, 2, 2
      base            0, 1, 3
      generators      (0 1 2)(3 4), (0 1)
      draw            (0 2 1)(3 4)
      draw            (3 4)
    ");
    let cube = object(&[
        "--generators",
        "(0 1 3 2)(4 5 7 6),(0 4)(1 5)(2 6)(3 7),(1 2 4)(3 6 5)",
        "--json",
    ]);
    assert_eq!(
        (&cube["order"], &cube["is_transitive"], &cube["is_primitive"]),
        (&"48".into(), &true.into(), &false.into())
    );
    assert_eq!(
        (&cube["orbitals"], &cube["orbital_sizes"]),
        (&4.into(), &serde_json::json!([8, 24, 24, 8]))
    );
    let one = object(&["--generators", "()", "--degree", "3", "--json"]);
    assert_eq!(
        (&one["order"], &one["orbits"]),
        (&"1".into(), &serde_json::json!([[0], [1], [2]]))
    );
}

#[test]
fn generators_that_are_none_are_said() {
    let error = |words: &[&str]| tried(words).unwrap_err().to_string();
    let said = error(&["--generators", "(0 1),(0 2"]);
    assert_eq!(
        said,
        "--generators: generator 2: cycle notation \"(0 2\", byte 4: missing ')'"
    );
    assert!(error(&["--generators", "(0 9999999999)"]).contains("expected points below"));
    assert!(error(&["--generators", "(0 1)", "--summary"]).starts_with("--summary: is for files"));
    assert!(error(&["--generators", "(0 4)", "--degree", "3"]).contains("point 4 is outside 0..3"));
}

#[test]
fn graphs_together() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("graphs.g6");
    // A triangle, a path of three, and a graph of six without symmetries.
    fs::write(&file, "Bw\nBW\nEhEG\nE?Bw\n").unwrap();
    let file = file.to_str().unwrap();
    insta::assert_snapshot!(run(&[file, "--summary"]), @r"
    4 graphs with 18 nodes
      symmetric       4 (100 %)
      interchangeable 16 nodes (89 %)
      orders          2: 1, 3 to 9: 1, 10 to 99: 1, 10^2 to 10^3: 1
      entropy         2.439 nats, exact
      entropy         3.463 nats, refinement
      entropy         4.186 nats, haar
      100 % of your graphs have nodes that no equivariant network can tell apart, 89 % of all nodes; break on nodes. The exact kernel draws 2.44 nats at random for each, refinement 1.02 more, which is noise that a network has to learn away.
    ");
    let page = folder.path().join("page.html");
    let found = object(&[file, "--report", page.to_str().unwrap(), "--json"]);
    assert_eq!(found["inputs"], 4);
    let page = fs::read_to_string(page).unwrap();
    assert!(
        page.contains("<svg") && page.contains(found["recommendation"].as_str().unwrap()),
        "{page}"
    );
}

#[test]
fn points_together() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("clouds.json");
    let clouds = r#"[{"positions": [[1,0,0],[-1,0,0],[0,1,0],[0,-1,0],[0,0,1],[0,0,-1]]},
        {"positions": [[0,0,0],[1,0,0.2],[0,2,0]], "types": [1, 2, 3]}, {"positions": [[0,0,0],[0,0,1.1]], "types": [6, 8]},
        {"positions": [[0,0,0],[1,0,0],[0,2,0],[0,0,3]], "types": [1, 2, 3, 4]}]"#;
    fs::write(&file, clouds).unwrap();
    insta::assert_snapshot!(run(&[file.to_str().unwrap(), "--summary"]), @r"
    4 point clouds with 15 points
      symmetric       3 (75 %)
      interchangeable 6 points (40 %)
      orders          1: 1, 2: 1, 10 to 99: 1, infinite: 1
      point groups    C1: 1, Cinfv: 1, Cs: 1, Oh: 1
      entropy         1.521 nats (of 3 of 4), exact
      entropy         2.079 nats (of 2 of 4), axes
      75 % of your point clouds have symmetries, and 40 % of all points are interchangeable: no equivariant network can give these different answers, nor vectors a direction that a symmetry turns; break on frames and order together (S_n × O(3)).
    ");
    // What has no summary says so.
    let fields = folder.path().join("field.json");
    fs::write(&fields, r#"{"sites": [[1, 1], [1, -1]]}"#).unwrap();
    if let Err(error) = tried(&[fields.to_str().unwrap(), "--summary"]) {
        assert!(
            error.to_string().contains("--summary") || error.to_string().contains("field"),
            "{error}"
        );
    }
}

#[test]
fn names_of_xyz_are_its_comments() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.xyz");
    fs::write(
        &file,
        "1\nargon at rest\nAr 0 0 0\n1\n\nAr 0 0 0\n1\nargon at rest\nAr 1 0 0\n",
    )
    .unwrap();
    let text = run(&[file.to_str().unwrap(), "--points", "--json"]);
    let names: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["name"].clone())
        .collect();
    assert_eq!(names, ["argon at rest", "2", "argon at rest (3)"]);
}

#[test]
fn published_graphs_together() {
    let Some(graphs) = common::data("graphs") else {
        return;
    };
    let file = Path::new(&graphs).join("egnn_er025_test.txt");
    if file.exists() {
        let found = object(&[file.to_str().unwrap(), "--summary", "--json"]);
        let count = |name: &str| found[name].as_u64().unwrap();
        assert!(
            count("symmetric") > 0 && count("symmetric") < count("inputs"),
            "{found}"
        );
        assert!(
            found["recommendation"]
                .as_str()
                .unwrap()
                .contains("that no equivariant network can tell apart")
        );
    }
}
