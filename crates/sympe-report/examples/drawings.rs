//! Draws the molecules or graphs of files as SVG: `cargo run --release -p sympe-report --example drawings -- OUTPUT.svg FILE…`, each FILE of SMILES
//! (`.smi`), SDF or graphs. Without arguments, some molecules and trees, into the temporary folder.

use std::error::Error;
use std::path::{Path, PathBuf};
use sympe_data::Dataset;
use sympe_data::formats;
use sympe_data::molecule::{self, smiles};
use sympe_data::random_graphs::Tree;

const COLUMNS: usize = 6;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let output = arguments
        .next()
        .unwrap_or_else(|| std::env::temp_dir().join("sympe-drawings.svg"));
    let (mut molecules, mut graphs) = (Vec::new(), Vec::new());
    for file in arguments {
        let name = |index: usize| format!("{} {}", stem(&file), index + 1);
        if file
            .extension()
            .is_some_and(|extension| extension == "smi" || extension == "sdf")
        {
            let records = molecule::read(&file)?;
            records.errors.iter().for_each(|error| eprintln!("{error}"));
            molecules.extend(
                records
                    .good()
                    .enumerate()
                    .map(|(index, one)| (name(index), one.clone())),
            );
        } else {
            let (read, _) = formats::read(&file, None)?;
            graphs.extend(
                read.into_iter()
                    .enumerate()
                    .map(|(index, one)| (name(index), one)),
            );
        }
    }
    if molecules.is_empty() && graphs.is_empty() {
        for text in [
            "CCO",
            "CC(=O)O",
            "C1=CC=CC=C1O",
            "C1CC2CCC1C2",
            "CC#N",
            "[NH3+]CC([O-])=O",
        ] {
            molecules.push((text.to_owned(), smiles::parse(text, 1)?));
        }
        let trees = Tree::new(COLUMNS, 16, 0)?;
        for index in 0..trees.len() {
            graphs.push((format!("tree {}", index + 1), trees.get(index)?));
        }
    }
    for (kind, svg) in [
        (
            "molecules",
            (!molecules.is_empty()).then(|| sympe_report::molecules(&molecules, COLUMNS)),
        ),
        (
            "graphs",
            (!graphs.is_empty()).then(|| sympe_report::graphs(&graphs, COLUMNS)),
        ),
    ] {
        if let Some(svg) = svg {
            let path = output.with_file_name(format!("{}-{kind}.svg", stem(&output)));
            std::fs::write(&path, svg)?;
            println!("{}", path.display());
        }
    }
    Ok(())
}

fn stem(path: &Path) -> String {
    path.file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}
