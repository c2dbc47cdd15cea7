//! Molecules as graphs, in memory or prepared in files.

use super::config::{DiffusionData, DiffusionDataConfig};
use crate::TrainError;
use crate::datasets;
use crate::files::{hex, short, to_hex};
use crate::lock::Lock;
use crate::task::{Source, Splits};
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::Path;
use sympe_data::diffusion::{CategoricalGraph, GraphStore, MoleculeClasses, StoreWriter};
use sympe_data::molecule::{Hydrogens, Molecule, Moses, Qm9, SmallMolecules};
use sympe_data::published::Split;
use sympe_data::{DataError, Dataset};
use sympe_inspect::terminal::Bars;

/// The version of how molecules become graphs: prepared files of another one are made anew.
const VERSION: u32 = 1;

/// Molecules of a kind, with those classes that are found among them.
pub(super) fn load(config: &DiffusionDataConfig) -> Result<Splits<CategoricalGraph>, TrainError> {
    let molecules = Molecules::open(config)?;
    let with = match config.presentation() {
        Hydrogens::Explicit => "hydrogens explicit",
        Hydrogens::Omitted => "heavy atoms only",
    };
    let description = format!("{}, {with}", molecules.name());
    let every = MoleculeClasses::all(config.bonds);
    if !config.store.as_os_str().is_empty() {
        return molecules.prepared(config, &every, description);
    }
    let mut parts = [const { Vec::new() }; 3];
    for (part, split) in parts.iter_mut().zip(Split::ALL) {
        molecules.stream(split, 0, config.presentation(), &every, |mut graphs| {
            part.append(&mut graphs);
            Ok(())
        })?;
    }
    let classes = every.narrowed(&mut parts)?;
    if config.train > 0 {
        parts[0].truncate(config.train);
    }
    Ok(Splits::new(description, parts)?.with_classes(classes.names()))
}

/// Where molecules come from.
enum Molecules {
    Small(SmallMolecules, usize),
    Qm9(Qm9),
    Moses(Moses),
}

impl Molecules {
    fn open(config: &DiffusionDataConfig) -> Result<Self, TrainError> {
        Ok(match config.kind {
            DiffusionData::Qm9 => Self::Qm9(datasets::qm9(&config.folder)?),
            DiffusionData::Moses => Self::Moses(datasets::moses(&config.folder)?),
            _ => Self::Small(SmallMolecules::new(config.heavy_atoms)?, config.heavy_atoms),
        })
    }

    fn name(&self) -> String {
        match self {
            Self::Small(_, atoms) => format!("all molecules of up to {atoms} heavy atoms"),
            Self::Qm9(_) => "QM9".to_owned(),
            Self::Moses(_) => "MOSES".to_owned(),
        }
    }

    /// What the molecules of a part are read from, in a few characters.
    fn fingerprint(&self, config: &DiffusionDataConfig, split: Split) -> Result<String, TrainError> {
        let digest = |path: &Path| {
            let read = || {
                let (mut file, mut digest) = (BufReader::new(File::open(path)?), Sha256::new());
                loop {
                    let bytes = file.fill_buf()?;
                    if bytes.is_empty() {
                        return Ok(short(&to_hex(&digest.finalize())));
                    }
                    digest.update(bytes);
                    let read = bytes.len();
                    file.consume(read);
                }
            };
            read().map_err(TrainError::io(path))
        };
        match self {
            Self::Small(_, atoms) => Ok(format!("{atoms} heavy atoms")),
            Self::Moses(moses) => digest(moses.path(split)),
            Self::Qm9(_) => {
                let files = ["qm9.csv", "gdb9.sdf", "uncharacterized.txt", "split.txt"];
                let there = files.map(|name| config.folder.join(name)).into_iter().filter(|path| path.exists());
                Ok(there.map(|path| digest(&path)).collect::<Result<Vec<_>, _>>()?.join(" "))
            }
        }
    }

    /// The graphs of a part from the one of index `first` on; `take` gets some of them at a time.
    fn stream(
        &self,
        split: Split,
        first: usize,
        hydrogens: Hydrogens,
        classes: &MoleculeClasses,
        mut take: impl FnMut(Vec<CategoricalGraph>) -> Result<(), DataError>,
    ) -> Result<(), DataError> {
        let encode = |molecule: &Molecule| classes.encode(&molecule.without_charges());
        let molecules = match self {
            Self::Moses(moses) => {
                let encode = |molecule: Molecule| match hydrogens {
                    Hydrogens::Explicit => encode(&molecule),
                    Hydrogens::Omitted => encode(&molecule.without_hydrogens()),
                };
                return moses.stream(split, first, encode, take);
            }
            Self::Qm9(qm9) => qm9.part(split, hydrogens)?,
            Self::Small(small, _) => small.part(split, hydrogens),
        };
        take(molecules.items().iter().skip(first).map(encode).collect::<Result<_, _>>()?)
    }

    /// The same from files in a folder, which are made if they are not there.
    fn prepared(
        &self,
        config: &DiffusionDataConfig,
        every: &MoleculeClasses,
        description: String,
    ) -> Result<Splits<CategoricalGraph>, TrainError> {
        let mut stores = Vec::new();
        let mut keys = String::new();
        for split in Split::ALL {
            let from = self.fingerprint(config, split)?;
            let key = format!("{description}, {} bonds, {split}, {from}, version {VERSION}", config.bonds);
            let path = config.store.join(format!("{}.graphs", file_name(config, split)));
            let store = match GraphStore::open(&path, &key) {
                Ok(store) => store,
                // What is there and is not this is made anew, from where it came from.
                Err(_) => self.prepare(config, every, split, &path, &key)?,
            };
            keys += &format!("{key}: {}, checksum {:08x}\n", store.totals().graphs, store.totals().checksum);
            stores.push(store);
        }
        let mut counts: Vec<u64> = Vec::new();
        for store in &stores {
            let found = &store.totals().node_classes;
            counts.resize(counts.len().max(found.len()), 0);
            counts.iter_mut().zip(found).for_each(|(sum, count)| *sum += count);
        }
        let (classes, renumbered) = every.narrowed_to(&counts)?;
        let mut parts = stores.into_iter().map(|store| Source::read(store.with_classes(renumbered.clone())));
        let mut parts: [Source<CategoricalGraph>; 3] = std::array::from_fn(|_| parts.next().expect("a file for each part"));
        if config.train > 0 {
            keys += &format!("first {} to train\n", config.train);
            let [train, validation, test] = parts;
            parts = [train.truncated(config.train), validation, test];
        }
        Ok(Splits::of(description, hex(keys.as_bytes()), parts)?.with_classes(classes.names()))
    }

    /// Makes the file of a part, or goes on where that was stopped.
    fn prepare(
        &self,
        config: &DiffusionDataConfig,
        every: &MoleculeClasses,
        split: Split,
        path: &Path,
        key: &str,
    ) -> Result<GraphStore, TrainError> {
        fs::create_dir_all(&config.store).map_err(TrainError::io(&config.store))?;
        let _lock = Lock::take(&config.store)?;
        let mut writer = StoreWriter::open(path, key)?;
        let bars = Bars::new();
        let name = format!("{} {split}", self.name());
        let bar = bars.add("{prefix} {spinner} {pos} graphs, {per_sec}", &name, writer.len() as u64, 0);
        if bar.is_none() {
            let done = if writer.is_empty() { String::new() } else { format!(", {} are there", writer.len()) };
            bars.line(&format!("{name}: preparing {}{done}", path.display()));
        }
        self.stream(split, writer.len(), config.presentation(), every, |graphs| {
            writer.extend(&graphs)?;
            if let Some(bar) = &bar {
                bar.inc(graphs.len() as u64);
            }
            Ok(())
        })?;
        let store = writer.finish()?;
        if let Some(bar) = bar {
            bar.finish_and_clear();
        }
        bars.line(&format!("{name}: {} graphs in {}", store.len(), path.display()));
        Ok(store)
    }
}

/// The name of a prepared file, by what is in it.
fn file_name(config: &DiffusionDataConfig, split: Split) -> String {
    let kind = match config.kind {
        DiffusionData::SmallMolecules => format!("{}-{}", config.kind, config.heavy_atoms),
        kind => kind.to_string(),
    };
    let hydrogens = if config.hydrogens { "explicit" } else { "heavy" };
    format!("{kind}-{hydrogens}-{}-{split}", config.bonds)
}
