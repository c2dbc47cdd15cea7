//! Molecules in `symmetry` and `leakage`, block models in `evaluate`, and colours beside graphs, as a user meets them.

use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use sympe_data::Dataset;
use sympe_data::formats::Format;
use sympe_data::molecule::{sdf, smiles};
use sympe_data::random_graphs::{Planar, StochasticBlockModel};

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, text).unwrap();
        path
    }
}

/// The program: what it prints, what it complains of, and whether it succeeds.
fn run(command: &str, files: &[&Path], more: &[&str]) -> (String, String, bool) {
    let mut program = Command::new(env!("CARGO_BIN_EXE_sympe-inspect"));
    program.arg(command).args(files).args(more);
    shown(program.output().unwrap())
}

fn shown(output: Output) -> (String, String, bool) {
    let [out, err] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    (out, err, output.status.success())
}

fn objects(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn orders(file: &Path, more: &[&str]) -> Vec<String> {
    let more: Vec<&str> = more.iter().copied().chain(["--json"]).collect();
    let (output, complaints, succeeds) = run("symmetry", &[file], &more);
    assert!(succeeds, "{complaints}");
    objects(&output)
        .iter()
        .map(|object| object["order"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn molecules_of_every_format_have_their_symmetries() {
    let folder = Folder::new();
    let lines = folder.write(
        "molecules.smi",
        "CO methanol\nc1ccccc1\nCC(C)(C)C\nCC1=CC=CC=C1\n",
    );
    assert_eq!(orders(&lines, &[]), ["6", "12", "31104", "12"]);
    assert_eq!(orders(&lines, &["--hydrogens", "none"]), ["1", "12", "24", "2"]);
    let packed = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/molecules.smi.gz");
    assert_eq!(orders(&packed, &["--hydrogens", "explicit"]), ["6", "12"]);
    let records: String = ["CO", "c1ccccc1"]
        .map(|text| sdf::write(&smiles::parse(text, 1).unwrap().without_hydrogens(), text).unwrap())
        .concat();
    assert_eq!(orders(&folder.write("molecules.sdf", &records), &[]), ["6", "12"]);
    assert_eq!(
        orders(&folder.write("no-name", &records), &["--hydrogens", "none"]),
        ["1", "12"]
    );
    let dioxide = folder.write("dioxide.xyz", "3\n\nC 0 0 0\nO 0 0 1.16\nO 0 0 -1.16\n");
    assert_eq!(orders(&dioxide, &[]), ["2"]);
    // A format that is named wins over the name.
    let text = folder.write("words.txt", "CO\nOC\n");
    assert_eq!(orders(&text, &["--format", "smiles"]), ["6", "6"]);
    let (output, _, _) = run("symmetry", &[&lines], &["--hydrogens", "none", "--samples", "1"]);
    insta::assert_snapshot!(output.lines().take(8).collect::<Vec<_>>().join("\n"));
}

#[test]
fn molecules_come_through_pipes_and_bad_lines_do_not_spoil_the_others() {
    use std::io::Write;
    let mut program = Command::new(env!("CARGO_BIN_EXE_sympe-inspect"));
    program.args(["symmetry", "-", "--format", "smiles", "--json"]);
    program
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = program.spawn().unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(b"CO\nC1CC\n[2H]C[C@H](F)O\nC*\n")
        .unwrap();
    let (output, complaints, succeeds) = shown(child.wait_with_output().unwrap());
    let found: Vec<_> = objects(&output)
        .iter()
        .map(|object| object["order"].clone())
        .collect();
    assert_eq!((found, succeeds), (vec![json!("6"), json!("6")], false));
    insta::assert_snapshot!(complaints);
}

#[test]
fn classes_of_molecules_do_not_depend_on_how_they_are_written() {
    let folder = Folder::new();
    let file = folder.write(
        "molecules.smi",
        "CC1=CC=CC=C1 one\nCC1C=CC=CC=1 other\nCN(=O)=O\nC[N+](=O)[O-]\nOCC\nCCO\nCO\n",
    );
    let (output, ..) = run("symmetry", &[&file], &["--unique"]);
    assert_eq!(output, "CC1=CC=CC=C1 one\nCN(=O)=O\nOCC\nCO\n");
    let (output, ..) = run("symmetry", &[&file], &["--unique", "--count"]);
    assert_eq!(output, "4 classes of 7 graphs\n");
    let (output, ..) = run("symmetry", &[&file], &["--canonical"]);
    let lines: Vec<&str> = output.lines().collect();
    assert_eq!([lines[0], lines[2], lines[4]], [lines[1], lines[3], lines[5]]);
    // Canonical SMILES are SMILES of the same molecules, with and without hydrogens as vertices.
    let again = folder.write("again.smi", &output);
    let (unique, ..) = run("leakage", &[&file, &again], &["--summary"]);
    assert!(unique.contains("7 of 7 graphs are in"), "{unique}");
    let (heavy, ..) = run(
        "symmetry",
        &[&file],
        &["--canonical", "--hydrogens", "none", "--unique"],
    );
    assert_eq!(heavy.lines().count(), 4);
    let record = sdf::write(&smiles::parse("CO", 1).unwrap(), "methanol").unwrap();
    let twice = folder.write("twice.sdf", &record.repeat(2));
    let (output, ..) = run("symmetry", &[&twice], &["--unique"]);
    assert_eq!(output, record);
    let (_, complaints, succeeds) = run("symmetry", &[&file], &["--canonical", "graph6"]);
    assert!(!succeeds && complaints.contains("coloured"), "{complaints}");
}

#[test]
fn leakage_of_molecules_and_what_does_not_go_together() {
    let folder = Folder::new();
    let train = folder.write("train.smi", "CC1=CC=CC=C1C\nCCO\nCC\n");
    let test = folder.write("test.smi", "CC1=C(C)C=CC=C1\nCCC\nOCC\nOCC\n");
    let (output, ..) = run("leakage", &[&train, &test], &["--json"]);
    let duplicates: Vec<_> = objects(&output)
        .iter()
        .filter(|object| object.get("of_file").is_some())
        .map(|object| {
            (
                object["graph"].as_u64().unwrap(),
                object["of_graph"].as_u64().unwrap(),
            )
        })
        .collect();
    assert_eq!(duplicates, [(1, 1), (3, 2), (4, 2)]);
    let graphs = folder.write("graphs.g6", "Bw\n");
    let field = folder.write(
        "field.json",
        r#"{"field": "node", "shape": [1, 2], "values": [1, -1]}"#,
    );
    for (command, files, more, said) in [
        (
            "leakage",
            vec![&train, &graphs],
            vec![],
            "graphs, expected molecules as in",
        ),
        (
            "leakage",
            vec![&graphs, &train],
            vec![],
            "molecules, expected graphs as in",
        ),
        (
            "leakage",
            vec![&field],
            vec![],
            "fields on a torus, expected graphs or molecules",
        ),
        (
            "symmetry",
            vec![&graphs],
            vec!["--hydrogens", "none"],
            "--hydrogens: is for molecules",
        ),
        (
            "symmetry",
            vec![&train],
            vec!["--directed"],
            "--directed: is for graphs",
        ),
        (
            "symmetry",
            vec![&train],
            vec!["--colors", "x"],
            "--colors: is for graphs",
        ),
        ("symmetry", vec![&train], vec!["--group", "p4"], "expected"),
        (
            "symmetry",
            vec![&field],
            vec!["--hydrogens", "none"],
            "--hydrogens",
        ),
    ] {
        let files: Vec<&Path> = files.into_iter().map(PathBuf::as_path).collect();
        let (_, complaints, succeeds) = run(command, &files, &more);
        assert!(
            !succeeds && complaints.contains(said),
            "{command} {more:?}: {complaints}"
        );
    }
}

#[test]
fn colours_weights_names_and_archives() {
    let folder = Folder::new();
    let graphs = folder.write("graphs.g6", "Bw\nBg\n");
    let colors = folder.write("colors.txt", "a a b\na c a\n");
    assert_eq!(
        orders(&graphs, &["--colors", colors.to_str().unwrap()]),
        ["2", "2"]
    );
    let pairs = folder.write("pairs.txt", "0 1 3\n1 2 4\n");
    assert_eq!(
        orders(&pairs, &["--format", "pairs", "--edge-colors", "weight"]),
        ["1"]
    );
    assert_eq!(
        orders(&folder.write("named.csv", ",A,B\nA,0,1\nB,1,0\n"), &[]),
        ["2"]
    );
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sympe-data/tests/fixtures");
    assert_eq!(
        orders(&fixtures.join("graphs.npz"), &["--format", "adjacency"]),
        ["2", "8"]
    );
    let (output, ..) = run("symmetry", &[&fixtures.join("fields-packed.npz")], &["--json"]);
    let named: Vec<_> = objects(&output)
        .iter()
        .map(|object| object["name"].clone())
        .collect();
    assert_eq!(named, ["checkerboard", "uniform"]);
    // What nobody has said is said.
    let guessed = folder.write("guessed.txt", "0 1\n1 2\n2 3\n");
    let (_, complaints, succeeds) = run("symmetry", &[&guessed], &[]);
    assert!(
        succeeds && complaints.contains("read as edges (--format pairs)"),
        "{complaints}"
    );
    let (_, complaints, _) = run("symmetry", &[&guessed], &["--format", "pairs"]);
    assert_eq!(complaints, "");
}

#[test]
fn block_models_are_valid_by_the_published_test() {
    let folder = Folder::new();
    let write = |graphs: Vec<_>| -> String {
        graphs
            .iter()
            .map(|graph| Format::Graph6.write(graph).unwrap() + "\n")
            .collect()
    };
    let models = StochasticBlockModel::new(4, 5);
    let planar = Planar::new(4, 64, 1).unwrap();
    let models = folder.write(
        "models.g6",
        &write((0..4).map(|index| models.get(index).unwrap()).collect()),
    );
    let planar = folder.write(
        "planar.g6",
        &write((0..4).map(|index| planar.get(index).unwrap()).collect()),
    );
    let validity = |file: &Path| {
        let (output, ..) = run(
            "evaluate",
            &[],
            &["--samples", file.to_str().unwrap(), "--valid", "sbm", "--json"],
        );
        objects(&output)[0]["validity"].as_f64().unwrap()
    };
    assert!(validity(&models) >= 0.75);
    assert_eq!(validity(&planar), 0.0);
}

#[test]
fn formats_of_samples_are_named_and_missing_hydrogens_are_said() {
    let folder = Folder::new();
    let file = folder.write("samples.txt", "C\nB\n");
    let file = file.to_str().unwrap();
    let (output, ..) = run(
        "evaluate",
        &[],
        &["--samples", file, "--format", "smiles", "--json"],
    );
    assert_eq!(objects(&output)[0]["validity"], json!(1.0));
    let (_, complaints, succeeds) = run("evaluate", &[], &["--samples", file, "--format", "npy"]);
    assert!(
        !succeeds && complaints.contains("--format: is for fields"),
        "{complaints}"
    );
    let (_, complaints, succeeds) = run(
        "evaluate",
        &[],
        &["--samples", file, "--format", "smiles", "--valid", "sbm"],
    );
    assert!(
        !succeeds && complaints.contains("is for molecules"),
        "{complaints}"
    );
    let water = smiles::parse("O", 1).unwrap();
    let mixed = sdf::write(&water, "").unwrap() + &sdf::write(&water.without_hydrogens(), "").unwrap();
    let mixed = folder.write("mixed.sdf", &mixed);
    let (_, complaints, _) = run("evaluate", &[], &["--samples", mixed.to_str().unwrap()]);
    assert!(
        complaints.contains("1 of 2 molecules have no hydrogens"),
        "{complaints}"
    );
}
