//! The laws of the traits on this crate's types, and that the checkers catch what breaks them.

use proptest::prelude::*;
use rand::{Rng, SeedableRng, rngs::ChaCha8Rng};
use sympe_groups::{
    Action, FiniteSubgroup, Group, GroupError, MatrixRep, PermGroup, Permutation, PermutationRep, Subgroup,
    laws::{
        check_action, check_finite_subgroup, check_group, check_matrix_rep, check_permutation_rep,
        check_subgroup, check_uniform, perm_group, permutation, sparse_permutation,
    },
};

fn of_one_degree(count: usize) -> impl Strategy<Value = Vec<Permutation>> {
    (0..12usize).prop_flat_map(move |degree| proptest::collection::vec(permutation(degree), count))
}

proptest! {
    #[test]
    fn permutations_obey_the_laws(g in of_one_degree(3)) {
        check_group(&g[0], &g[1], &g[2])?;
        check_permutation_rep(&g[0], &g[1])?;
        let labels: Vec<String> = (0..g[0].degree()).map(|i| format!("label {i}")).collect();
        check_action(&g[0], &g[1], &labels[..])?;
    }

    #[test]
    fn acting_moves_contents_forward(g in permutation(9)) {
        let x: Vec<u32> = (100..109).collect();
        let moved = g.act(&x[..]);
        let mut index = [0; 9];
        g.write_index(&mut index);
        for i in 0..9 {
            prop_assert_eq!(moved[g.apply(i) as usize], x[i as usize]);
            prop_assert_eq!(moved[i as usize], x[index[i as usize] as usize]);
        }
    }

    #[test]
    fn cycle_notation_round_trips(g in sparse_permutation(15), first in 0u32..3) {
        prop_assert_eq!(&Permutation::parse(&g.to_string(), 15)?, &g);
        prop_assert_eq!(&Permutation::parse_from(&g.display_from(first).to_string(), 15, first)?, &g);
        let short: Permutation = g.to_string().parse()?;
        prop_assert_eq!(short.images(), &g.images()[..short.degree()]);
        let cycles = g.cycles();
        let slices: Vec<&[u32]> = cycles.iter().map(Vec::as_slice).collect();
        prop_assert_eq!(&Permutation::from_cycles(15, &slices)?, &g);
    }

    #[test]
    fn any_text_parses_or_names_a_byte(text in "[()0-9, x]{0,20}") {
        match Permutation::parse(&text, 10) {
            Ok(g) => prop_assert_eq!(Permutation::parse(&g.to_string(), 10)?, g),
            Err(GroupError::Syntax { at, .. }) => prop_assert!(at <= text.len()),
            Err(other) => prop_assert!(false, "unexpected error {other}"),
        }
    }

    #[test]
    fn order_is_the_least_power_that_is_trivial(g in sparse_permutation(9)) {
        let mut power = g.clone();
        let mut exponent = 1u32;
        while !power.is_identity() {
            power = power.compose(&g);
            exponent += 1;
        }
        prop_assert_eq!(g.order(), exponent.into());
    }

    #[test]
    fn groups_obey_the_laws(group in (1..15usize).prop_flat_map(|n| perm_group(n, 0..=3)), seed: u64) {
        check_subgroup(&group, 4, &mut ChaCha8Rng::seed_from_u64(seed))?;
    }

    #[test]
    fn small_groups_obey_finite_laws(group in (1..6usize).prop_flat_map(|n| perm_group(n, 0..=3))) {
        check_finite_subgroup(&group)?;
    }

    #[test]
    fn equality_ignores_generators(group in perm_group(8, 1..=3), seed: u64) {
        let strong = PermGroup::new(8, group.strong_generators().to_vec())?;
        prop_assert_eq!(&strong, &group);
        let trusted =
            PermGroup::from_strong_generators(8, group.base().to_vec(), group.strong_generators().to_vec());
        prop_assert_eq!(&trusted, &group);
        // Adding a random permutation keeps the group exactly when the permutation was a member.
        let extra = Permutation::random(8, &mut ChaCha8Rng::seed_from_u64(seed));
        let larger = PermGroup::new(8, group.generators().iter().cloned().chain([extra.clone()]).collect())?;
        prop_assert_eq!(larger == group, group.contains(&extra));
    }
}

/// Subtraction modulo 5: neither associative nor with a neutral element on the left.
#[derive(Clone, Debug, PartialEq)]
struct Subtraction(i32);

impl Group for Subtraction {
    fn identity(&self) -> Self {
        Self(0)
    }
    fn inverse(&self) -> Self {
        self.clone()
    }
    fn compose(&self, rhs: &Self) -> Self {
        Self((self.0 - rhs.0).rem_euclid(5))
    }
}

/// A permutation that acts from the right, `(x·g)[i] = x[g(i)]`: the classic mistake.
#[derive(Clone, Debug, PartialEq)]
struct RightActing(Permutation);

impl Group for RightActing {
    fn identity(&self) -> Self {
        Self(self.0.identity())
    }
    fn inverse(&self) -> Self {
        Self(self.0.inverse())
    }
    fn compose(&self, rhs: &Self) -> Self {
        Self(self.0.compose(&rhs.0))
    }
}

impl Action<[u8]> for RightActing {
    fn act(&self, x: &[u8]) -> Vec<u8> {
        self.0.images().iter().map(|&i| x[i as usize]).collect()
    }
}

impl PermutationRep for RightActing {
    fn degree(&self) -> usize {
        self.0.degree()
    }
    fn write_index(&self, out: &mut [u32]) {
        out.copy_from_slice(self.0.images());
    }
}

impl MatrixRep for RightActing {
    fn dim(&self) -> usize {
        self.0.degree()
    }
    fn write_matrix(&self, out: &mut [f32]) {
        out.fill(0.0);
        for (i, &image) in self.0.images().iter().enumerate() {
            out[i * self.dim() + image as usize] = 1.0;
        }
    }
}

/// The cyclic group of degree 4 with one flaw.
struct Flawed {
    group: PermGroup,
    flaw: Flaw,
}

#[derive(Clone, Copy, PartialEq)]
enum Flaw {
    None,
    BiasedDraws,
    ForeignDraws,
    MissingElement,
    IdentityLast,
    WrongOrder,
    TooFewGenerators,
}

fn flawed(flaw: Flaw) -> Flawed {
    let generators = vec![Permutation::parse("(0 1 2 3)", 4).unwrap()];
    Flawed {
        group: PermGroup::new(4, generators).unwrap(),
        flaw,
    }
}

impl Subgroup for Flawed {
    type Element = Permutation;
    fn sample(&self, rng: &mut dyn Rng) -> Permutation {
        match self.flaw {
            Flaw::BiasedDraws if rng.next_u32().is_multiple_of(8) => Permutation::identity(4),
            Flaw::ForeignDraws => Permutation::random(4, rng),
            _ => self.group.sample(rng),
        }
    }
    fn contains(&self, g: &Permutation) -> bool {
        self.group.contains(g)
    }
    fn ln_order(&self) -> f64 {
        if self.flaw == Flaw::WrongOrder {
            8f64.ln()
        } else {
            4f64.ln()
        }
    }
}

impl FiniteSubgroup for Flawed {
    fn generators(&self) -> &[Permutation] {
        if self.flaw == Flaw::TooFewGenerators {
            &[]
        } else {
            self.group.generators()
        }
    }
    fn elements(&self) -> Box<dyn Iterator<Item = Permutation> + '_> {
        match self.flaw {
            Flaw::MissingElement => Box::new(self.group.elements().take(3)),
            Flaw::IdentityLast => {
                Box::new(self.group.elements().skip(1).chain(self.group.elements().take(1)))
            }
            _ => self.group.elements(),
        }
    }
}

#[test]
fn checkers_catch_a_broken_group() {
    let violation = check_group(&Subtraction(1), &Subtraction(2), &Subtraction(3)).unwrap_err();
    insta::assert_snapshot!(violation, @"law e·a = a = a·e fails for a = Subtraction(1), e = Subtraction(0)");
}

#[test]
fn checkers_catch_a_right_action() {
    let [a, b] = ["(0 1)", "(1 2)"].map(|text| RightActing(Permutation::parse(text, 3).unwrap()));
    assert_eq!(check_group(&a, &b, &a), Ok(()));
    let violation = check_action(&a, &b, &[7u8, 8, 9][..]).unwrap_err();
    assert_eq!(violation.law, "(a·b)·x = a·(b·x)");
    let witnesses: Vec<String> = violation
        .witnesses
        .iter()
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    insta::assert_snapshot!(witnesses.join("\n"), @r"
    a: RightActing(Permutation[3](0 1))
    b: RightActing(Permutation[3](1 2))
    x: [7, 8, 9]
    ");
    assert_eq!(
        check_permutation_rep(&a, &b).unwrap_err().law,
        "(a·b)⁻¹(i) = b⁻¹(a⁻¹(i))"
    );
    assert_eq!(
        check_matrix_rep(&a, &b, 1e-6).unwrap_err().law,
        "M(a·b) = M(a)·M(b)"
    );
    // The same index map is right for a single involution and its powers: no false alarm.
    assert_eq!(check_permutation_rep(&a, &a), Ok(()));
    assert_eq!(check_matrix_rep(&a, &a, 1e-6), Ok(()));
}

#[test]
fn checkers_catch_a_broken_subgroup() {
    let rng = || ChaCha8Rng::seed_from_u64(5);
    let good = flawed(Flaw::None);
    assert_eq!(check_subgroup(&good, 20, &mut rng()), Ok(()));
    assert_eq!(check_finite_subgroup(&good), Ok(()));
    assert_eq!(check_uniform(&good, 4000, &mut rng()), Ok(()));

    let law = |flaw| check_finite_subgroup(&flawed(flaw)).unwrap_err().law;
    assert_eq!(law(Flaw::MissingElement), "ln_order = ln |elements|");
    assert_eq!(law(Flaw::IdentityLast), "the identity comes first");
    assert_eq!(law(Flaw::WrongOrder), "ln_order = ln |elements|");
    assert_eq!(law(Flaw::TooFewGenerators), "generators reach all");
    assert_eq!(
        check_subgroup(&flawed(Flaw::ForeignDraws), 20, &mut rng())
            .unwrap_err()
            .law,
        "sample ∈ S"
    );
    assert_eq!(
        check_uniform(&flawed(Flaw::BiasedDraws), 4000, &mut rng())
            .unwrap_err()
            .law,
        "draws are uniform"
    );
}
