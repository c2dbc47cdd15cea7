//! What benches time, and how they print orders.

use num_bigint::BigUint;
use std::fmt;
use std::hint::black_box;
use sympe_canon::CanonError;
use sympe_canon::graph::{ColoredGraph, GraphSymmetry, SymmetrySearch};

/// What a user of the inversion kernel asks of a graph: form, orbits, exact order, and a group that is ready for
/// draws. Returns the order.
pub(crate) fn form_orbits_order(x: &ColoredGraph, answers: &mut Answers) -> Result<Order, CanonError> {
    let Answers { symmetry, orbits } = answers;
    SymmetrySearch::default().run_into(x, symmetry)?;
    let group = symmetry.group();
    group.orbit_representatives_into(orbits);
    let order = group.order_u64().ok_or_else(|| group.order());
    black_box((symmetry, orbits));
    Ok(Order(black_box(order)))
}

/// What a user of the inversion kernel asks of a graph; the memory serves for the next one.
#[derive(Default)]
pub(crate) struct Answers {
    symmetry: GraphSymmetry,
    orbits: Vec<u32>,
}

/// The order of a group, in one word if it fits.
pub(crate) struct Order(Result<u64, BigUint>);

impl Order {
    /// The decimal logarithm, without the decimal digits, which take long to find.
    pub(crate) fn log10(&self) -> f64 {
        let (leading, bits) = match &self.0 {
            Ok(order) => (*order, 0),
            Err(order) => {
                let bits = order.bits().saturating_sub(64);
                (u64::try_from(order >> bits).expect("64 bits are left"), bits)
            }
        };
        (leading as f64).log10() + bits as f64 * std::f64::consts::LOG10_2
    }
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Ok(order) => order.fmt(f),
            Err(order) => order.fmt(f),
        }
    }
}

/// The decimal logarithm of a positive number written in decimal digits.
pub(crate) fn log10(digits: &str) -> f64 {
    let leading = digits.len().min(15);
    let mantissa: f64 = digits[..leading].parse().expect("decimal digits");
    mantissa.log10() + (digits.len() - leading) as f64
}
