//! Schoenflies symbols.

use super::{Family, Fold, PointGroup};

/// The symbol, with a word for infinite order.
pub(super) fn name(group: PointGroup, infinity: &str) -> String {
    match (group.family, group.fold) {
        (Family::Cnh, Fold::Finite(1)) => "Cs".to_owned(),
        (Family::S2n, Fold::Finite(1)) => "Ci".to_owned(),
        (Family::S2n, Fold::Finite(n)) => format!("S{}", 2 * n),
        (family, Fold::Finite(n)) => family.name().replacen('n', &n.to_string(), 1),
        (family, Fold::Infinite) => family.name().replacen('n', infinity, 1),
        (family, Fold::None) => family.name().to_owned(),
    }
}

/// The group of a symbol. Subscripts may be marked as in TeX, and `S3` is C3h: of odd order, rotoreflections generate the
/// mirror plane across the axis.
pub(super) fn parse(text: &str) -> Option<PointGroup> {
    let text: String = text.trim().chars().filter(|c| !"_{}".contains(*c)).collect();
    let axial = |family, n: u32| PointGroup::new(family, Some(n)).ok();
    match text.as_str() {
        "Cs" => return axial(Family::Cnh, 1),
        "Ci" => return axial(Family::S2n, 1),
        _ => {}
    }
    if let Some(family) = Family::ALL.into_iter().find(|family| family.name() == text) {
        return PointGroup::new(family, None).ok().filter(|_| !family.is_axial());
    }
    let head = text.chars().next()?;
    let rest = &text[head.len_utf8()..];
    let tail = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '∞');
    let number = &rest[..rest.len() - tail.len()];
    let (number, tail) = match rest.strip_prefix("inf") {
        Some(tail) => ("∞", tail),
        None => (number, tail),
    };
    if head == 'S' {
        let order: u32 = number.parse().ok().filter(|_| tail.is_empty())?;
        return if order.is_multiple_of(2) {
            axial(Family::S2n, order / 2)
        } else {
            axial(Family::Cnh, order)
        };
    }
    let symbol = format!("{head}n{tail}");
    let family = Family::ALL.into_iter().find(|family| family.name() == symbol)?;
    let n = if number == "∞" {
        None
    } else {
        Some(number.parse().ok()?)
    };
    PointGroup::new(family, n).ok()
}
