//! The files of the workspace that checks look at.

use crate::run::root;
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};

/// A text file: its path from the workspace root, with `/` between folders, and what it says.
pub(crate) struct Text {
    pub(crate) path: String,
    pub(crate) text: String,
}

/// A package of the workspace.
pub(crate) struct Package {
    /// The name of its folder, which is that of the package.
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
    /// The files below `src/`, sorted by path.
    pub(crate) sources: Vec<Text>,
}

impl Package {
    fn open(folder: PathBuf) -> Result<Self> {
        let name = folder
            .file_name()
            .expect("a package lies in a folder")
            .to_string_lossy()
            .into_owned();
        let sources = rust_files(&folder.join("src"))?
            .iter()
            .map(|path| text(path))
            .collect::<Result<_>>()?;
        Ok(Self {
            name,
            folder,
            sources,
        })
    }

    /// The path of `src/` from the workspace root, with its slash.
    pub(crate) fn src(&self) -> String {
        let folder = self.folder.strip_prefix(root()).unwrap_or(&self.folder);
        format!("{}/src/", folder.to_string_lossy().replace('\\', "/"))
    }

    /// The path of a source file from `src/`.
    pub(crate) fn module<'a>(&self, source: &'a Text) -> &'a str {
        source
            .path
            .split_once("src/")
            .map_or(&*source.path, |(_, module)| module)
    }
}

/// The packages in `crates/`, sorted by name.
pub(crate) fn crates() -> Result<Vec<Package>> {
    packages("crates")
}

/// All packages: those in `crates/`, those in `examples/`, and this one.
pub(crate) fn workspace() -> Result<Vec<Package>> {
    let mut all = crates()?;
    all.extend(packages("examples")?);
    all.push(Package::open(root().join("xtask"))?);
    Ok(all)
}

fn packages(folder: &str) -> Result<Vec<Package>> {
    folders(&root().join(folder))?
        .into_iter()
        .map(Package::open)
        .collect()
}

/// The text of a file below the workspace root.
pub(crate) fn text(path: &Path) -> Result<Text> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let below = path.strip_prefix(root()).unwrap_or(path);
    Ok(Text {
        path: below.to_string_lossy().replace('\\', "/"),
        text,
    })
}

/// The packages in `folder`, by their folders, sorted.
pub(crate) fn folders(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = entries(folder)?;
    found.retain(|path| path.join("Cargo.toml").exists());
    Ok(found)
}

/// All `.rs` files below `folder`, sorted; none when the folder does not exist.
pub(crate) fn rust_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    if !folder.exists() {
        return Ok(found);
    }
    for path in entries(folder)? {
        if path.is_dir() {
            found.extend(rust_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    Ok(found)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let list = || format!("cannot list {}", folder.display());
    let mut found = fs::read_dir(folder)
        .with_context(list)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()
        .with_context(list)?;
    found.sort();
    Ok(found)
}
