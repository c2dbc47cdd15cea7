//! Finite groups of one's own making: laws, orders against formulas, agreement with permutation groups.

use num_bigint::BigUint;
use proptest::prelude::*;
use rand::{SeedableRng, rngs::ChaCha8Rng};
use std::collections::HashSet;
use sympe_groups::finite::{
    Cyclic, FiniteGroup, Power, PowerGroup, Product, SemidirectGroup, Sign, SignedPermutation, Wreath,
    cyclic, dihedral, hyperoctahedral, wreath,
};
use sympe_groups::laws::{
    check_action, check_finite_subgroup, check_group, check_matrix_rep, check_permutation_rep,
    check_subgroup, check_uniform,
};
use sympe_groups::{
    FiniteSubgroup, Group, GroupError, PermGroup, Permutation, PermutationRep, PointGroup, Subgroup,
};

fn rng(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

/// The permutations of a representation.
fn permutations<S: FiniteSubgroup>(group: &S) -> HashSet<Permutation>
where
    S::Element: PermutationRep,
{
    let of = |g: S::Element| {
        let mut index = vec![0; g.degree()];
        g.write_index(&mut index);
        Permutation::from_images(index).unwrap().inverse()
    };
    group.elements().map(of).collect()
}

#[test]
fn small_groups_obey_the_laws() {
    for n in 1..8 {
        check_finite_subgroup(&cyclic(n).unwrap()).unwrap();
        check_finite_subgroup(&dihedral(n).unwrap()).unwrap();
        assert_eq!(dihedral(n).unwrap().elements().count() as u32, 2 * n);
    }
    for n in 0..4 {
        check_finite_subgroup(&hyperoctahedral(n)).unwrap();
        check_finite_subgroup(&PowerGroup::new(cyclic(3).unwrap(), n)).unwrap();
    }
    check_finite_subgroup(&Product::new(cyclic(3).unwrap(), PermGroup::symmetric(3))).unwrap();
    check_finite_subgroup(&wreath(cyclic(3).unwrap(), PermGroup::cyclic(3))).unwrap();
    let nested = wreath(dihedral(3).unwrap(), PermGroup::symmetric(2));
    check_finite_subgroup(&nested).unwrap();
    assert_eq!(nested.elements().count(), 72);
    let point_group = "C3v".parse::<PointGroup>().unwrap().matrix_group().unwrap();
    check_finite_subgroup(&Product::new(point_group, cyclic(2).unwrap())).unwrap();
    check_uniform(&hyperoctahedral(3), 3000, &mut rng(1)).unwrap();
    check_uniform(&dihedral(6).unwrap(), 2000, &mut rng(2)).unwrap();
}

#[test]
fn representations_are_the_permutation_groups_of_the_same_name() {
    let all = |group: &PermGroup| group.elements().collect::<HashSet<_>>();
    for n in 1..9 {
        assert_eq!(
            permutations(&cyclic(n).unwrap()),
            all(&PermGroup::cyclic(n as usize)),
            "Z{n}"
        );
        assert_eq!(
            permutations(&dihedral(n).unwrap()),
            all(&PermGroup::dihedral(n as usize)),
            "D{n}"
        );
    }
    for (inner, places) in [(3, 2), (2, 3), (4, 1), (1, 4)] {
        let (inner, places) = (PermGroup::symmetric(inner), PermGroup::symmetric(places));
        let abstract_one = wreath(inner.clone(), places.clone());
        assert_eq!(permutations(&abstract_one), all(&inner.wreath(&places).unwrap()));
    }
}

fn factorial(n: u32) -> BigUint {
    (1..=n).product()
}

#[test]
fn orders_are_those_of_the_formulas() {
    for n in 0..30usize {
        assert_eq!(PermGroup::cyclic(n).order(), n.max(1).into());
        assert_eq!(
            PermGroup::dihedral(n).order(),
            if n < 3 {
                factorial(n as u32)
            } else {
                (2 * n).into()
            }
        );
        assert_eq!(
            PermGroup::alternating(n).order(),
            if n < 2 {
                1u32.into()
            } else {
                factorial(n as u32) / 2u32
            }
        );
        let order = factorial(n as u32) << n;
        assert_eq!(
            PermGroup::symmetric(2)
                .wreath(&PermGroup::symmetric(n))
                .unwrap()
                .order(),
            order
        );
        let ln_order = (1..=n).map(|k| (2.0 * k as f64).ln()).sum::<f64>();
        assert!((hyperoctahedral(n).ln_order() - ln_order).abs() < 1e-9 * (1.0 + ln_order));
    }
    assert!(PermGroup::alternating(9).generators().iter().all(|g| !g.is_odd()));
    // Places that fall into several orbits.
    let places = PermGroup::symmetric(3).product(&PermGroup::trivial(2)).unwrap();
    let group = PermGroup::cyclic(5).wreath(&places).unwrap();
    assert_eq!(group.order(), BigUint::from(5u32).pow(5) * 6u32);
}

#[test]
fn what_makes_no_group_is_an_error() {
    let swapped = FiniteGroup::generated(
        Power(vec![Sign::Plus; 2]),
        vec![Power(vec![Sign::Minus, Sign::Plus])],
        4,
    )
    .unwrap();
    let errors = [
        Cyclic::new(0, 1).unwrap_err(),
        cyclic(5000).unwrap_err(),
        SemidirectGroup::new(swapped, PermGroup::symmetric(2)).unwrap_err(),
        SignedPermutation::from_window(&[1, 0]).unwrap_err(),
        SignedPermutation::from_window(&[1, -1]).unwrap_err(),
        "2, 1".parse::<SignedPermutation>().unwrap_err(),
        "[2, x]".parse::<SignedPermutation>().unwrap_err(),
        "[2,,1]".parse::<SignedPermutation>().unwrap_err(),
        PermGroup::trivial(1 << 20)
            .wreath(&PermGroup::trivial(1 << 20))
            .unwrap_err(),
    ];
    insta::assert_snapshot!(errors.map(|error: GroupError| error.to_string()).join("\n"), @r#"
    cyclic group: of order 0, expected at least 1
    generated group: more than 4096 elements
    semidirect product: Permutation[2](0 1) maps Power([Minus, Plus]) of the normal subgroup out of it
    signed permutation: a 0, which has no sign: axes are numbered from 1
    images[1] = 0 occurs twice: not a permutation
    signed permutation: "2, 1", expected a list like [2, -1, 3]
    signed permutation: "x", expected an axis like 2 or -1
    signed permutation: "", expected an axis like 2 or -1
    degree 1099511627776 exceeds the largest supported, 2147483648
    "#);
    assert_eq!("[]".parse::<SignedPermutation>().unwrap().window(), [0i32; 0]);
}

proptest! {
    #[test]
    fn elements_obey_the_laws(seed: u64, n in 1..7usize) {
        let mut rng = rng(seed);
        let group = hyperoctahedral(n);
        let [a, b, c] = [(); 3].map(|()| group.sample(&mut rng));
        check_group(&a, &b, &c)?;
        check_matrix_rep(&a, &b, 0.0)?;
        let x: Vec<i32> = (1..=n as i32).collect();
        check_action(&a, &b, &x[..])?;
        prop_assert_eq!(&a.to_string().parse::<SignedPermutation>()?, &a);
        prop_assert_eq!(&SignedPermutation::from_window(&a.window())?, &a);
        check_subgroup(&group, 3, &mut rng)?;

        let group = dihedral(n as u32)?;
        let [a, b, c] = [(); 3].map(|()| group.sample(&mut rng));
        check_group(&a, &b, &c)?;
        check_permutation_rep(&a, &b)?;
        check_permutation_rep(&a.normal, &b.normal)?;

        let group = wreath(PermGroup::symmetric(3), PermGroup::symmetric(n));
        let [a, b, c] = [(); 3].map(|()| group.sample(&mut rng));
        check_group(&a, &b, &c)?;
        check_permutation_rep(&a, &b)?;
        let pair = |a: &Wreath<Permutation>| (a.normal.clone(), a.top.clone());
        check_group(&pair(&a), &pair(&b), &pair(&c))?;
        check_subgroup(&group, 3, &mut rng)?;
    }
}
