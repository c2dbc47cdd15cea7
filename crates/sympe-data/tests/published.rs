//! The published graphs that are drawn again from their seeds: bit for bit the published files.

mod common;

use sha2::{Digest, Sha256};
use std::collections::HashSet;
use sympe_data::published::{
    GENERATED, Split, community, erdos_renyi, erdos_renyi_overfit, read_erdos_renyi,
};

#[test]
fn every_file_has_its_checksum() {
    for file in GENERATED {
        let text = file.text();
        let digest = Sha256::digest(text.as_bytes());
        let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(digest, file.sha256, "{}", file.name);
    }
}

#[test]
fn every_file_is_the_published_one() {
    let Some(folder) = common::data("graphs") else {
        return;
    };
    for file in GENERATED {
        let published = std::fs::read_to_string(folder.join(file.name)).unwrap();
        assert!(file.text() == published, "{}", file.name);
    }
}

#[test]
fn a_folder_with_the_files_gives_the_same_graphs() {
    let folder = tempfile::tempdir().unwrap();
    for file in GENERATED {
        std::fs::write(folder.path().join(file.name), file.text()).unwrap();
    }
    for split in Split::ALL {
        assert_eq!(
            read_erdos_renyi(folder.path(), split).unwrap(),
            erdos_renyi(split)
        );
    }
    std::fs::write(folder.path().join("egnn_er025_val.txt"), "3 1\n").unwrap();
    let error = read_erdos_renyi(folder.path(), Split::Validation)
        .unwrap_err()
        .to_string();
    assert!(
        error.ends_with("egnn_er025_val.txt: line 1: 1 bit, expected 3 bits for 3 vertices"),
        "{error}"
    );
}

#[test]
fn erdos_renyi_graphs_have_the_published_sizes_and_densities() {
    for (split, count, percent) in [
        (Split::Train, 5000, 25.00),
        (Split::Validation, 500, 25.15),
        (Split::Test, 500, 25.11),
    ] {
        let graphs = erdos_renyi(split);
        let (mut sizes, mut edges, mut pairs) = ([0; 17], 0, 0);
        for graph in graphs.items() {
            sizes[graph.n()] += 1;
            edges += graph.edge_count();
            pairs += graph.n() * (graph.n() - 1) / 2;
        }
        let density = 100.0 * edges as f64 / pairs as f64;
        assert_eq!(sizes[7..], [count / 10; 10], "{split}");
        assert!((density - percent).abs() < 0.005, "{split}: {density}");
    }
    let sizes: Vec<usize> = erdos_renyi_overfit()
        .items()
        .iter()
        .map(|graph| graph.n())
        .collect();
    assert!((7..=16).all(|n| sizes.iter().filter(|&&size| size == n).count() == 10));
}

#[test]
fn most_community_graphs_to_test_on_are_training_graphs() {
    let train = community(Split::Train);
    assert_eq!(
        (train.items().len(), community(Split::Validation).items().len()),
        (5000, 500)
    );
    let train: HashSet<_> = train.items().iter().collect();
    let test = community(Split::Test);
    let known = test.items().iter().filter(|graph| train.contains(graph)).count();
    assert_eq!((known, test.items().len()), (365, 500));
}
