//! Cycle notation both ways, composition, and the action on labels.
//!
//! `cargo run --release -p sympe-groups --example cycles -- "(0 2 1)(3 4)" "(0 1)"`

use sympe_groups::{Action, Group, GroupError, PermGroup, Permutation};

fn main() -> Result<(), GroupError> {
    let mut texts: Vec<String> = std::env::args().skip(1).collect();
    if texts.is_empty() {
        texts = vec!["(0 2 1)(3 4)".into(), "(0 1)".into()];
    }
    let largest: Result<Vec<usize>, _> = texts
        .iter()
        .map(|text| text.parse::<Permutation>().map(|g| g.degree()))
        .collect();
    let degree = largest?.into_iter().max().unwrap_or(0);
    let generators: Result<Vec<_>, _> = texts
        .iter()
        .map(|text| Permutation::parse(text, degree))
        .collect();
    let generators = generators?;

    let labels: Vec<String> = (0..degree).map(|i| format!("x{i}")).collect();
    for g in &generators {
        println!(
            "g = {g}: images {:?}, order {}, inverse {}",
            g.images(),
            g.order(),
            g.inverse()
        );
        println!("    g·x = {}", g.act(&labels[..]).join(" "));
    }
    if let [a, b, ..] = &generators[..] {
        println!("a·b (b first) = {}, b·a = {}", a.compose(b), b.compose(a));
    }
    let group = PermGroup::new(degree, generators)?;
    println!(
        "{group} has order {} and orbits {:?}",
        group.order(),
        group.orbits()
    );
    for (i, element) in group.elements().take(12).enumerate() {
        println!("  element {i}: {element}");
    }
    Ok(())
}
