//! The command `evaluate --samples`: figures counted by hand, and what is wrong with files.

use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use sympe_inspect::commands::Cli;

fn evaluate(file: &Path, more: &[&str]) -> Result<String, String> {
    let mut arguments = vec!["sympe-inspect", "evaluate", "--samples", file.to_str().unwrap()];
    arguments.extend(more);
    let mut output = Vec::new();
    let cli = Cli::try_parse_from(arguments).map_err(|error| error.to_string())?;
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

// Ethanol twice, dimethyl ether, a radical, ammonium without its charge, no molecule, benzene, and what cannot be read.
const SMILES: &str = "CCO\nOCC first\nCOC\n[CH3]\nC[NH3]\nNone\nc1ccccc1\n\nC(C\n";

#[test]
fn molecules_are_judged() {
    let folder = Folder::new();
    let file = folder.write("samples.smi", SMILES);
    let train = folder.write("train.smi", "smiles\nC(O)C\nN\n");
    let train = ["--train", train.to_str().unwrap()];
    // Atoms: 9 + 9 + 9 + 4 + 8 + 12, of which the radical's carbon and the nitrogen are not stable.
    insta::assert_snapshot!(evaluate(&file, &[&train[..], &["--json"]].concat()).unwrap(), @r#"{"samples":8,"unreadable":1,"unsupported":0,"validity":0.625,"relaxed_validity":0.75,"uniqueness":0.8,"novelty":0.75,"atom_stability":0.9607843137254902,"molecule_stability":0.5}"#);
    insta::assert_snapshot!(evaluate(&file, &train).unwrap(), @r"
    | metric             | value  |
    |--------------------|--------|
    | samples            | 8      |
    | unreadable         | 1      |
    | unsupported        | 0      |
    | validity           | 0.6250 |
    | relaxed_validity   | 0.7500 |
    | uniqueness         | 0.8000 |
    | novelty            | 0.7500 |
    | atom_stability     | 0.9608 |
    | molecule_stability | 0.5000 |
    ");
    // Without hydrogens, methyl radical and methylammonium are methane and methylamine.
    let heavy = json(&file, &[&train[..], &["--hydrogens", "none"]].concat());
    assert_eq!(
        heavy,
        json!({
            "samples": 8, "unreadable": 1, "unsupported": 0, "validity": 6.0 / 8.0, "relaxed_validity": 6.0 / 8.0,
            "uniqueness": 5.0 / 6.0, "novelty": 4.0 / 5.0, "atom_stability": null, "molecule_stability": null,
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
fn molecules_are_compared_with_a_reference() {
    let folder = Folder::new();
    // Diphenylmethane and norbornane are scaffolds, benzene has one ring; the last is no molecule.
    let file = folder.write(
        "samples.smi",
        "Cc1ccccc1Cc1ccccc1\nCC1CC2CCC1C2\nCc1ccccc1\nF=C\n",
    );
    let reference = folder.write("reference.csv", "SMILES\nCc1ccccc1Cc1ccccc1\nCCO\n");
    let train = folder.write("train.smi", "OC1CC2CCC1C2\n");
    let path = reference.to_str().unwrap();
    let arguments = ["--train", train.to_str().unwrap(), "--reference", path];
    let judged = json(&file, &arguments);
    assert_eq!(judged["scaffold_similarity"], json!(1.0 / 2f64.sqrt()));
    assert_eq!(judged["scaffold_novelty"], json!(0.5));
    let heavy = json(&file, &[&arguments[..], &["--hydrogens", "none"]].concat());
    for name in [
        "internal_diversity",
        "internal_diversity_2",
        "nearest_similarity",
        "fragment_similarity",
    ] {
        let value = judged[name].as_f64().unwrap();
        assert!(0.0 < value && value < 1.0, "{name}: {value}");
        assert_eq!(judged[name], heavy[name]);
    }
    // A set beside itself.
    let own = json(&reference, &["--reference", path, "--train", path]);
    for (name, value) in [
        ("nearest_similarity", 1.0),
        ("fragment_similarity", 1.0),
        ("scaffold_similarity", 1.0),
        ("scaffold_novelty", 0.0),
    ] {
        assert_eq!(own[name], json!(value), "{name}");
    }
    let broken = folder.write("broken.smi", "CCO\nC(C\n");
    let error = evaluate(&file, &["--train", path, "--reference", broken.to_str().unwrap()]).unwrap_err();
    assert!(error.contains("broken.smi: line 2"), "{error}");
}

#[test]
fn graphs_are_judged() {
    let folder = Folder::new();
    // A path twice, a triangle with a tail, two components; then what is no graph, and one that is not simple.
    let text = "4 3 0-1 1-2 2-3\n4 3 3-1 1-0 0-2\n4 4 0-1 1-2 2-0 2-3\n4 2 0-1 2-3\n4 2 0-1\n2 2 0-1 1-1\n";
    let file = folder.write("samples.txt", text);
    let path = folder.write("train.g6", "Ch\n");
    let path = path.to_str().unwrap();
    let arguments = ["--train", path, "--reference", path, "--lenient"];
    insta::assert_snapshot!(evaluate(&file, &arguments).unwrap(), @r"
    | metric             | value  |
    |--------------------|--------|
    | samples            | 6      |
    | unreadable         | 2      |
    | validity           | 0.7500 |
    | uniqueness         | 0.7500 |
    | novelty            | 0.5000 |
    | valid_unique_novel | 0.2500 |
    | mmd_degree         | 0.0064 |
    | mmd_clustering     | 0.1250 |
    | mmd_spectrum       | 0.0281 |
    | mmd_orbits         | 0.0004 |
    ");
    let judged = json(&file, &arguments);
    assert_eq!(judged["valid_unique_novel"], json!(1.0 / 4.0));
    // Figures about a part of the samples are no success, unless one says so.
    let error = evaluate(&file, &arguments[..4]).unwrap_err();
    assert!(
        error.contains("samples.txt: 2 of 6 samples cannot be judged"),
        "{error}"
    );
    // One of four graphs has other clustering coefficients than the reference: 1 + (9 + 1)/16 − 2·3/4.
    assert!((judged["mmd_clustering"].as_f64().unwrap() - 0.125).abs() < 1e-9);
    let trees = json(&file, &["--valid", "tree", "--lenient"]);
    assert_eq!(
        (&trees["validity"], &trees["novelty"]),
        (&json!(2.0 / 4.0), &Value::Null)
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
            "`data qm9`",
        ),
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
    assert!(Cli::try_parse_from(["sympe-inspect", "evaluate"]).is_err());
}

/// The program, with `SYMPE_DATA` set to a folder: standard output and standard error.
fn program(file: &Path, data: &Path, more: &[&str]) -> (String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_sympe-inspect"))
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
        format!("warning: {name}: line 9: "),
        "warning: 27 more like this: ".to_owned(),
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
    // Ethanol and the radical are known, the ether is held out, benzene is of no part.
    assert_eq!(
        serde_json::from_str::<Value>(&output).unwrap()["novelty"],
        json!(2.0 / 4.0)
    );
    assert!(!notes.contains("note:"), "{notes}");
}

/// A file that users reported, with the figures that are right.
fn report(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/reports")
        .join(name)
}

#[test]
fn the_program_says_what_it_passes_over_in_graphs() {
    let folder = Folder::new();
    let file = folder.write("twice.col", "p edge 3 3\ne 1 2\ne 2 1\ne 2 3\n");
    let (output, errors) = program(&file, folder.0.path(), &[]);
    assert_eq!(serde_json::from_str::<Value>(&output).unwrap()["validity"], 1.0);
    let note = "twice.col: line 3: edge 2 1 again (it is on line 2): it counts once";
    assert!(errors.contains(note), "{errors}");
}

#[test]
fn reported_files_are_judged_right() {
    let train = report("02_train.smi");
    let train = ["--train", train.to_str().unwrap()];
    for (name, more, samples, validity, uniqueness, novelty) in [
        ("02_sdf_without_hydrogens.sdf", &train[..], 3, 1.0, 1.0, Some(0.0)),
        (
            "02_sdf_without_hydrogens.sdf",
            &[train[0], train[1], "--hydrogens", "none"],
            3,
            1.0,
            1.0,
            Some(0.0),
        ),
        ("03_aromatic_cnof.smi", &train, 6, 1.0, 1.0, Some(1.0)),
        ("05_bom.smi", &train, 2, 1.0, 1.0, Some(0.5)),
        ("06_co2.xyz", &train, 1, 1.0, 1.0, Some(1.0)),
        ("06_header_capital.smi", &train, 1, 1.0, 1.0, Some(0.0)),
        ("07_kekule_twins.smi", &train, 2, 1.0, 0.5, Some(1.0)),
        ("10_o_xylene_two_kekule.smi", &train, 2, 1.0, 0.5, Some(1.0)),
        ("08_nitrogen_of_valence_four.smi", &train, 3, 0.0, 0.0, Some(0.0)),
        (
            "08_nitrogen_of_valence_four.smi",
            &[train[0], train[1], "--hydrogens", "none"],
            3,
            0.0,
            0.0,
            Some(0.0),
        ),
    ] {
        let judged = json(&report(name), more);
        let expected = [
            json!(samples),
            json!(0),
            json!(validity),
            json!(uniqueness),
            json!(novelty),
        ];
        let found =
            ["samples", "unreadable", "validity", "uniqueness", "novelty"].map(|key| judged[key].clone());
        assert_eq!(found, expected, "{name} {more:?}");
    }
    // What is known cannot be nothing, and a graph is no SMILES.
    let empty = report("20_empty_train.smi");
    let error = evaluate(&report("05_bom.smi"), &["--train", empty.to_str().unwrap()]).unwrap_err();
    assert!(error.contains("no molecules, expected at least one"), "{error}");
    match evaluate(&report("06_sparse6.s6"), &["--json"]) {
        Ok(output) => assert!(output.contains("valid_unique_novel"), "{output}"),
        Err(error) => assert!(error.contains("none of 1 records is a molecule"), "{error}"),
    }
}

#[test]
fn known_sets_are_given_as_the_samples_are_or_refused() {
    let folder = Folder::new();
    // As a model of heavy atoms writes what it knows no hydrogens of.
    let heavy = folder.write("heavy.smi", "[C][C][O]\n[C][C]\n");
    let full = folder.write("full.smi", "CCO\nCC\n");
    for (samples, train) in [(&heavy, &full), (&full, &heavy)] {
        let train = ["--train", train.to_str().unwrap()];
        let error = evaluate(samples, &train).unwrap_err();
        assert!(
            error.contains("heavy.smi: no molecule has hydrogens, expected them as in"),
            "{error}"
        );
        let judged = json(samples, &[train[0], train[1], "--hydrogens", "none"]);
        assert_eq!(judged["novelty"], json!(0.0));
    }
    // Molecules that lack none compare with any: carbon dioxide, tetrafluoromethane.
    let full_anyway = folder.write("dioxide.smi", "O=C=O\nFC(F)(F)F\n");
    assert_eq!(
        json(&full_anyway, &["--train", full.to_str().unwrap()])["novelty"],
        json!(1.0)
    );
    // Hydrogens written or implied, nitro groups charged or not.
    let written = folder.write("written.smi", "[H]C([H])([H])[N+](=O)[O-]\n");
    let implied = folder.write("implied.smi", "CN(=O)=O\n");
    assert_eq!(
        json(&written, &["--train", implied.to_str().unwrap()])["novelty"],
        json!(0.0)
    );
    // Empty sets of graphs.
    let graphs = folder.write("a.g6", "Bw\n");
    for flag in ["--train", "--reference"] {
        let empty = folder.write("empty.g6", "\n");
        let error = evaluate(&graphs, &[flag, empty.to_str().unwrap()]).unwrap_err();
        assert!(
            error.contains("empty.g6: no graphs, expected at least one"),
            "{error}"
        );
    }
}

#[test]
fn what_is_not_supported_is_no_sample_and_no_success() {
    let folder = Folder::new();
    let file = folder.write("samples.smi", "CCO\nC*\nCl\nF=C\n");
    let judged = json(&file, &["--lenient"]);
    assert_eq!(
        (&judged["samples"], &judged["unsupported"]),
        (&json!(4), &json!(1))
    );
    assert_eq!(judged["validity"], json!(2.0 / 3.0));
    let error = evaluate(&file, &[]).unwrap_err();
    assert!(
        error.contains("1 of 4 samples cannot be judged, expected at most 1 % (or --lenient)"),
        "{error}"
    );
    // Up to 1 % is said and forgiven.
    let file = folder.write("many.smi", &("C*\n".to_owned() + &"C\n".repeat(99)));
    assert_eq!(json(&file, &[])["validity"], json!(1.0));
    // What is no notation of molecules at all is not a set of invalid ones.
    for text in ["hello\nworld\n", "{\"a\": 1}\n", "[Branch1][Ring1]\n"] {
        let error = evaluate(&folder.write("what.txt", text), &[]).unwrap_err();
        assert!(
            error.contains("is a molecule (SMILES, SDF, XYZ)") || error.contains("what.txt"),
            "{error}"
        );
    }
}

#[test]
fn samples_come_through_pipes_and_packed() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_sympe-inspect"))
        .args(["evaluate", "--json", "--samples", "-"])
        .env("SYMPE_DATA", "absent")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"CCO\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let judged: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&judged["samples"], &judged["validity"]),
        (&json!(1), &json!(1.0))
    );
}
