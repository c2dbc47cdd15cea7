//! Hermann–Mauguin symbols of any order.

use super::{Family, Fold, PointGroup};

/// The symbols of the groups without a distinguished axis.
const OTHERS: [(Family, &str); 9] = [
    (Family::T, "23"),
    (Family::Td, "-43m"),
    (Family::Th, "m-3"),
    (Family::O, "432"),
    (Family::Oh, "m-3m"),
    (Family::I, "235"),
    (Family::Ih, "m-3-5"),
    (Family::K, "2∞"),
    (Family::Kh, "m-∞"),
];

/// Other symbols in use, and what they stand for: full ones, older ones, and those of particular orientations.
const ALIASES: [(&str, &str); 31] = [
    ("mm", "mm2"),
    ("2mm", "mm2"),
    ("m2m", "mm2"),
    ("2/mmm", "mmm"),
    ("2/m2/m2/m", "mmm"),
    ("4/m2/m2/m", "4/mmm"),
    ("6/m2/m2/m", "6/mmm"),
    ("-32/m", "-3m"),
    ("321", "32"),
    ("312", "32"),
    ("3m1", "3m"),
    ("31m", "3m"),
    ("-3m1", "-3m"),
    ("-31m", "-3m"),
    ("2/m-3", "m-3"),
    ("m3", "m-3"),
    ("4/m-32/m", "m-3m"),
    ("m3m", "m-3m"),
    ("532", "235"),
    ("2/m-3-5", "m-3-5"),
    ("-53m", "m-3-5"),
    ("-5-3m", "m-3-5"),
    ("m-35", "m-3-5"),
    ("∞/mmm", "∞/mm"),
    ("∞22", "∞2"),
    ("∞mm", "∞m"),
    ("∞∞", "2∞"),
    ("∞∞m", "m-∞"),
    ("∞/m∞", "m-∞"),
    ("m∞", "m-∞"),
    ("-2", "m"),
];

/// Numbers that could be read as several parts, in symbols above.
const READ_AS_PARTS: [u32; 14] = [23, 32, 52, 72, 92, 222, 235, 312, 321, 422, 432, 532, 622, 822];

pub(super) fn name(group: PointGroup) -> String {
    match group.fold {
        Fold::Finite(n) => finite(group.family, n),
        Fold::Infinite => match group.family {
            Family::Cnv => "∞m",
            Family::Cnh => "∞/m",
            Family::Dn => "∞2",
            Family::Dnh => "∞/mm",
            _ => "∞",
        }
        .to_owned(),
        Fold::None => {
            let found = OTHERS.iter().find(|(family, _)| *family == group.family);
            found
                .expect("every family without an axis is listed")
                .1
                .to_owned()
        }
    }
}

/// The symbol of an axial group. A rotoinversion axis `-N` takes the place of a rotation axis where there is one of higher
/// order, or of no order at all.
fn finite(family: Family, n: u32) -> String {
    let odd = n % 2 == 1;
    let parts = |axis: String, others: &str| spaced(&axis, others);
    match family {
        Family::Cn if READ_AS_PARTS.contains(&n) => format!("({n})"),
        Family::Cn => n.to_string(),
        Family::Cnv if n == 2 => "mm2".to_owned(),
        Family::Cnv => parts(n.to_string(), if odd { "m" } else { "mm" }),
        Family::Cnh if n == 1 => "m".to_owned(),
        Family::Cnh if odd => format!("-{}", 2 * n),
        Family::Cnh => format!("{n}/m"),
        Family::S2n if odd => format!("-{n}"),
        Family::S2n => format!("-{}", 2 * n),
        Family::Dn => parts(n.to_string(), if odd { "2" } else { "22" }),
        Family::Dnh if n == 2 => "mmm".to_owned(),
        Family::Dnh if odd => parts(format!("-{}", 2 * n), "m2"),
        Family::Dnh => parts(format!("{n}/m"), "mm"),
        Family::Dnd if odd => parts(format!("-{n}"), "m"),
        _ => parts(format!("-{}", 2 * n), "2m"),
    }
}

/// The symbol of the axis and those of the other directions, apart where the axis has a number of several digits.
fn spaced(axis: &str, others: &str) -> String {
    let digits = axis.chars().filter(char::is_ascii_digit).count();
    let space = if digits > 1 { " " } else { "" };
    let mut text = axis.to_owned();
    for other in others.chars() {
        text.push_str(space);
        text.push(other);
    }
    text
}

/// The group of a symbol, whose parts may stand apart or not: first read as [`name`] writes it, then without spaces, where
/// other symbols in use come before axes of high order.
pub(super) fn parse(text: &str) -> Option<PointGroup> {
    let text = text.replace(['−', '\u{2013}'], "-").replace("inf", "∞");
    let apart = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some(group) = axial(&apart, |name| name == apart) {
        return Some(group);
    }
    let close = apart.replace(' ', "");
    let alias = ALIASES.iter().find(|(alias, _)| *alias == close);
    let (apart, close) = alias.map_or((apart.as_str(), close.as_str()), |(_, name)| (*name, *name));
    if let Some((family, _)) = OTHERS.iter().find(|(_, name)| *name == close) {
        return PointGroup::new(*family, None).ok();
    }
    let families = [Family::Cn, Family::Cnv, Family::Cnh, Family::Dn, Family::Dnh];
    let mut infinite = families
        .into_iter()
        .filter_map(|family| PointGroup::new(family, None).ok());
    let found = infinite.find(|group| name(*group) == close);
    found.or_else(|| axial(apart, |name| name.replace(' ', "") == close))
}

/// The first finite axial group one of whose symbols matches, among those whose numbers begin `text`: digits on both sides of a
/// space are never one number.
fn axial(text: &str, matches: impl Fn(&str) -> bool) -> Option<PointGroup> {
    let digits = text.trim_start_matches(['-', '(']);
    let digits = &digits[..digits.bytes().take_while(u8::is_ascii_digit).count()];
    // The number may be a beginning of the digits, and is n or 2n; a symbol without one has an axis of order 1 or 2.
    let numbers = (1..=digits.len()).filter_map(|length| digits[..length].parse::<u32>().ok());
    let folds: Vec<u32> = numbers.flat_map(|n| [n, n / 2]).chain([1, 2]).collect();
    let families = Family::ALL.into_iter().filter(|family| family.is_axial());
    let mut candidates = families
        .flat_map(|family| folds.iter().map(move |&n| (family, n)))
        .filter_map(|(family, n)| Some((PointGroup::new(family, Some(n)).ok()?, family, n)));
    let found = candidates.find(|&(group, family, n)| {
        matches(&name(group)) || variants(family, n).iter().any(|variant| matches(variant))
    });
    found.map(|(group, ..)| group)
}

/// Other symbols of an axial group: `3/m` for `-6`, and the other order of the two kinds of directions across the axis.
fn variants(family: Family, n: u32) -> Vec<String> {
    match (family, n % 2 == 1) {
        (Family::Cnh, true) => vec![format!("{n}/m")],
        (Family::Dnh, true) => vec![spaced(&format!("-{}", 2 * n), "2m")],
        (Family::Dnd, false) => vec![spaced(&format!("-{}", 2 * n), "m2")],
        (Family::Dnd, true) => vec![format!("-{n} 2/m")],
        (Family::Dnh, false) => vec![format!("{n}/m 2/m 2/m")],
        _ => Vec::new(),
    }
}
