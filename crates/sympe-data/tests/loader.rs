//! The loader: the same batches whatever the threads, and a good end whatever happens.

use rand::{Rng, RngExt};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use sympe_data::{
    BatchSource, DataError, Dataset, InMemory, IntoVec, Loader, LoaderConfig, Share, Transform,
};

fn jitter(x: u64, rng: &mut dyn Rng) -> Result<(u64, u64), DataError> {
    Ok((x, rng.random()))
}

type Jitter = fn(u64, &mut dyn Rng) -> Result<(u64, u64), DataError>;

fn loader(threads: usize, prefetch: usize) -> Loader<InMemory<u64>, Jitter, IntoVec> {
    let config = LoaderConfig {
        batch_size: 7,
        shuffle: true,
        threads,
        prefetch,
        seed: 5,
        ..Default::default()
    };
    Loader::new(
        InMemory::new((0..100).collect()),
        jitter as Jitter,
        IntoVec,
        config,
    )
    .unwrap()
}

fn epoch(threads: usize, prefetch: usize, epoch: u64, first: usize) -> Vec<Vec<(u64, u64)>> {
    loader(threads, prefetch)
        .epoch_from(epoch, first)
        .collect::<Result<_, _>>()
        .unwrap()
}

/// Each item once, in an order of the epoch that does not depend on threads; neighbours in the order of a window come from few runs
/// of items, and all windows differ.
#[test]
fn windows_mix_items_that_are_near_each_other() {
    let load = |window: usize, threads: usize, epoch: u64| -> Vec<u32> {
        let keep = |x: u32, _: &mut dyn rand::Rng| Ok::<u32, DataError>(x);
        let config = LoaderConfig {
            batch_size: 64,
            window,
            threads,
            ..LoaderConfig::default()
        };
        let loader = Loader::new(InMemory::new((0..10_000).collect()), keep, IntoVec, config).unwrap();
        loader.epoch_from(epoch, 0).flat_map(Result::unwrap).collect()
    };
    let order = load(2048, 2, 0);
    assert_eq!(order, load(2048, 0, 0));
    assert_ne!(order, load(2048, 2, 1));
    let mut sorted = order.clone();
    sorted.sort_unstable();
    assert!(sorted.into_iter().eq(0..10_000));
    for window in order.chunks(2048) {
        let runs: std::collections::HashSet<u32> = window.iter().map(|item| item / 1024).collect();
        assert!(runs.len() <= 3, "{runs:?}");
        // Mixed within: neighbours are seldom successors.
        let successors = window.windows(2).filter(|pair| pair[0] + 1 == pair[1]).count();
        assert!(successors < 10, "{successors}");
    }
    // A window of all items is no window.
    assert_eq!(load(10_000, 1, 4), load(0, 1, 4));
}

#[test]
fn batches_depend_on_seed_and_epoch_only() {
    let reference = epoch(0, 0, 3, 0);
    assert_eq!(reference.len(), 15);
    for threads in [1, 2, 8] {
        for prefetch in [0, 1, 100] {
            assert_eq!(
                epoch(threads, prefetch, 3, 0),
                reference,
                "{threads} threads, prefetch {prefetch}"
            );
        }
    }
    assert_ne!(epoch(0, 0, 4, 0), reference);
    let mut seen: Vec<u64> = reference.concat().into_iter().map(|(x, _)| x).collect();
    seen.sort_unstable();
    assert_eq!(seen, (0..100).collect::<Vec<_>>());
}

#[test]
fn an_epoch_can_be_entered_anywhere() {
    let whole = epoch(0, 0, 1, 0);
    for first in 0..=whole.len() {
        for threads in [0, 3] {
            assert_eq!(epoch(threads, 4, 1, first), whole[first..]);
        }
    }
}

#[test]
fn draws_differ_between_epochs_and_items() {
    let of = |batches: Vec<Vec<(u64, u64)>>, item: u64| {
        batches
            .concat()
            .into_iter()
            .find(|(x, _)| *x == item)
            .map(|(_, draw)| draw)
    };
    assert_ne!(of(epoch(0, 0, 0, 0), 4), of(epoch(0, 0, 1, 0), 4));
    assert_ne!(of(epoch(0, 0, 0, 0), 4), of(epoch(0, 0, 0, 0), 5));
}

#[test]
fn dropping_an_epoch_early_ends_its_threads() {
    struct Counted(Arc<AtomicUsize>);
    impl Transform<u64> for Counted {
        type Out = u64;
        fn apply(&self, x: u64, _: &mut dyn Rng) -> Result<u64, DataError> {
            self.0.fetch_add(1, Ordering::SeqCst);
            Ok(x)
        }
    }
    let count = Arc::new(AtomicUsize::new(0));
    let config = LoaderConfig {
        batch_size: 1,
        threads: 4,
        prefetch: 4,
        ..Default::default()
    };
    let data = InMemory::new((0..100_000).collect());
    let loader = Loader::new(data, Counted(Arc::clone(&count)), IntoVec, config).unwrap();
    let mut batches = loader.epoch(0);
    batches.next().unwrap().unwrap();
    drop(batches); // joins
    let made = count.load(Ordering::SeqCst);
    assert!(made < 20, "{made} items were prepared for one");
}

#[test]
fn a_panic_or_an_error_of_one_item_is_reported_in_its_place() {
    let fragile = |x: u64, _: &mut dyn Rng| match x {
        3 => panic!("item three"),
        5 => Err(DataError::OutOfRange { index: 5, len: 5 }),
        x => Ok(x),
    };
    for threads in [0, 2] {
        let config = LoaderConfig {
            batch_size: 2,
            shuffle: false,
            threads,
            ..Default::default()
        };
        let loader = Loader::new(InMemory::new((0..8).collect()), fragile, IntoVec, config).unwrap();
        let batches: Vec<_> = loader.epoch(0).collect();
        assert_eq!(batches[0].as_ref().unwrap(), &[0, 1]);
        assert_eq!(
            batches[1].as_ref().unwrap_err().to_string(),
            "a loader thread panicked: item three"
        );
        assert_eq!(
            batches[2].as_ref().unwrap_err().to_string(),
            "item 5 of a data set of 5"
        );
        assert_eq!(batches[3].as_ref().unwrap(), &[6, 7]);
    }
}

#[test]
fn last_batches_and_bad_options() {
    let count = |drop_last| {
        let config = LoaderConfig {
            batch_size: 3,
            drop_last,
            ..Default::default()
        };
        let loader = Loader::new(InMemory::new(vec![0u64; 8]), jitter as Jitter, IntoVec, config).unwrap();
        assert_eq!(loader.epoch(0).count(), loader.batches_per_epoch());
        loader.batches_per_epoch()
    };
    assert_eq!((count(false), count(true)), (3, 2));
    let config = LoaderConfig {
        batch_size: 0,
        ..Default::default()
    };
    let error = Loader::new(InMemory::new(vec![0u64]), jitter as Jitter, IntoVec, config).unwrap_err();
    assert_eq!(error.to_string(), "batch size is 0, expected at least 1");
    assert_eq!(
        InMemory::new(vec![0u64]).get(1).unwrap_err().to_string(),
        "item 1 of a data set of 1"
    );
}

#[test]
fn shares_of_a_batch_are_the_batch_and_none_is_empty() {
    let keep = |x: usize, rng: &mut dyn rand::Rng| Ok::<_, DataError>((x, rng.next_u64()));
    let load = |share| {
        let config = LoaderConfig {
            batch_size: 7,
            share,
            ..LoaderConfig::default()
        };
        Loader::new(InMemory::new((0..17).collect()), keep, IntoVec, config)
    };
    let whole: Vec<Vec<(usize, u64)>> = load(Share::default())
        .unwrap()
        .epoch_from(3, 0)
        .map(Result::unwrap)
        .collect();
    for of in 1..=9 {
        let loaders: Vec<_> = (0..of).map(|index| load(Share { index, of }).unwrap()).collect();
        let shares: Vec<Vec<Vec<_>>> = loaders
            .iter()
            .map(|loader| loader.epoch_from(3, 0).map(Result::unwrap).collect())
            .collect();
        for (number, batch) in whole.iter().enumerate() {
            let mut found = Vec::new();
            for (loader, shares) in loaders.iter().zip(&shares) {
                let count = loader.items_of(number);
                assert_eq!(shares[number].len(), count.max(1));
                found.extend_from_slice(&shares[number][..count]);
            }
            assert_eq!(found, *batch, "{of} shares");
        }
    }
    let error = load(Share { index: 2, of: 2 }).err().unwrap();
    assert_eq!(
        error.to_string(),
        "share of every batch is 2 of 2, expected an index below the number of shares"
    );
}
