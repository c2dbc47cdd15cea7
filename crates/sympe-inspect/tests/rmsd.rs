//! The command `rmsd`, as a user meets it.

use serde_json::Value;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path: PathBuf = self.0.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

/// What the program prints, what it complains of, and whether it succeeds.
fn run(words: &[&str]) -> (String, String, bool) {
    let output = Command::new(env!("CARGO_BIN_EXE_sympe-inspect"))
        .arg("rmsd")
        .args(words)
        .output()
        .unwrap();
    let [out, err] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    (out, err, output.status.success())
}

fn objects(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

const METHANOL: &str = "6\nmethanol\nC -0.05 0.66 0.0\nO -0.05 -0.76 0.0\nH -1.09 0.98 0.0\nH 0.43 1.07 0.89\nH 0.43 1.07 -0.89\nH 0.86 -1.05 0.0\n";
/// The same, its atoms in another order, and moved by (10, 0, 0).
const MOVED: &str = "6\nmoved\nH 10.43 1.07 -0.89\nH 10.86 -1.05 0.0\nO 9.95 -0.76 0.0\nH 8.91 0.98 0.0\nC 9.95 0.66 0.0\nH 10.43 1.07 0.89\n";

#[test]
fn conformers_are_matched_whatever_their_atoms_are_called() {
    let folder = Folder::new();
    let (a, b) = (folder.write("a.xyz", METHANOL), folder.write("b.xyz", MOVED));
    let (text, complaints, succeeds) = run(&[&a, &b]);
    assert!(succeeds, "{complaints}");
    assert_eq!(text, "methanol and moved: 10.000000 (atoms 6, automorphisms 6)\n");
    let (text, _, _) = run(&[&a, &b, "--superpose", "--json"]);
    let found = objects(&text).remove(0);
    assert!(
        found["rmsd"].as_f64().unwrap() < 1e-9 && found["automorphisms"] == "6",
        "{found}"
    );
    let matching: Vec<u64> = found["matching"]
        .as_array()
        .unwrap()
        .iter()
        .map(|atom| atom.as_u64().unwrap())
        .collect();
    assert_eq!((matching[0], matching[1], matching[5]), (4, 2, 1));
    assert!((found["translation"][0].as_f64().unwrap() - 10.0).abs() < 1e-6);
    let (text, _, _) = run(&[&a, &b, "--superpose", "--hydrogens", "none", "--json"]);
    assert_eq!(objects(&text)[0]["atoms"], 2);
}

#[test]
fn one_record_is_compared_with_many_and_bad_ones_do_not_spoil_the_others() {
    let folder = Folder::new();
    let one = folder.write("one.xyz", METHANOL);
    let water = "3\nwater\nO 0 0 0\nH 0.96 0 0\nH -0.24 0.93 0\n";
    let many = folder.write("many.xyz", &format!("{METHANOL}{water}{MOVED}"));
    let (text, complaints, succeeds) = run(&[&many, &one, "--superpose"]);
    assert!(!succeeds && text.lines().count() == 2, "{text}");
    assert!(
        complaints.contains("water (H2O) and methanol (CH4O) are not the same molecule")
            && complaints.contains("1 of 3 pairs failed"),
        "{complaints}"
    );
    let two = folder.write("two.xyz", &format!("{METHANOL}{METHANOL}"));
    let (text, _, succeeds) = run(&[&two, &two]);
    assert!(
        succeeds && text.lines().all(|line| line.contains("0.000000")),
        "{text}"
    );
    assert!(text.contains("methanol (2) and methanol (2)"), "{text}");
    let (_, complaints, _) = run(&[&two, &many]);
    assert!(
        complaints.contains("3 records, expected as many as in")
            && complaints.contains("which has 2, or one"),
        "{complaints}"
    );
}

#[test]
fn pdb_has_its_bonds_or_those_of_distances() {
    let folder = Folder::new();
    let atom = |serial: u32, element: &str, x: f64, y: f64| {
        format!(
            "HETATM{serial:>5}  {element:<3} LIG A   1    {x:8.3}{y:8.3}{:8.3}  1.00  0.00          {element:>2}\n",
            0.0
        )
    };
    let acetylene = |swapped: bool| {
        let list = if swapped {
            [(4, "H", 2.27), (3, "C", 1.20), (2, "C", 0.0), (1, "H", -1.07)]
        } else {
            [(1, "H", -1.07), (2, "C", 0.0), (3, "C", 1.20), (4, "H", 2.27)]
        };
        list.iter()
            .map(|&(serial, element, x)| atom(serial, element, x, 0.0))
            .collect::<String>()
    };
    let bonds = "CONECT    1    2\nCONECT    2    1    3    3    3\nCONECT    3    2    2    2    4\nCONECT    4    3\n";
    let a = folder.write("a.pdb", &format!("{}{bonds}END\n", acetylene(false)));
    let b = folder.write("b.pdb", &format!("{}END\n", acetylene(true)));
    let (text, complaints, succeeds) = run(&[&a, &b]);
    assert!(succeeds, "{complaints}");
    assert_eq!(text, "1 and 1: 0.000000 (atoms 4, automorphisms 2)\n");
    // Bonds that are not there: no match, unless nothing else is said of them.
    let c = folder.write("c.pdb", &format!("{}CONECT    1    2\nEND\n", acetylene(false)));
    let (_, complaints, succeeds) = run(&[&a, &c]);
    assert!(
        !succeeds && complaints.contains("not the same molecule"),
        "{complaints}"
    );
}

#[test]
fn what_is_no_conformer_is_said() {
    let folder = Folder::new();
    let (a, smiles) = (folder.write("a.xyz", METHANOL), folder.write("a.smi", "CO\n"));
    let graph = folder.write("g.g6", "Bw\n");
    let complaint = |words: &[&str]| {
        let (text, complaints, succeeds) = run(words);
        assert!(!succeeds && text.is_empty(), "{text}");
        complaints
    };
    assert!(complaint(&[&a, &smiles]).contains("SMILES, which have no positions, expected XYZ, SDF, PDB"));
    assert!(complaint(&[&a, &graph]).contains("no molecules, expected SDF, XYZ or PDB"));
    assert!(complaint(&[&a, "nowhere.xyz"]).contains("nowhere.xyz"));
    let broken = folder.write("b.xyz", "2\n\nC 0 0 0\nC 0 zero 0\n");
    assert!(complaint(&[&a, &broken]).contains("line 4"));
    assert!(complaint(&[&a, &a, "--reflect"]).contains("--superpose"));
}

/// A molecule, its mirror image, and both as the same.
#[test]
fn mirror_images_are_the_same_if_that_is_wanted() {
    let folder = Folder::new();
    let hand = |sign: f64| {
        format!(
            "5\nbromochlorofluoromethane\nC 0 0 0\nH 0 0 1.09\nF 1.28 0 -0.45\nCl -0.83 {} -0.59\nBr -0.9 {} -0.64\n",
            sign * 1.45,
            -sign * 1.57
        )
    };
    let (a, b) = (
        folder.write("a.xyz", &hand(1.0)),
        folder.write("b.xyz", &hand(-1.0)),
    );
    let distance = |more: &[&str]| {
        objects(&run(&[&[a.as_str(), &b, "--json"], more].concat()).0)[0]["rmsd"]
            .as_f64()
            .unwrap()
    };
    assert!(distance(&["--superpose"]) > 0.3);
    assert!(distance(&["--superpose", "--reflect"]) < 1e-9);
}
