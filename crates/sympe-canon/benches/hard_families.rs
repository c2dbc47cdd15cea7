//! How long form, orbits, exact order and a group ready for draws take on families of which many are hard for it.
//!
//! ```text
//! cargo bench -p sympe-canon --bench hard_families -- [PART OF A NAME]
//! ```
//!
//! Without a name, those to 700 vertices.

#[path = "../tests/common/mod.rs"]
mod common;

use common::families::named;
use common::measure::{Answers, form_orbits_order};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use std::time::Instant;
use sympe_groups::{Action, Permutation};

fn main() {
    // Cargo adds flags of its own.
    let mut words = std::env::args().skip(1).filter(|word| !word.starts_with("--"));
    let wanted = words.next().unwrap_or_default();
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    println!(
        "{:<36} {:>5} {:>7} {:>10} {:>10}",
        "family", "n", "m", "seconds", "log10 Aut"
    );
    for family in named().iter().filter(|family| family.name.contains(&wanted)) {
        let graph = (family.build)();
        if wanted.is_empty() && graph.n() > 700 {
            continue;
        }
        // The families' own numbering is too kind to the search.
        let graph = Permutation::random(graph.n(), &mut rng).act(&graph);
        let start = Instant::now();
        let order = form_orbits_order(&graph, &mut Answers::default());
        let seconds = start.elapsed().as_secs_f64();
        let order = order.map_or_else(|error| error.to_string(), |order| format!("{:.2}", order.log10()));
        println!(
            "{:<36} {:>5} {:>7} {seconds:>10.3} {order:>10}",
            family.name,
            graph.n(),
            graph.edge_count()
        );
    }
}
