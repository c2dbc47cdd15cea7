//! The command `evaluate --samples`: figures counted by hand, and what is wrong with files.

use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use sympe_train::commands::Cli;
use sympe_train::experiments::ALL;

fn evaluate(file: &Path, more: &[&str]) -> Result<String, String> {
    let mut arguments = vec!["sympe-train", "evaluate", "--samples", file.to_str().unwrap()];
    arguments.extend(more);
    let mut output = Vec::new();
    let cli = Cli::try_parse_from(ALL, arguments).map_err(|error| error.to_string())?;
    cli.run(&mut output).map_err(|error| error.to_string())?;
    Ok(String::from_utf8(output).unwrap())
}

fn json(file: &Path, more: &[&str]) -> Value {
    let more: Vec<&str> = more.iter().copied().chain(["--json"]).collect();
    serde_json::from_str(&evaluate(file, &more).unwrap()).unwrap()
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let file = self.0.path().join(name);
        fs::write(&file, text).unwrap();
        file
    }
}

// Ethanol twice, dimethyl ether, a radical, ammonium without its charge, no molecule, and what cannot be read.
const SMILES: &str = "CCO\nOCC first\nCOC\n[CH3]\nC[NH3]\nNone\nc1ccccc1\n\nC(C\n";

#[test]
fn molecules_are_judged() {
    let folder = Folder::new();
    let file = folder.write("samples.smi", SMILES);
    let train = folder.write("train.smi", "smiles\nC(O)C\nN\n");
    let train = ["--train", train.to_str().unwrap()];
    // Atoms: 9 + 9 + 9 + 4 + 8, of which the radical's carbon and the nitrogen are not stable.
    insta::assert_snapshot!(evaluate(&file, &[&train[..], &["--json"]].concat()).unwrap(), @r#"{"samples":8,"unreadable":2,"validity":0.5,"relaxed_validity":0.625,"uniqueness":0.75,"novelty":0.6666666666666666,"atom_stability":0.9487179487179487,"molecule_stability":0.375}"#);
    insta::assert_snapshot!(evaluate(&file, &train).unwrap(), @r"
    | metric             | value  |
    |--------------------|--------|
    | samples            | 8      |
    | unreadable         | 2      |
    | validity           | 0.5000 |
    | relaxed_validity   | 0.6250 |
    | uniqueness         | 0.7500 |
    | novelty            | 0.6667 |
    | atom_stability     | 0.9487 |
    | molecule_stability | 0.3750 |
    ");
    // Without hydrogens, methyl radical and methylammonium are methane and methylamine.
    let heavy = json(&file, &[&train[..], &["--hydrogens", "none"]].concat());
    assert_eq!(
        heavy,
        json!({
            "samples": 8, "unreadable": 2, "validity": 5.0 / 8.0, "relaxed_validity": 5.0 / 8.0,
            "uniqueness": 4.0 / 5.0, "novelty": 3.0 / 4.0, "atom_stability": null, "molecule_stability": null,
        })
    );
}

#[test]
fn the_same_molecules_in_sdf_are_judged_alike() {
    let folder = Folder::new();
    let readable: String = SMILES
        .lines()
        .filter(|line| !line.contains("1c") && *line != "C(C")
        .map(|line| format!("{line}\n"))
        .collect();
    let records = sympe_data::molecule::smiles::parse_lines(&readable);
    assert!(records.errors.is_empty());
    let sdf: String = records
        .molecules
        .iter()
        .map(|molecule| match molecule {
            Some(molecule) => sympe_data::molecule::sdf::write(molecule, "").unwrap(),
            None => "\n\n\nno molecule\n$$$$\n".to_owned(),
        })
        .collect();
    let train = folder.write("train.smi", "CCO\n");
    let train = ["--train", train.to_str().unwrap()];
    let one = json(&folder.write("samples.smi", &readable), &train);
    // By name or by content.
    for name in ["samples.sdf", "samples.txt"] {
        let mut other = json(&folder.write(name, &sdf), &train);
        assert_eq!(other["unreadable"], 1);
        other["unreadable"] = json!(0);
        assert_eq!(one, other);
    }
}

#[test]
fn charged_training_molecules_are_known_without_their_charges() {
    let folder = Folder::new();
    let train = folder.write("train.smi", "[NH3+]CC([O-])=O\n");
    let train = ["--train", train.to_str().unwrap(), "--hydrogens", "none"];
    // Glycine, whose zwitterion it is without hydrogens and charges; the zwitterion itself; alanine.
    let file = folder.write("samples.smi", "NCC(=O)O\n[NH3+]CC([O-])=O\nCC(N)C(=O)O\n");
    let judged = json(&file, &train);
    assert_eq!(
        (&judged["uniqueness"], &judged["novelty"]),
        (&json!(1.0), &json!(1.0 / 3.0))
    );
}

#[test]
fn graphs_are_judged() {
    let folder = Folder::new();
    // A path twice, a triangle with a tail, two components; then what is no graph, and one that is not simple.
    let text = "4 3 0-1 1-2 2-3\n4 3 3-1 1-0 0-2\n4 4 0-1 1-2 2-0 2-3\n4 2 0-1 2-3\n4 2 0-1\n2 2 0-1 1-1\n";
    let file = folder.write("samples.txt", text);
    let path = folder.write("train.g6", "Ch\n");
    let path = path.to_str().unwrap();
    let arguments = ["--train", path, "--reference", path];
    insta::assert_snapshot!(evaluate(&file, &arguments).unwrap(), @r"
    | metric             | value  |
    |--------------------|--------|
    | samples            | 6      |
    | unreadable         | 2      |
    | validity           | 0.5000 |
    | uniqueness         | 0.5000 |
    | novelty            | 0.3333 |
    | valid_unique_novel | 0.1667 |
    | mmd_degree         | 0.0064 |
    | mmd_clustering     | 0.1250 |
    | mmd_spectrum       | 0.0281 |
    | mmd_orbits         | 0.0004 |
    ");
    let judged = json(&file, &arguments);
    assert_eq!(judged["valid_unique_novel"], json!(1.0 / 6.0));
    // One of four graphs has other clustering coefficients than the reference: 1 + (9 + 1)/16 − 2·3/4.
    assert!((judged["mmd_clustering"].as_f64().unwrap() - 0.125).abs() < 1e-9);
    let trees = json(&file, &["--valid", "tree"]);
    assert_eq!(
        (&trees["validity"], &trees["novelty"]),
        (&json!(2.0 / 6.0), &Value::Null)
    );
    // A set does not differ from itself, by any distance.
    let file = Path::new(path);
    for distance in ["tv", "emd"] {
        let same = json(file, &["--reference", path, "--distance", distance]);
        for name in ["mmd_degree", "mmd_clustering", "mmd_spectrum", "mmd_orbits"] {
            assert_eq!(same[name], json!(0.0), "{name}");
        }
    }
}

#[test]
fn formats_are_told_apart() {
    let folder = Folder::new();
    // CN is cyanide's beginning for chemists, and four vertices in graph6.
    let text = "CN\n";
    let molecule = |value: &Value| value.get("relaxed_validity").is_some();
    assert!(molecule(&json(&folder.write("a.txt", text), &[])));
    assert!(molecule(&json(
        &folder.write("a", text),
        &["--hydrogens", "none"]
    )));
    assert!(!molecule(&json(&folder.write("a.g6", text), &[])));
    assert!(!molecule(&json(
        &folder.write("a.smi", text),
        &["--valid", "planar"]
    )));
    assert!(!molecule(&json(
        &folder.write("b.txt", text),
        &["--format", "graph6"]
    )));
    assert!(!molecule(&json(&folder.write("c.txt", ">>graph6<<CN\n"), &[])));
    assert!(!molecule(&json(&folder.write("d.txt", "3 101\n"), &[])));
}

#[test]
fn wrong_arguments_are_named() {
    let folder = Folder::new();
    let file = folder.write("a.smi", "CN\n");
    let name = file.to_str().unwrap();
    for (file, more, message) in [
        (
            file.clone(),
            vec!["--hydrogens", "none", "--valid", "tree"],
            "--hydrogens: is for molecules, --valid for graphs",
        ),
        (
            folder.write("empty.smi", "\n"),
            vec![],
            "empty.smi: no samples, expected at least one",
        ),
        (
            folder.write("empty.g6", "\n"),
            vec![],
            "empty.g6: no samples, expected at least one",
        ),
        (
            folder.0.path().join("absent.smi"),
            vec![],
            "absent.smi: No such file",
        ),
        (file.clone(), vec!["--train", "absent"], "absent: No such file"),
        (
            file.clone(),
            vec!["--train", folder.0.path().to_str().unwrap()],
            "cargo xtask data qm9",
        ),
        (file.clone(), vec!["--file", name], "cannot be used with"),
        (file.clone(), vec!["--draws", "3"], "cannot be used with"),
        (file.clone(), vec!["--distance", "emd"], "--reference"),
        (file.clone(), vec!["--hydrogens", "some"], "explicit, none"),
    ] {
        let error = evaluate(&file, &more).unwrap_err();
        assert!(error.contains(message), "{more:?}: {error}");
    }
    // A damaged training set would make everything novel.
    let train = folder.write("train.smi", "C\nC(\n");
    let error = evaluate(&file, &["--train", train.to_str().unwrap()]).unwrap_err();
    assert!(error.contains("train.smi: line 2"), "{error}");
    assert!(Cli::try_parse_from(ALL, ["sympe-train", "evaluate"]).is_err());
    assert!(Cli::try_parse_from(ALL, ["sympe-train", "evaluate", "RUN", "--hydrogens", "none"]).is_err());
    assert!(Cli::try_parse_from(ALL, ["sympe-train", "evaluate", "RUN", "--format", "bits"]).is_err());
}

/// The program, with `SYMPE_DATA` set to a folder: standard output and standard error.
fn program(file: &Path, data: &Path, more: &[&str]) -> (String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_sympe-train"))
        .args(["evaluate", "--json", "--samples", file.to_str().unwrap()])
        .args(more)
        .env("SYMPE_DATA", data)
        .output()
        .unwrap();
    assert!(output.status.success());
    [output.stdout, output.stderr]
        .map(|bytes| String::from_utf8(bytes).unwrap())
        .into()
}

#[test]
fn the_program_finds_qm9_and_names_what_it_cannot_read() {
    let folder = Folder::new();
    let file = folder.write("samples.smi", &(SMILES.to_owned() + &"C1\n".repeat(30)));
    let (output, notes) = program(&file, folder.0.path(), &[]);
    assert_eq!(
        serde_json::from_str::<Value>(&output).unwrap()["novelty"],
        Value::Null
    );
    let name = file.display();
    for said in [
        "note: no novelty: QM9 is not in ".to_owned(),
        format!("warning: {name}: line 7: aromatic atom 'c'"),
        format!("warning: {name}: line 9: "),
        "warning: 12 more samples cannot be read".to_owned(),
    ] {
        assert!(notes.contains(&said), "{said}: {notes}");
    }
    let qm9 = folder.0.path().join("qm9");
    fs::create_dir(&qm9).unwrap();
    let write = |name: &str, text: &str| fs::write(qm9.join(name), text).unwrap();
    write("qm9.csv", "smiles\nCCO\nCOC\n[CH3]\n");
    write("uncharacterized.txt", "");
    write("split.txt", "t\ns\nt\n");
    let (output, notes) = program(&file, folder.0.path(), &[]);
    // Ethanol and the radical are known, the ether is held out.
    assert_eq!(
        serde_json::from_str::<Value>(&output).unwrap()["novelty"],
        json!(1.0 / 3.0)
    );
    assert!(!notes.contains("note:"), "{notes}");
}
