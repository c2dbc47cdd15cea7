//! The 2-closure, against brute force over the symmetric group.

use proptest::prelude::*;
use sympe_canon::CanonError;
use sympe_canon::graph::SymmetrySearch;
use sympe_groups::laws::perm_group;
use sympe_groups::{PermGroup, Permutation};

fn closure(group: &PermGroup) -> PermGroup {
    SymmetrySearch::default().two_closure(group).unwrap()
}

/// Whether a permutation maps each orbital to itself.
fn keeps_orbitals(g: &Permutation, orbitals: &[Vec<(u32, u32)>]) -> bool {
    orbitals.iter().all(|orbital| {
        let mut image: Vec<(u32, u32)> = orbital.iter().map(|&(i, j)| (g.apply(i), g.apply(j))).collect();
        image.sort_unstable();
        image == *orbital
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn it_is_all_permutations_that_keep_the_orbitals(group in (0..7usize).prop_flat_map(|n| perm_group(n, 0..=3))) {
        let (found, orbitals) = (closure(&group), group.orbitals());
        let expected = PermGroup::symmetric(group.degree()).elements().filter(|g| keeps_orbitals(g, &orbitals)).count();
        prop_assert_eq!(found.order(), expected.into());
        prop_assert!(found.generators().iter().all(|g| keeps_orbitals(g, &orbitals)));
        prop_assert!(group.generators().iter().all(|g| found.contains(g)));
        prop_assert_eq!(found.orbitals(), orbitals);
        prop_assert_eq!(closure(&found), found);
    }
}

#[test]
fn groups_of_which_it_is_known() {
    for n in 3..20 {
        let (cyclic, dihedral) = (PermGroup::cyclic(n), PermGroup::dihedral(n));
        assert_eq!(closure(&cyclic), cyclic);
        assert_eq!(closure(&dihedral), dihedral);
        assert_eq!(
            closure(&PermGroup::alternating(n.max(4))),
            PermGroup::symmetric(n.max(4))
        );
        assert_eq!(closure(&PermGroup::trivial(n)), PermGroup::trivial(n));
    }
    // Of wreath products, the base becomes its closure if the places are moved, and the product of disjoint groups that
    // of the closures.
    let wreath = PermGroup::alternating(4).wreath(&PermGroup::cyclic(3)).unwrap();
    assert_eq!(
        closure(&wreath),
        PermGroup::symmetric(4).wreath(&PermGroup::cyclic(3)).unwrap()
    );
    let product = PermGroup::alternating(5).product(&PermGroup::cyclic(40)).unwrap();
    assert_eq!(
        closure(&product),
        PermGroup::symmetric(5).product(&PermGroup::cyclic(40)).unwrap()
    );
    let error = SymmetrySearch::default()
        .two_closure(&PermGroup::trivial(5000))
        .unwrap_err();
    assert_eq!(
        error,
        CanonError::TooLarge {
            what: "the 2-closure of a group",
            n: 5000,
            limit: 4096
        }
    );
}
