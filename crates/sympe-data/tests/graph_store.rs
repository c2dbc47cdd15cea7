//! Graphs in files: what is written is read, from any thread; what was cut off is gone on with, and what is damaged is named.

use proptest::prelude::*;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use rayon::prelude::*;
use std::fs;
use std::path::Path;
use sympe_data::diffusion::{CategoricalGraph, GraphStore, StoreWriter};
use sympe_data::{DataError, Dataset};

/// A random graph of `n` nodes with five classes of each.
fn graph(n: usize, rng: &mut ChaCha8Rng) -> CategoricalGraph {
    let nodes = (0..n).map(|_| rng.random_range(0..5)).collect();
    let mut edges = vec![0; n * n];
    for i in 0..n {
        for j in 0..i {
            let class = if rng.random_bool(0.2) {
                rng.random_range(1..5)
            } else {
                0
            };
            (edges[i * n + j], edges[j * n + i]) = (class, class);
        }
    }
    CategoricalGraph::new(nodes, edges).unwrap()
}

fn graphs(count: usize, sizes: std::ops::Range<usize>, seed: u64) -> Vec<CategoricalGraph> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..count)
        .map(|_| graph(rng.random_range(sizes.clone()), &mut rng))
        .collect()
}

fn write(path: &Path, graphs: &[CategoricalGraph]) -> GraphStore {
    let mut writer = StoreWriter::open(path, "some").unwrap();
    let done = writer.len();
    writer.extend(&graphs[done..]).unwrap();
    writer.finish().unwrap()
}

fn all(store: &GraphStore) -> Result<Vec<CategoricalGraph>, DataError> {
    (0..store.len())
        .into_par_iter()
        .map(|index| store.get(index))
        .collect()
}

#[test]
fn graphs_of_all_sizes_come_back_from_several_threads() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("graphs");
    // Three blocks, the last of which is not full; graphs of one byte and of two for a node.
    let mut graphs = graphs(2500, 0..12, 0);
    graphs[7] = graph(255, &mut ChaCha8Rng::seed_from_u64(1));
    graphs[1500] = graph(256, &mut ChaCha8Rng::seed_from_u64(2));
    graphs[2499] = graph(400, &mut ChaCha8Rng::seed_from_u64(3));
    let store = write(&path, &graphs);
    assert_eq!(all(&store).unwrap(), graphs);
    let totals = store.totals();
    assert_eq!(
        (totals.graphs, totals.sizes[400], totals.sizes[255]),
        (2500, 1, 1)
    );
    let nodes: usize = graphs.iter().map(CategoricalGraph::n).sum();
    assert_eq!(totals.node_classes.iter().sum::<u64>(), nodes as u64);
    assert!(matches!(
        store.get(2500),
        Err(DataError::OutOfRange {
            index: 2500,
            len: 2500
        })
    ));
    // Classes are renumbered as they are read.
    let renumbered = GraphStore::open(&path, "some")
        .unwrap()
        .with_classes(vec![4, 3, 2, 1, 0]);
    let nodes = renumbered.get(7).unwrap().nodes().to_vec();
    assert_eq!(
        nodes,
        graphs[7]
            .nodes()
            .iter()
            .map(|class| 4 - class)
            .collect::<Vec<_>>()
    );
    let empty = StoreWriter::open(&folder.path().join("none"), "some").unwrap();
    assert!(empty.is_empty() && empty.finish().unwrap().is_empty());
}

#[test]
fn a_file_that_was_cut_off_is_gone_on_with() {
    let folder = tempfile::tempdir().unwrap();
    let (path, part) = (folder.path().join("graphs"), folder.path().join("graphs.part"));
    let graphs = graphs(2100, 1..4, 4);
    write(&path, &graphs);
    let whole = fs::read(&path).unwrap();
    let second = GraphStore::open(&path, "some").unwrap();
    drop(second);
    fs::remove_file(&path).unwrap();
    let mut resumed = 0;
    // At some places in every part of the file, those of the heads and of the end among them.
    let places = (0..40)
        .chain((40..whole.len()).step_by(397))
        .chain(whole.len() - 90..whole.len());
    for cut in places {
        fs::write(&part, &whole[..cut]).unwrap();
        let writer = StoreWriter::open(&path, "some").unwrap();
        resumed += usize::from(!writer.is_empty());
        assert!(writer.len().is_multiple_of(1024), "{cut}");
        drop(writer);
        write(&path, &graphs);
        assert!(fs::read(&path).unwrap() == whole, "{cut}");
        fs::rename(&path, folder.path().join("old")).unwrap();
    }
    assert!(resumed > 10);
    // Another key's beginning is no beginning.
    fs::write(&part, &whole[..whole.len() - 100]).unwrap();
    assert!(StoreWriter::open(&path, "others").unwrap().is_empty());
    // A block that is damaged, and all after it, are written again.
    let mut damaged = whole[..whole.len() - 100].to_vec();
    damaged[60] ^= 1;
    fs::write(&part, &damaged).unwrap();
    assert!(StoreWriter::open(&path, "some").unwrap().is_empty());
}

#[test]
fn damage_is_named_and_never_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("graphs");
    let graphs = graphs(1030, 1..3, 5);
    let store = write(&path, &graphs);
    let whole = fs::read(&path).unwrap();
    let error = GraphStore::open(&path, "others").unwrap_err().to_string();
    assert!(
        error.ends_with("byte 8: a store of 'some', expected one of 'others'"),
        "{error}"
    );
    let places = (0..100)
        .chain((100..whole.len()).step_by(61))
        .chain(whole.len() - 120..whole.len());
    for place in places {
        for bit in [1, 0x80] {
            let mut damaged = whole.clone();
            damaged[place] ^= bit;
            fs::write(&path, &damaged).unwrap();
            let read = GraphStore::open(&path, "some").and_then(|store| all(&store));
            assert!(
                read.is_err_and(|error| error.to_string().contains("graphs: byte ")),
                "{place}"
            );
        }
    }
    for cut in [0, 5, 20, 300, whole.len() - 1] {
        fs::write(&path, &whole[..cut]).unwrap();
        assert!(GraphStore::open(&path, "some").is_err(), "{cut}");
    }
    // A file that becomes shorter while it is open.
    fs::write(&path, &whole).unwrap();
    let open = GraphStore::open(&path, "some").unwrap();
    fs::File::options()
        .write(true)
        .open(&path)
        .unwrap()
        .set_len(500)
        .unwrap();
    assert!(open.get(1029).unwrap_err().to_string().contains("graphs: "));
    drop(store);
    fs::write(&path, &whole).unwrap();
    assert_eq!(all(&GraphStore::open(&path, "some").unwrap()).unwrap(), graphs);
}

proptest! {
    #[test]
    fn any_graphs_come_back(seed in any::<u64>(), count in 0usize..20, most in 1usize..40) {
        let folder = tempfile::tempdir().unwrap();
        let graphs = graphs(count, 0..most, seed);
        let store = write(&folder.path().join("graphs"), &graphs);
        prop_assert_eq!(all(&store).unwrap(), graphs);
    }
}
