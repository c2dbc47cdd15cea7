//! Which kernel is best for noise by rank? All molecules of up to five heavy atoms (or as many as the argument says, 3 to 7) with explicit
//! hydrogens, means in nats:
//!
//! * *given ranks*: the entropy of the classes of nodes and pairs by rank and number of nodes, which is that of what the noise converges
//!   to. This remains for a denoiser to find out.
//! * *ranks*: `ln n! − H`, what a draw of the kernel tells of the graph. It is the same for all exact kernels, `ln (n!/|Aut|)`.
//! * their sum: the length of a code that knows nothing but ranks, a bound of the likelihood.
//!
//! cargo run --release -p sympe-data --example entropy_by_rank

use rand::{SeedableRng, rngs::ChaCha8Rng};
use std::error::Error;
use sympe_canon::graph::{ColoredGraph, SymmetrySearch};
use sympe_canon::relaxed::*;
use sympe_canon::{CanonError, Exact, InversionKernel};
use sympe_data::diffusion::{CategoricalGraph, Limit, MoleculeClasses};
use sympe_data::molecule::{Element, Hydrogens, SmallMolecules};
use sympe_groups::{Action, Group, Permutation};

type Kernel = Box<dyn InversionKernel<ColoredGraph, Group = Permutation>>;

/// Hydrogens after all others.
fn heavy<O>(order: O) -> ByColor<O> {
    ByColor {
        order,
        key: |color| u32::from(color == Element::H as u32),
    }
}

/// The mean entropy of the classes by the ranks of one draw for each graph, and of what draws tell if the entropy of their law has a
/// closed form.
fn entropies(graphs: &[CategoricalGraph], kernel: &Kernel) -> Result<(f64, Option<f64>), CanonError> {
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let (mut arranged, mut told) = (Vec::with_capacity(graphs.len()), Some(0.0));
    for graph in graphs {
        let colored = graph.to_colored_graph();
        let draw = kernel.draw(&colored, &mut rng)?;
        arranged.push(draw.inverse().act(graph));
        let uniform: f64 = (2..=graph.n()).map(|k| (k as f64).ln()).sum();
        told = told
            .zip(kernel.entropy(&colored)?)
            .map(|(sum, entropy)| sum + uniform - entropy);
    }
    // Next to nothing of the shared law: the shares are those of these graphs.
    let limit =
        Limit::marginal(&arranged, Element::QM9.len(), 4).and_then(|limit| limit.by_rank(&arranged, 1e-9));
    let limit = limit.expect("classes of molecules");
    let given: f64 = arranged.iter().map(|graph| limit.entropy(graph.n())).sum();
    let count = graphs.len() as f64;
    Ok((given / count, told.map(|told| told / count)))
}

fn main() -> Result<(), Box<dyn Error>> {
    let heavy_atoms = std::env::args().nth(1).map_or(Ok(5), |text| text.parse())?;
    let molecules = SmallMolecules::new(heavy_atoms)?;
    let graphs: Vec<CategoricalGraph> = (molecules.all(Hydrogens::Explicit))
        .map(|molecule| MoleculeClasses::QM9.encode(&molecule.without_charges()))
        .collect::<Result<_, _>>()?;
    fn exact<O: VertexOrder + 'static>(order: O) -> Kernel {
        Box::new(Exact(SmoothExact::new(order)))
    }
    let kernels: [(&str, Kernel); 12] = [
        ("heavy, depth first", exact(heavy(DepthFirstOrder::default()))),
        ("heavy, breadth first", exact(heavy(BreadthFirstOrder))),
        ("heavy, refinement", exact(heavy(RefinementOrder::default()))),
        ("refinement", exact(RefinementOrder::default())),
        ("walks", exact(WalkOrder::default())),
        ("breadth first", exact(BreadthFirstOrder)),
        ("depth first", exact(DepthFirstOrder::default())),
        ("spectral", exact(SpectralOrder::default())),
        ("plain labelling", Box::new(Exact(SymmetrySearch::default()))),
        ("refinement, relaxed", Box::new(RefinementOrder::default())),
        ("depth first, relaxed", Box::new(DepthFirstOrder::default())),
        ("none: Haar", Box::new(Haar)),
    ];
    println!("{} molecules of up to {heavy_atoms} heavy atoms", graphs.len());
    println!(
        "{:22} {:>12} {:>8} {:>8}",
        "kernel", "given ranks", "ranks", "sum"
    );
    for (name, kernel) in kernels {
        let (given, told) = entropies(&graphs, &kernel)?;
        let told = match told {
            Some(told) => format!("{told:8.2} {:8.2}", given + told),
            None => "unknown".to_owned(),
        };
        println!("{name:22} {given:12.2} {told:>8}");
    }
    Ok(())
}
