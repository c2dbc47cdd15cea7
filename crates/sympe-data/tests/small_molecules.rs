//! The exhaustive set against two enumerations that know no canonical forms and no augmentation.

use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use std::collections::HashSet;
use sympe_canon::Canonicalizer;
use sympe_canon::graph::ColoredGraph;
use sympe_canon::relaxed::{
    BreadthFirstOrder, ByColor, DepthFirstOrder, RefinementOrder, SmoothExact, VertexOrder,
};
use sympe_data::Dataset;
use sympe_data::diffusion::{CategoricalGraph, Limit, MoleculeClasses};
use sympe_data::molecule::metrics::{KnownMolecules, MoleculeMetrics};
use sympe_data::molecule::{Element, Hydrogens, Molecule, SmallMolecules};
use sympe_data::published::Split;
use sympe_groups::{Action, Group, PermGroup, Permutation};

/// Valences of C, N, O, F.
const VALENCES: [u32; 4] = [4, 3, 2, 1];

/// The non-decreasing sequences of `n` elements.
fn element_multisets(n: usize) -> Vec<Vec<usize>> {
    (0..n).fold(vec![Vec::new()], |shorter, _| {
        shorter
            .into_iter()
            .flat_map(|sequence: Vec<usize>| {
                let last = sequence.last().copied().unwrap_or(0);
                (last..4).map(move |element| [&sequence[..], &[element]].concat())
            })
            .collect()
    })
}

/// Every symmetric matrix of bond orders with these elements that is connected and within valence, as a flat list over
/// the pairs `u < v`, by trying all values of all pairs.
fn bond_lists(elements: &[usize], visit: &mut impl FnMut(&[u32])) {
    fn extend(
        pairs: &[(usize, usize)],
        free: &mut [u32],
        orders: &mut Vec<u32>,
        visit: &mut impl FnMut(&[u32]),
    ) {
        let Some(&(u, v)) = pairs.get(orders.len()) else {
            if is_connected(pairs, orders, free.len()) {
                visit(orders);
            }
            return;
        };
        for order in 0..=3.min(free[u]).min(free[v]) {
            free[u] -= order;
            free[v] -= order;
            orders.push(order);
            extend(pairs, free, orders, visit);
            orders.pop();
            free[u] += order;
            free[v] += order;
        }
    }
    let mut free: Vec<u32> = elements.iter().map(|&element| VALENCES[element]).collect();
    extend(&pairs(elements.len()), &mut free, &mut Vec::new(), visit);
}

fn pairs(n: usize) -> Vec<(usize, usize)> {
    (0..n).flat_map(|v| (0..v).map(move |u| (u, v))).collect()
}

fn is_connected(pairs: &[(usize, usize)], orders: &[u32], n: usize) -> bool {
    let mut component: Vec<usize> = (0..n).collect();
    for (&(u, v), _) in pairs.iter().zip(orders).filter(|(_, order)| **order > 0) {
        let (from, to) = (component[u], component[v]);
        component.iter_mut().filter(|c| **c == from).for_each(|c| *c = to);
    }
    component.iter().all(|&c| c == component[0])
}

/// All permutations of `0..n`.
fn permutations(n: usize) -> Vec<Vec<usize>> {
    (0..n).fold(vec![Vec::new()], |shorter, last| {
        shorter
            .into_iter()
            .flat_map(|permutation: Vec<usize>| {
                (0..=last).map(move |at| {
                    let mut longer = permutation.clone();
                    longer.insert(at, last);
                    longer
                })
            })
            .collect()
    })
}

/// The least bond list over all permutations that leave the elements in place.
fn least(elements: &[usize], orders: &[u32], permutations: &[Vec<usize>]) -> Vec<u32> {
    let n = elements.len();
    let mut matrix = vec![0; n * n];
    for (&(u, v), &order) in pairs(n).iter().zip(orders) {
        matrix[u * n + v] = order;
        matrix[v * n + u] = order;
    }
    let fits = |p: &&Vec<usize>| (0..n).all(|i| elements[p[i]] == elements[i]);
    let moved = |p: &Vec<usize>| pairs(n).iter().map(|&(u, v)| matrix[p[u] * n + p[v]]).collect();
    permutations
        .iter()
        .filter(fits)
        .map(moved)
        .min()
        .expect("the identity fits")
}

/// Elements (sorted) and bond list of a molecule of heavy atoms.
fn code(molecule: &Molecule) -> (Vec<usize>, Vec<u32>) {
    let mut order: Vec<u32> = (0..molecule.len() as u32).collect();
    let element = |v: u32| molecule.atoms()[v as usize].element as usize;
    order.sort_by_key(|&v| element(v));
    let bond = |&(u, v): &(usize, usize)| molecule.bond(order[u], order[v]).map_or(0, |order| order as u32);
    let bonds = pairs(order.len()).iter().map(bond).collect();
    (order.iter().map(|&v| element(v)).collect(), bonds)
}

#[test]
fn up_to_five_heavy_atoms_brute_force_finds_the_same_molecules() {
    let set = SmallMolecules::new(5).unwrap();
    for (n, count) in [(1, 4), (2, 19), (3, 94), (4, 621), (5, 4715)] {
        let permutations = permutations(n);
        let mut expected = HashSet::new();
        for elements in element_multisets(n) {
            bond_lists(&elements, &mut |orders| {
                // One per class: the list that no permutation makes less.
                if least(&elements, orders, &permutations) == orders {
                    expected.insert((elements.clone(), orders.to_vec()));
                }
            });
        }
        let molecules: Vec<Molecule> = set
            .all(Hydrogens::Omitted)
            .filter(|molecule| molecule.len() == n)
            .collect();
        let found: HashSet<_> = molecules
            .iter()
            .map(|molecule| {
                let (elements, orders) = code(molecule);
                let orders = least(&elements, &orders, &permutations);
                (elements, orders)
            })
            .collect();
        assert_eq!(
            (molecules.len(), expected.len()),
            (count, count),
            "{n} heavy atoms"
        );
        assert!(found == expected, "{n} heavy atoms");
    }
}

#[test]
fn up_to_six_heavy_atoms_orbits_add_up_to_all_labelled_molecules() {
    let set = SmallMolecules::new(6).unwrap();
    let factorial = |n: usize| (1..=n as u64).product::<u64>();
    for n in 1..=6 {
        // Labelled molecules with sorted elements, times the ways to arrange the elements.
        let mut labelled = 0;
        for elements in element_multisets(n) {
            let same = (0..4).map(|element| factorial(elements.iter().filter(|&&e| e == element).count()));
            let arrangements = factorial(n) / same.product::<u64>();
            bond_lists(&elements, &mut |_| labelled += arrangements);
        }
        // Orbit and stabilizer: a class of molecules has n!/|Aut| labellings.
        let orbits: u64 = set
            .all(Hydrogens::Omitted)
            .filter(|molecule| molecule.len() == n)
            .map(|molecule| {
                let order: u64 = molecule.symmetry().unwrap().order().try_into().unwrap();
                factorial(n) / order
            })
            .sum();
        assert_eq!(orbits, labelled, "{n} heavy atoms");
    }
}

#[test]
fn all_are_different_valid_stable_and_in_canonical_order() {
    let set = SmallMolecules::new(4).unwrap();
    let samples: Vec<_> = set.all(Hydrogens::Explicit).map(Some).collect();
    let metrics = MoleculeMetrics::of(&samples, &KnownMolecules::default()).unwrap();
    let shares = [
        metrics.validity(),
        metrics.uniqueness(),
        metrics.novelty(),
        metrics.molecule_stability(),
    ];
    assert_eq!(shares, [1.0; 4]);
    assert!(
        samples
            .iter()
            .flatten()
            .all(|molecule| molecule.fragments().len() == 1)
    );
    for (heavy, full) in set.all(Hydrogens::Omitted).zip(samples.iter().flatten()) {
        assert_eq!(heavy.canonical().unwrap(), heavy);
        assert_eq!(full.without_hydrogens(), heavy);
        assert!(heavy.atoms().iter().all(|atom| atom.element != Element::H));
    }
}

#[test]
fn parts_are_disjoint_cover_the_set_and_do_not_depend_on_its_size() {
    let parts = |set: &SmallMolecules, heavy_atoms: usize| {
        [Split::Train, Split::Validation, Split::Test].map(|split| {
            let part = set.part(split, Hydrogens::Omitted);
            let small = part
                .items()
                .iter()
                .filter(|molecule| molecule.len() <= heavy_atoms);
            small.cloned().collect::<Vec<_>>()
        })
    };
    let (four, five) = (SmallMolecules::new(4).unwrap(), SmallMolecules::new(5).unwrap());
    assert_eq!(parts(&four, 4), parts(&five, 4));
    let all: HashSet<Molecule> = parts(&five, 5).concat().into_iter().collect();
    assert_eq!(all.len(), five.len());
    let shares = parts(&five, 5).map(|part| part.len() as f64 / five.len() as f64);
    // Five standard deviations of a binomial share.
    for (share, expected) in shares.into_iter().zip([0.8, 0.1, 0.1]) {
        let tolerance = 5.0 * (expected * (1.0 - expected) / five.len() as f64).sqrt();
        assert!((share - expected).abs() < tolerance, "{shares:?}");
    }
    let explicit = five.part(Split::Test, Hydrogens::Explicit);
    let omitted = five.part(Split::Test, Hydrogens::Omitted);
    assert_eq!(
        explicit.get(7).unwrap().without_hydrogens(),
        omitted.get(7).unwrap()
    );
}

#[test]
fn the_set_never_changes() {
    // Runs are compared by their data: a changed order or split breaks that.
    let set = SmallMolecules::new(3).unwrap();
    let texts: Vec<String> = set
        .all(Hydrogens::Explicit)
        .map(|molecule| sympe_data::molecule::smiles::write(&molecule))
        .collect();
    let lines: Vec<String> = texts.chunks(18).map(|texts| texts.join(" ")).collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    C N O F CC C=C C#C CN C=N C#N CO C=O CF NN N=N N#N NO N=O
    NF OO O=O OF FF C1CC1 C1=CC1 C=1=CC1 C=1=C=C1 C1#CC1 CCC C=CC C=C=C C#CC C1CN1 C=1CN1 CCN CC=N
    CC#N C1=CN1 C=1=CN1 C=CN C=C=N C1#CN1 C#CN CNC C=NC C1CO1 CCO CC=O C1=CO1 C=CO C=C=O C1#CO1 C#CO COC
    CCF C=CF C#CF C(N)N C1NN1 C1N=N1 C(=N)N C1=NN1 C(=N)=N C=1=NN1 C(#N)N CNN CN=N C=NN C(N)O C1NO1 C(N)=O CNO
    CN=O C(=N)O C1=NO1 C(=N)=O C=NO C(#N)O CON C(N)F CNF C(=N)F C=NF C(#N)F C(O)O C1OO1 C(=O)O C(=O)=O COO C(O)F
    COF C(=O)F C(F)F N1NN1 N1=NN1 NNN N=NN N1NO1 NNO NN=O N1=NO1 N=NO NON NNF N=NF N(O)O N1OO1 N(=O)O
    NOO N(O)F NOF N(=O)F N(F)F O1OO1 OOO OOF O(F)F
    ");
    let counts =
        [Split::Train, Split::Validation, Split::Test].map(|split| set.part(split, Hydrogens::Omitted).len());
    assert_eq!(counts, [91, 14, 12]);
}

#[test]
fn sizes_out_of_range_are_refused() {
    for heavy_atoms in [0, 8] {
        let error = SmallMolecules::new(heavy_atoms).unwrap_err().to_string();
        assert_eq!(
            error,
            format!("number of heavy atoms is {heavy_atoms}, expected a number from 1 to 7")
        );
    }
}

/// What ranks leave unknown of all molecules of up to four heavy atoms: least where hydrogens are last, and never less than what the
/// number of molecules says.
#[test]
fn kernels_that_look_at_colours_leave_least_to_know() {
    fn exact<O: VertexOrder + 'static>(
        order: O,
    ) -> Box<dyn Canonicalizer<ColoredGraph, Stabilizer = PermGroup>> {
        Box::new(SmoothExact::new(order))
    }
    let graphs: Vec<CategoricalGraph> = (SmallMolecules::new(4).unwrap().all(Hydrogens::Explicit))
        .map(|molecule| MoleculeClasses::QM9.encode(&molecule.without_charges()).unwrap())
        .collect();
    let mean = |arranged: &[CategoricalGraph]| {
        let limit = Limit::marginal(arranged, 5, 4)
            .unwrap()
            .by_rank(arranged, 1e-9)
            .unwrap();
        arranged.iter().map(|graph| limit.entropy(graph.n())).sum::<f64>() / arranged.len() as f64
    };
    let heavy_first = ByColor {
        order: DepthFirstOrder::default(),
        key: |color| u32::from(color == Element::H as u32),
    };
    let kernels = [
        exact(heavy_first),
        exact(RefinementOrder::default()),
        exact(BreadthFirstOrder),
        exact(DepthFirstOrder::default()),
    ];
    let entropies = kernels.map(|kernel| {
        let arrange = |graph: &CategoricalGraph| {
            kernel
                .canonicalize(&graph.to_colored_graph())
                .unwrap()
                .element
                .inverse()
                .act(graph)
        };
        mean(&graphs.iter().map(arrange).collect::<Vec<_>>())
    });
    assert!(
        entropies.is_sorted() && entropies[0] + 0.3 < entropies[1],
        "{entropies:?}"
    );
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let relabelled = graphs
        .iter()
        .map(|graph| Permutation::random(graph.n(), &mut rng).act(graph));
    assert!(entropies[3] + 3.0 < mean(&relabelled.collect::<Vec<_>>()));
    let as_large =
        |graph: &CategoricalGraph| graphs.iter().filter(|other| other.n() == graph.n()).count() as f64;
    let least = graphs.iter().map(|graph| as_large(graph).ln()).sum::<f64>() / graphs.len() as f64;
    assert!(entropies[0] > least, "{entropies:?}, {least}");
}
