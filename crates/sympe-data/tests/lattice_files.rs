//! Fields on a torus from files: every format against the others and against brute force, arbitrary bytes, errors.

mod common;

use proptest::prelude::*;
use std::fmt::Write;
use std::path::Path;
use sympe_canon::Canonicalizer;
use sympe_canon::lattice::{LatticeField, LatticeSymmetry};
use sympe_data::DataError;
use sympe_data::formats::lattice::{self, Finite, LatticeFormat, NamedField, json, npy, text};
use sympe_groups::lattice::{LatticeGroup, Reach, Wallpaper};
use sympe_groups::{Action, FiniteSubgroup};

type Field = LatticeField<Finite>;

fn finite(values: &[f64]) -> Vec<Finite> {
    values.iter().map(|&value| Finite::new(value).unwrap()).collect()
}

/// The channels as files list them: down, right, sites.
fn channels(field: &Field) -> Vec<&[Finite]> {
    let sites = field.site_channels().map(|(odd, values)| {
        assert!(odd);
        values
    });
    let bonds = field.bond_channels().flat_map(|(_, axes)| axes);
    bonds.chain(sites).collect()
}

fn to_text(field: &Field) -> String {
    let blocks = channels(field).into_iter().map(|values| {
        let mut block = String::new();
        for row in values.chunks(field.shape()[1] as usize) {
            let words: Vec<String> = row.iter().map(ToString::to_string).collect();
            writeln!(block, "{}", words.join(" ")).unwrap();
        }
        block
    });
    blocks.collect::<Vec<_>>().join("\n")
}

/// NPY with any header version, type and order; values must be of the type.
fn to_npy(field: &Field, descr: &str, fortran_order: bool, version: u8) -> Vec<u8> {
    let [rows, columns] = field.shape().map(|side| side as usize);
    let channels = channels(field);
    let shape = match channels.len() {
        1 => format!("({rows}, {columns})"),
        count => format!("({count}, {rows}, {columns})"),
    };
    let order = if fortran_order { "True" } else { "False" };
    let header = format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}\n");
    let mut bytes = b"\x93NUMPY".to_vec();
    bytes.extend([version, 0]);
    match version {
        1 => bytes.extend((header.len() as u16).to_le_bytes()),
        _ => bytes.extend((header.len() as u32).to_le_bytes()),
    }
    bytes.extend(header.bytes());
    let mut indices: Vec<[usize; 3]> = (0..channels.len())
        .flat_map(|k| (0..rows).flat_map(move |i| (0..columns).map(move |j| [k, i, j])))
        .collect();
    if fortran_order {
        indices.sort_by_key(|&[k, i, j]| [j, i, k]);
    }
    for [k, i, j] in indices {
        let value = f64::from(channels[k][i * columns + j]);
        let mut word = match &descr[1..] {
            "b1" | "u1" => vec![value as u8],
            "i1" => (value as i8).to_le_bytes().to_vec(),
            "i2" => (value as i16).to_le_bytes().to_vec(),
            "i4" => (value as i32).to_le_bytes().to_vec(),
            "i8" => (value as i64).to_le_bytes().to_vec(),
            "u2" => (value as u16).to_le_bytes().to_vec(),
            "u4" => (value as u32).to_le_bytes().to_vec(),
            "f2" => half::f16::from_f64(value).to_le_bytes().to_vec(),
            "u8" => (value as u64).to_le_bytes().to_vec(),
            "f4" => (value as f32).to_le_bytes().to_vec(),
            "f8" => value.to_le_bytes().to_vec(),
            other => panic!("{other}"),
        };
        if descr.starts_with('>') {
            word.reverse();
        }
        bytes.extend(word);
    }
    bytes
}

fn order(field: &Field, wallpaper: Wallpaper) -> u64 {
    let [rows, columns] = field.shape();
    let group = LatticeGroup::new(wallpaper, rows, columns).unwrap();
    LatticeSymmetry::new(group)
        .canonicalize(field)
        .unwrap()
        .stabilizer
        .order()
}

/// Every field of a file has the stabilizers that the file says, in every format. Returns how many orders were compared.
fn check_stabilizers(path: &Path) -> usize {
    let content = std::fs::read_to_string(path).unwrap();
    let expected: serde_json::Value = serde_json::from_str(&content).unwrap();
    let (fields, format) = lattice::read(path, None).unwrap();
    assert_eq!(format, LatticeFormat::Json);
    let cases = expected["cases"].as_array().unwrap();
    assert_eq!(fields.len(), cases.len());
    let mut checked = 0;
    for (NamedField { name, field }, case) in fields.iter().zip(cases) {
        assert_eq!(case["name"], *name);
        let formats = [
            field.clone(),
            text::parse(&to_text(field)).unwrap(),
            npy::parse(&to_npy(field, ">i2", true, 3)).unwrap(),
        ];
        for (wallpaper, want) in case["stab"].as_object().unwrap() {
            for field in &formats {
                assert_eq!(
                    Some(order(field, wallpaper.parse().unwrap())),
                    want.as_u64(),
                    "{name}: {wallpaper}"
                );
                checked += 1;
            }
        }
    }
    checked
}

#[test]
fn fields_have_the_stabilizers_of_their_file_in_every_format() {
    assert_eq!(check_stabilizers(&common::fixture("lattices.json")), 3 * 22);
}

#[test]
fn the_shared_fields_have_the_stabilizers_of_their_file_in_every_format() {
    let Some(path) = common::data("canon/lattices.json") else {
        return;
    };
    let checked = check_stabilizers(&path);
    assert!(checked > 3 * 180, "{checked} orders only");
}

#[test]
fn stabilizers_on_tori_with_sides_1_and_2_are_those_of_brute_force() {
    // The files have none so small. Elements that move nothing count.
    for shape @ [rows, columns] in [[1u32, 1], [2, 2], [1, 2], [2, 3]] {
        let wallpaper = if rows == columns {
            Wallpaper::P4m
        } else {
            Wallpaper::P2mm
        };
        let sites = (rows * columns) as usize;
        for code in 0..1u32 << (2 * sites) {
            let list = |which: usize| -> String {
                let bits = (0..sites).map(|site| (code >> (which * sites + site) & 1).to_string());
                bits.collect::<Vec<_>>().join(", ")
            };
            let [h, v] = [list(0), list(1)];
            let text = format!(r#"{{"field": "bond", "shape": {shape:?}, "h": [{h}], "v": [{v}]}}"#);
            let field = &json::parse(&text).unwrap()[0].field;
            for with_flip in [false, true] {
                let group = LatticeGroup::new(wallpaper, rows, columns).unwrap();
                let group = if with_flip { group.with_spin_flip() } else { group };
                let fixing = group.elements().filter(|g| g.act(field) == *field).count() as u64;
                let found = LatticeSymmetry::new(group).canonicalize(field).unwrap();
                assert_eq!(found.stabilizer.order(), fixing, "{text}");
            }
        }
    }
}

#[test]
fn bonds_lead_down_and_right() {
    // One bond right of (0, 1), one down from (1, 0).
    let expected = LatticeField::new(2, 3)
        .with_bonds(
            finite(&[0., 0., 0., 7., 0., 0.]),
            finite(&[0., 5., 0., 0., 0., 0.]),
        )
        .unwrap();
    let text = r#"{"shape": [2, 3], "field": "bond", "h": [0, 5, 0, 0, 0, 0], "v": [0, 0, 0, 7, 0, 0]}"#;
    assert_eq!(json::parse(text).unwrap()[0].field, expected);
    assert_eq!(text::parse("0 0 0\n7 0 0\n\n0 5 0\n0 0 0\n").unwrap(), expected);
    assert_eq!(npy::parse(&to_npy(&expected, "<f8", false, 1)).unwrap(), expected);
}

#[test]
fn bonds_may_reach_further() {
    let of_nearest = LatticeField::new(1, 4)
        .with_bonds(finite(&[0.; 4]), finite(&[1.; 4]))
        .unwrap();
    let expected = of_nearest
        .with_bonds_of(Reach::Diagonal, [finite(&[1., 2., 3., 4.]), finite(&[5.; 4])])
        .and_then(|field| field.with_bonds_of(Reach::Second, [finite(&[6.; 4]), finite(&[7., 0., 0., 0.])]))
        .unwrap();
    let case = |more: &str| {
        let text = r#"{"field": "bond", "shape": [1, 4], "h": [1, 1, 1, 1], "v": [0, 0, 0, 0]"#;
        json::parse(&format!("{text}, {more}}}"))
    };
    let further =
        r#""falling": [1, 2, 3, 4], "rising": [5, 5, 5, 5], "v2": [6, 6, 6, 6], "h2": [7, 0, 0, 0]"#;
    assert_eq!(case(further).unwrap()[0].field, expected);
    let message = case(r#""v2": [6, 6, 6, 6]"#).unwrap_err().to_string();
    assert!(message.contains("no 'h2'"), "{message}");
    let message = case(r#""falling": [6, 6, 6, 6], "rising": [1]"#)
        .unwrap_err()
        .to_string();
    assert!(message.contains("'rising' has 1 entry"), "{message}");
}

#[test]
fn spins_are_odd_under_the_flip() {
    // Columns alternate: half of the translations keep them, the others with the flip.
    let field = text::parse("+-+-\n+ - + -\n").unwrap();
    let order = |name: &str| {
        let symmetry = LatticeSymmetry::new(name.parse().unwrap());
        symmetry.canonicalize(&field).unwrap().stabilizer.order()
    };
    assert_eq!((order("p1(2x4)"), order("p1(2x4) x Z2")), (4, 8));
}

/// Fields of 1 to 3 channels with these values.
fn field(value: impl Strategy<Value = f64> + Clone) -> impl Strategy<Value = Field> {
    (1u32..5, 1u32..5, 1usize..4).prop_flat_map(move |(rows, columns, count)| {
        let values = proptest::collection::vec(value.clone(), (rows * columns) as usize);
        proptest::collection::vec(values, count).prop_map(move |channels| {
            let field = LatticeField::new(rows, columns);
            match &channels[..] {
                [sites] => field.with_odd_sites(finite(sites)).unwrap(),
                [down, right] => field.with_bonds(finite(down), finite(right)).unwrap(),
                [down, right, sites] => field
                    .with_bonds(finite(down), finite(right))
                    .and_then(|field| field.with_odd_sites(finite(sites)))
                    .unwrap(),
                _ => unreachable!("1 to 3 channels"),
            }
        })
    })
}

/// Any finite float: from its bits.
fn any_float() -> impl Strategy<Value = f64> + Clone {
    any::<u64>()
        .prop_map(f64::from_bits)
        .prop_filter("finite", |value| value.is_finite())
}

#[test]
fn halves_are_the_numbers_that_numpy_prints() {
    // float(numpy.array([bits], 'u2').view('f2')[0])
    let halves: [(u16, f64); 7] = [
        (0x3c00, 1.0),
        (0xc000, -2.0),
        (0x3555, 0.333251953125),
        (0x7bff, 65504.0),
        (0x0400, 6.103515625e-05),
        (0x0001, 5.960464477539063e-08),
        (0x8000, 0.0),
    ];
    for (bits, expected) in halves {
        for (order, word) in [('<', bits.to_le_bytes()), ('>', bits.to_be_bytes())] {
            let header = format!("{{'descr': '{order}f2', 'fortran_order': False, 'shape': (1, 1)}}");
            let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
            bytes.extend((header.len() as u16).to_le_bytes());
            bytes.extend(header.bytes().chain(word));
            let field = npy::parse(&bytes).unwrap();
            assert_eq!(f64::from(channels(&field)[0][0]), expected, "{bits:#x}");
        }
    }
}

proptest! {
    #[test]
    fn text_round_trip_of_any_float(field in field(any_float())) {
        prop_assert_eq!(text::parse(&to_text(&field)).unwrap(), field);
    }

    #[test]
    fn npy_round_trip_of_any_float(field in field(any_float()), fortran_order: bool, version in 1u8..4) {
        for descr in ["<f8", ">f8"] {
            prop_assert_eq!(&npy::parse(&to_npy(&field, descr, fortran_order, version)).unwrap(), &field);
        }
    }

    #[test]
    fn npy_round_trip_of_all_types(bits in field((0u8..2).prop_map(f64::from)),
                                   bytes in field((0u8..=127).prop_map(f64::from)),
                                   signed in field((-128i8..=127).prop_map(f64::from)),
                                   fortran_order: bool) {
        let check = |field: &Field, descr: &str| {
            assert_eq!(&npy::parse(&to_npy(field, descr, fortran_order, 1)).unwrap(), field, "{descr}");
        };
        check(&bits, "|b1");
        for kind in ["u1", "u2", "u4", "u8", "i1"] {
            for order in ["<", ">"] {
                check(&bytes, &format!("{order}{kind}"));
            }
        }
        check(&bytes, "|u1");
        check(&signed, "|i1");
        for kind in ["i2", "i4", "i8", "f2", "f4"] {
            for order in ["<", ">"] {
                check(&signed, &format!("{order}{kind}"));
            }
        }
    }

    #[test]
    fn arbitrary_bytes_are_fields_or_errors(
        bytes in proptest::collection::vec(any::<u8>(), 0..80),
        start in proptest::sample::select(vec![&b""[..], b"\x93NUMPY", b"\x93NUMPY\x01\x00", b"\x93NUMPY\x02\x00", b"[", b"{\"cases\":"]),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("field");
        std::fs::write(&file, [start, &bytes].concat()).unwrap();
        for format in LatticeFormat::ALL.map(Some).into_iter().chain([None]) {
            // An error names the file; a panic fails the test.
            if let Err(error) = lattice::read(&file, format) {
                prop_assert!(error.to_string().starts_with(file.to_str().unwrap()), "{}", error);
            }
        }
    }

    #[test]
    fn damaged_npy_is_a_field_or_an_error(field in field((-9i8..9).prop_map(f64::from)), at: prop::sample::Index, byte: u8, cut: bool) {
        let mut bytes = to_npy(&field, "<f4", false, 1);
        let at = at.index(bytes.len());
        if cut {
            bytes.truncate(at);
            prop_assert!(npy::parse(&bytes).is_err());
        } else {
            bytes[at] = byte;
            let _ = npy::parse(&bytes);
        }
    }

    #[test]
    fn arbitrary_headers_are_fields_or_errors(header in "[{}()':, LTrueFals0-9<fiushaperdct_on]{0,60}") {
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.bytes());
        let _ = npy::parse(&bytes);
    }

    #[test]
    fn arbitrary_words_are_fields_or_errors(words in "([0-9+-]|[.]|e|\n| |nan|inf|#){0,40}") {
        if let Ok(field) = text::parse(&words) {
            prop_assert_eq!(text::parse(&to_text(&field)).unwrap(), field);
        }
    }

    #[test]
    fn arbitrary_json_values_are_fields_or_errors(
        keys in proptest::collection::vec(("(name|field|shape|values|h|v|cases)",
                                           "(1|-2.5|1e400|null|\"node\"|\"bond\"|\\[1, 1\\]|\\[1\\]|\\[0, 2\\]|\\[4e9, 1\\]|\\[\\[1\\]\\]|\\{\\}|9007199254740993)"), 0..6)
    ) {
        let members: Vec<String> = keys.iter().map(|(key, value)| format!("\"{key}\": {value}")).collect();
        let _ = json::parse(&format!("{{{}}}", members.join(", ")));
    }
}

#[test]
fn errors_name_place_value_and_expectation() {
    fn error<T: std::fmt::Debug>(result: Result<T, DataError>) -> String {
        result.unwrap_err().to_string()
    }
    let one = text::parse("1").unwrap();
    let header = |header: &str, data: &[u8]| {
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.bytes().chain(data.iter().copied()));
        error(npy::parse(&bytes))
    };
    let of_shape = |shape: &str| {
        header(
            &format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}}}"),
            &[],
        )
    };
    let of_type = |descr: &str, data: &[u8]| {
        header(
            &format!("{{'descr': {descr}, 'fortran_order': False, 'shape': (1, 1)}}"),
            data,
        )
    };
    let mut long = to_npy(&one, "<f4", false, 1);
    long.push(0);
    let case = |members: &str| {
        error(json::parse(&format!(
            "{{\"cases\": [{{\"name\": \"x\", {members}}}]}}"
        )))
    };
    let errors = [
        error(text::parse(" \n# nothing\n")),
        error(text::parse("1 2\n1\n")),
        error(text::parse("1 2\n\n1\n")),
        error(text::parse("1 2\n\n1 2\n3 4\n")),
        error(text::parse("1\n\n2\n\n3\n\n4\n")),
        error(text::parse("1 2\n3 x\n")),
        error(text::parse("1 NaN\n")),
        error(text::parse("1 1e999\n")),
        error(npy::parse(b"PK\x03\x04")),
        error(npy::parse(b"PK\x05\x06")),
        error(npy::parse(b"NUMPY")),
        error(npy::parse(b"\x93NUMPY\x01")),
        error(npy::parse(b"\x93NUMPY\x04\x00..")),
        error(npy::parse(b"\x93NUMPY\x02\x00\x10\x00")),
        error(npy::parse(b"\x93NUMPY\x01\x00\x10\x00{")),
        error(npy::parse(&long)),
        error(npy::parse(&long[..long.len() - 2])),
        header("[]", &[]),
        header("{'descr': '<f8'}", &[]),
        header("{'descr': '<f8', 'order': False}", &[]),
        header("{'descr': '<f8', 'fortran_order': 0}", &[]),
        header("{'descr': '<f8", &[]),
        of_shape("(99999999999999999999, 1)"),
        of_shape("(2, x)"),
        of_shape("()"),
        of_shape("(4, 0)"),
        of_shape("(5, 4, 4)"),
        of_shape("(4294967296, 4294967296)"),
        of_shape("(4, 4)"),
        of_type("[('a', '<f8')]", &[]),
        of_type("'<c16'", &[]),
        of_type("'|f8'", &[]),
        of_type("'<f8'", &f64::INFINITY.to_le_bytes()),
        of_type("'<f2'", &0x7c00u16.to_le_bytes()),
        of_type("'>f2'", &0xfe00u16.to_be_bytes()),
        of_type("'<f2'", &[0]),
        of_type("'>i8'", &i64::MAX.to_be_bytes()),
        of_type("'|b1'", &[2]),
        error(json::parse("{\"cases\":\n [1,}")),
        error(json::parse("7")),
        error(json::parse("[]")),
        error(json::parse("{\"cases\": 1}")),
        case("\"shape\": [2], \"field\": \"node\""),
        case("\"shape\": [0, 2], \"field\": \"node\""),
        case("\"shape\": [2, 2], \"field\": \"face\""),
        case("\"shape\": [2, 2], \"field\": \"node\""),
        case("\"shape\": [2, 2], \"field\": \"node\", \"values\": [1, 2, 3]"),
        case("\"shape\": [1, 2], \"field\": \"node\", \"values\": [1, \"2\"]"),
        case("\"shape\": [1, 2], \"field\": \"bond\", \"v\": [1, 2]"),
        case("\"shape\": [1, 1], \"field\": \"node\", \"values\": [9007199254740993]"),
    ];
    insta::assert_snapshot!(errors.join("\n"), @r#"
    line 1: no rows, expected rows of numbers, or of + and -
    line 2: 1 value, expected 2 as on line 1
    line 3: 1 value, expected 2 as on line 1
    line 3: a block of 2 rows, expected 1 row as in the first
    line 7: a fourth block, expected 1 block (sites), 2 (bonds down and right) or 3 (bonds down and right, sites)
    line 2: 'x', expected a number
    line 1: 'NaN', expected a finite number
    line 1: '1e999', expected a finite number
    byte 0: an archive of arrays (.npz), expected an array (.npy)
    byte 0: no NPY file, expected \x93NUMPY
    byte 0: no NPY file, expected \x93NUMPY
    byte 7: the end of the file, expected a version
    byte 6: NPY version 4.0, expected 1.0, 2.0 or 3.0
    byte 10: the end of the file, expected a header
    byte 11: the end of the file, expected a header of 16 bytes
    byte 70: 5 bytes of data, expected 4 bytes for shape [1, 1]
    byte 70: 3 bytes of data, expected 4 bytes for shape [1, 1]
    byte 10: '[', expected '{'
    byte 10: a header without 'fortran_order', expected one with it
    byte 27: key 'order', expected descr, fortran_order or shape
    byte 44: '0', expected True or False
    byte 20: a string without end, expected the type of the array as a string
    byte 80: '9', expected a number below 2⁶⁴
    byte 64: 'x', expected a number or ')'
    byte 10: shape [], expected (rows, columns): values on sites; (2, rows, columns): bonds down and right; or (3, rows, columns): bonds down and right, and values on sites; less than 2³¹ sites, at least one
    byte 10: shape [4, 0], expected (rows, columns): values on sites; (2, rows, columns): bonds down and right; or (3, rows, columns): bonds down and right, and values on sites; less than 2³¹ sites, at least one
    byte 10: shape [5, 4, 4], expected (rows, columns): values on sites; (2, rows, columns): bonds down and right; or (3, rows, columns): bonds down and right, and values on sites; less than 2³¹ sites, at least one
    byte 10: shape [4294967296, 4294967296], expected (rows, columns): values on sites; (2, rows, columns): bonds down and right; or (3, rows, columns): bonds down and right, and values on sites; less than 2³¹ sites, at least one
    byte 67: 0 bytes of data, expected 128 bytes for shape [4, 4]
    byte 20: '[', expected the type of the array as a string
    byte 10: type '<c16', expected a boolean, integer or float: |b1, or < or > with i1 to i8, u1 to u8, f2, f4, f8
    byte 10: type '|f8', expected a boolean, integer or float: |b1, or < or > with i1 to i8, u1 to u8, f2, f4, f8
    byte 67: inf, expected a finite number
    byte 67: inf, expected a finite number
    byte 67: NaN, expected a finite number
    byte 67: 1 byte of data, expected 2 bytes for shape [1, 1]
    byte 67: 9223372036854775807, expected an integer that a 64-bit float holds
    byte 67: boolean 2, expected 0 or 1
    line 2: 'expected value', expected JSON
    '1': no 'shape', expected 'shape': [rows, columns], both at least 1 and less than 2³¹ sites
    'cases': an empty list, expected at least one case
    'cases': no list, expected a list of cases
    'x': 'shape': a list of 1, expected 'shape': [rows, columns], both at least 1 and less than 2³¹ sites
    'x': 'shape': a list of 2, expected 'shape': [rows, columns], both at least 1 and less than 2³¹ sites
    'x': 'field': "face", expected 'field': "node" or "bond"
    'x': no 'values', expected 4 numbers for 2 × 2 sites
    'x': 'values' has 3 entries, expected 4 numbers for 2 × 2 sites
    'x': 'values' has "2" at index 1, expected a number that a 64-bit float holds
    'x': no 'h', expected 2 numbers for 1 × 2 sites
    'x': 'values' has 9007199254740993 at index 0, expected a number that a 64-bit float holds
    "#);
}
