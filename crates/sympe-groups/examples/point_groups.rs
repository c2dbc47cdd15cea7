//! The 32 point groups of crystals, with both names; and the symmetries of a soccer ball, class by class.

use std::f64::consts::TAU;
use sympe_groups::{GroupError, Orthogonal, PointGroup};

fn main() -> Result<(), GroupError> {
    for group in PointGroup::crystallographic() {
        let (name, order) = (group.to_string(), group.order().unwrap_or_default());
        println!("{name:<4} {:<6} {order:>2} operations", group.hermann_mauguin());
    }

    let ball: PointGroup = "m-3-5".parse()?;
    let Some(group) = ball.matrix_group() else {
        return Ok(());
    };
    println!(
        "\n{ball} has {} operations in {} classes:",
        group.order(),
        group.classes().len()
    );
    for class in group.classes() {
        let kind = kind(&group.as_slice()[class[0]]);
        println!("{:>4} × {kind}", class.len());
    }
    Ok(())
}

/// A rotation, or a rotation followed by the inversion, and its angle.
fn kind(g: &Orthogonal<3>) -> String {
    let sign = g.determinant();
    // The trace of a rotation is 1 + 2·cos θ.
    let turns = ((sign * g.trace() - 1.0) / 2.0).clamp(-1.0, 1.0).acos() / TAU;
    let inverted = if g.is_proper() { "" } else { ", inverted" };
    format!("{turns:.2} of a turn{inverted}")
}
