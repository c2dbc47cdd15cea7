//! `data`: brings a data set into its folder, by download, import or the seed it was drawn from, and verifies it.

use crate::InspectError;
use crate::datasets;
use crate::terminal::{Bars, print};
use clap::{Args, Subcommand};
use std::fmt::Display;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use sympe_data::Dataset;
use sympe_data::molecule::Moses;
use sympe_data::published::GENERATED;

/// Download a data set and verify it, or import a local copy.
///
/// Data sets lie below the folder that the environment variable `SYMPE_DATA` names.
#[derive(Debug, Args)]
pub struct DataArgs {
    #[command(subcommand)]
    name: DataSet,
}

/// What there is.
#[derive(Debug, Subcommand)]
enum DataSet {
    /// Small organic molecules: download them, or import a local copy
    ///
    /// What is there and right is not downloaded again, and a download that broke off is continued. Files that are wrong
    /// are named and not kept; the others are.
    ///
    /// QM9 (133 885 molecules, 2.7 MB): `qm9.csv` (SMILES) and `uncharacterized.txt` (molecules to drop). The published
    /// split into 97 734, 20 042 and 13 055 molecules is computed.
    Qm9(Qm9Args),
    /// Drug-like molecules: download them, or import a local copy
    ///
    /// MOSES (1 936 962 molecules of up to 27 heavy atoms, 13 MB): `train.csv.gz`, `test.csv.gz` and
    /// `test_scaffolds.csv.gz`, from the Python package `molsets` (52 MB). What is there and right is not downloaded again, and a
    /// download that broke off is continued.
    Moses(MosesArgs),
    /// The published Erdős–Rényi and community graphs: draw them from their published seeds
    ///
    /// `egnn_er025_train.txt`, `egnn_er025_val.txt`, `egnn_er025_test.txt`, `egnn_er020_overfit.txt` and
    /// `egnn_community_test.txt`, bit for bit as they were published (6600 graphs, 0.5 MB). Runs draw the same graphs
    /// themselves: the files are for other programs.
    Graphs(GraphsArgs),
}

#[derive(Debug, Args)]
struct Qm9Args {
    /// Import from this folder instead of the web; without `qm9.csv`, `gdb9.sdf` is taken, as its program wrote it
    #[arg(long, value_name = "FOLDER")]
    from: Option<PathBuf>,
    /// Where it goes (default: `qm9` below `$SYMPE_DATA`, or below `data` in the workspace)
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
    /// A mirror that has the files under their names
    #[arg(long, value_name = "URL", conflicts_with = "from")]
    url: Option<String>,
}

#[derive(Debug, Args)]
struct MosesArgs {
    /// Import from a folder with the three files, packed or not, or from the package (`pip download --no-deps molsets`)
    #[arg(long, value_name = "FOLDER|WHEEL")]
    from: Option<PathBuf>,
    /// Where they go (default: `moses` below `$SYMPE_DATA`, or below `data` in the workspace)
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
    /// A mirror that has the package under its name
    #[arg(long, value_name = "URL", conflicts_with = "from")]
    url: Option<String>,
}

#[derive(Debug, Args)]
struct GraphsArgs {
    /// Where they go (default: `graphs` below `$SYMPE_DATA`, or below `data` in the workspace)
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
}

/// Brings the data set into its folder, and says where that is.
///
/// # Errors
///
/// When the network or the disk refuses, or files are not the published ones, which are named.
pub fn data(args: DataArgs, output: &mut dyn Write) -> Result<(), InspectError> {
    match args.name {
        DataSet::Qm9(args) => qm9(args, output),
        DataSet::Moses(args) => moses(args, output),
        DataSet::Graphs(args) => graphs(args, output),
    }
}

fn graphs(args: GraphsArgs, output: &mut dyn Write) -> Result<(), InspectError> {
    let folder = args.dir.unwrap_or_else(|| datasets::folder("graphs"));
    let bars = Bars::new();
    let mut count = 0;
    for file in &GENERATED {
        datasets::generate(file, &folder)?;
        bars.line(&format!("{}: drawn, SHA-256 verified", file.name));
        count += file.graphs().len();
    }
    say_where(output, format_args!("{count} graphs"), &folder)
}

fn qm9(args: Qm9Args, output: &mut dyn Write) -> Result<(), InspectError> {
    let folder = args.dir.unwrap_or_else(|| datasets::folder("qm9"));
    let bars = Bars::new();
    match &args.from {
        Some(from) if !from.join("qm9.csv").exists() && from.join("gdb9.sdf").exists() => {
            import_sdf(from, &folder)?;
        }
        Some(from) => each_file(&bars, |file| {
            datasets::import(file, from, &folder)?;
            Ok("imported")
        })?,
        None => {
            let fetched = each_file(&bars, |file| {
                let mirrored = args.url.as_ref();
                let mirrored = mirrored.map(|url| format!("{}/{}", url.trim_end_matches('/'), file.name));
                let url = mirrored.as_deref().unwrap_or(file.url);
                Ok(datasets::fetch(file, url, &folder, &bars)?.words())
            });
            if fetched.is_err() {
                let names = datasets::QM9.map(|file| file.name).join(" and ");
                bars.line(&format!(
                    "note: {names}, downloaded by other means, are imported by --from FOLDER"
                ));
            }
            if fetched.is_err() {
                // Only an empty one can be removed so: nothing is left of a download that brought nothing.
                let _ = fs::remove_dir(&folder);
            }
            fetched?;
        }
    }
    let molecules = datasets::qm9(&folder)?.len();
    say_where(output, format_args!("QM9: {molecules} molecules"), &folder)
}

fn moses(args: MosesArgs, output: &mut dyn Write) -> Result<(), InspectError> {
    let folder = args.dir.unwrap_or_else(|| datasets::folder("moses"));
    let bars = Bars::new();
    let done = match &args.from {
        Some(from) => {
            datasets::import_moses(from, &folder)?;
            "imported"
        }
        None => {
            let name = datasets::MOSES.name;
            let mirrored = args
                .url
                .map(|url| format!("{}/{name}", url.trim_end_matches('/')));
            let url = mirrored.as_deref().unwrap_or(datasets::MOSES.url);
            let fetched = datasets::fetch_moses(url, &folder, &bars);
            if fetched.is_err() {
                bars.line(&format!(
                    "note: {name}, downloaded by other means, is imported by --from FILE"
                ));
                // Only an empty one can be removed so: nothing is left of a download that brought nothing.
                let _ = fs::remove_dir(&folder);
            }
            fetched?.words()
        }
    };
    bars.line(&format!("{}: {done}, SHA-256 verified", Moses::FILES.join(", ")));
    say_where(output, "MOSES", &folder)
}

fn say_where(output: &mut dyn Write, what: impl Display, folder: &Path) -> Result<(), InspectError> {
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    print(output, format_args!("{what} in {}", folder.display()))
}

/// Deals with every file of QM9; what goes wrong with one does not stop the others.
fn each_file(
    bars: &Bars,
    mut get: impl FnMut(&datasets::DataFile) -> Result<&'static str, InspectError>,
) -> Result<(), InspectError> {
    let mut errors = Vec::new();
    for file in &datasets::QM9 {
        match get(file) {
            Ok(done) => bars.line(&format!("{}: {done}, SHA-256 verified", file.name)),
            Err(error) => errors.push(error),
        }
    }
    match (errors.len(), errors.pop()) {
        (_, None) => Ok(()),
        (1, Some(error)) => Err(error),
        (failed, Some(last)) => {
            for error in errors.iter().chain([&last]) {
                bars.line(&format!("error: {error}"));
            }
            Err(InspectError::Incomplete {
                failed,
                total: datasets::QM9.len(),
                what: "files",
            })
        }
    }
}

/// No checksum is known of what other programs make of QM9; it must at least be complete and readable. The copy is read,
/// beside the folder, before anything that is there is replaced.
fn import_sdf(from: &Path, folder: &Path) -> Result<(), InspectError> {
    if folder.join("qm9.csv").exists() {
        let message = "has qm9.csv already, which would be read instead of gdb9.sdf: choose another --dir";
        return Err(InspectError::differs(folder, message));
    }
    let (copied, target) = (fs::canonicalize(from), fs::canonicalize(folder));
    if copied.is_ok_and(|copied| target.is_ok_and(|target| copied == target)) {
        return datasets::qm9(from).map(drop);
    }
    // A wrong original is an error about the original, and leaves nothing.
    datasets::qm9(from)?;
    let folder = std::path::absolute(folder).map_err(InspectError::io(folder))?;
    let parent = folder.parent().unwrap_or(&folder);
    fs::create_dir_all(parent).map_err(InspectError::io(parent))?;
    let beside = tempfile::Builder::new().prefix(".qm9-").tempdir_in(parent);
    let beside = beside.map_err(InspectError::io(parent))?;
    let names = ["uncharacterized.txt", "split.txt", "gdb9.sdf"];
    let names = names.into_iter().filter(|name| from.join(name).exists());
    for name in names.clone() {
        let copy = beside.path().join(name);
        fs::copy(from.join(name), &copy).map_err(InspectError::io(&copy))?;
    }
    datasets::qm9(beside.path())?;
    fs::create_dir_all(&folder).map_err(InspectError::io(&folder))?;
    let stale = folder.join("split.txt");
    if stale.exists() && !from.join("split.txt").exists() {
        // The split of the set that was there would be that of the new one.
        fs::remove_file(&stale).map_err(InspectError::io(&stale))?;
    }
    for name in names {
        let target = folder.join(name);
        fs::rename(beside.path().join(name), &target).map_err(InspectError::io(&target))?;
    }
    Ok(())
}
