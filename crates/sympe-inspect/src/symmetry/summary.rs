//! All inputs of a file together: how many are symmetric, what can be exchanged, what each kernel draws at random, and what to do.

use crate::InspectError;
use crate::terminal::print;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::f64::consts::LN_10;
use std::io::Write;
use sympe_report::{Block, Report, Table, bars};

/// What one input adds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Sample {
    /// Its nodes or points.
    pub(crate) parts: usize,
    /// How many of them a symmetry takes to others.
    pub(crate) interchangeable: usize,
    /// The logarithm of the order of its stabilizer, which may be infinite.
    pub(crate) ln_order: f64,
    /// For each kernel, the entropy of a draw in nats, where there is one.
    pub(crate) entropies: Vec<(Cow<'static, str>, Option<f64>)>,
    /// The name of its symmetry, if it has one.
    pub(crate) class: Option<String>,
}

impl Sample {
    /// How many points share an orbit with another one.
    pub(crate) fn interchangeable(representatives: &[u32]) -> usize {
        let mut sizes = vec![0usize; representatives.len()];
        for &least in representatives {
            sizes[least as usize] += 1;
        }
        sizes.iter().filter(|&&size| size > 1).sum()
    }
}

/// What the inputs are, one and several of them and their parts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Words {
    pub(crate) input: [&'static str; 2],
    pub(crate) parts: &'static str,
    pub(crate) are_clouds: bool,
}

/// Of a kernel, the sum of what is known.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    sum: f64,
    inputs: usize,
}

/// All samples so far, in memory that does not grow with them.
#[derive(Debug)]
pub(crate) struct Summary {
    words: Words,
    inputs: usize,
    symmetric: usize,
    /// Symmetric inputs none of whose parts is moved.
    unmoved: usize,
    parts: usize,
    interchangeable: usize,
    orders: BTreeMap<Bin, usize>,
    kernels: Vec<(Cow<'static, str>, Known)>,
    classes: BTreeMap<String, usize>,
}

/// Orders of about the same size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Bin {
    One,
    Two,
    Few,
    /// From this power of ten to the next one.
    Decade(u32),
    Infinite,
}

/// Decades from here on are one bin.
const LAST_DECADE: u32 = 12;

impl Bin {
    fn of(ln_order: f64) -> Self {
        // Orders are integers, and rounding is far below their distance where it matters.
        match ln_order {
            x if x < 1.5f64.ln() => Self::One,
            x if x < 2.5f64.ln() => Self::Two,
            x if x < 9.5f64.ln() => Self::Few,
            f64::INFINITY => Self::Infinite,
            x => Self::Decade(((x / LN_10 + 1e-9).floor() as u32).clamp(1, LAST_DECADE)),
        }
    }

    fn label(self) -> String {
        match self {
            Self::One => "1".to_owned(),
            Self::Two => "2".to_owned(),
            Self::Few => "3 to 9".to_owned(),
            Self::Decade(1) => "10 to 99".to_owned(),
            Self::Decade(LAST_DECADE) => format!("10^{LAST_DECADE} or more"),
            Self::Decade(power) => format!("10^{power} to 10^{}", power + 1),
            Self::Infinite => "infinite".to_owned(),
        }
    }
}

/// What a program reads.
#[derive(Serialize)]
struct Described<'a> {
    inputs: usize,
    parts: usize,
    symmetric: usize,
    interchangeable: usize,
    orders: Vec<Counted>,
    kernels: Vec<KernelDescribed<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    classes: Vec<Counted>,
    recommendation: String,
}

#[derive(Serialize)]
struct Counted {
    name: String,
    inputs: usize,
}

#[derive(Serialize)]
struct KernelDescribed<'a> {
    name: &'a str,
    /// Nats per input, the mean over those that have one.
    entropy: Option<f64>,
    inputs: usize,
}

impl Summary {
    pub(crate) fn new(words: Words) -> Self {
        Self {
            words,
            inputs: 0,
            symmetric: 0,
            unmoved: 0,
            parts: 0,
            interchangeable: 0,
            orders: BTreeMap::new(),
            kernels: Vec::new(),
            classes: BTreeMap::new(),
        }
    }

    pub(crate) fn add(&mut self, sample: Sample) {
        let bin = Bin::of(sample.ln_order);
        self.inputs += 1;
        self.symmetric += usize::from(bin != Bin::One);
        self.unmoved += usize::from(bin != Bin::One && sample.interchangeable == 0);
        self.parts += sample.parts;
        self.interchangeable += sample.interchangeable;
        *self.orders.entry(bin).or_default() += 1;
        for (name, entropy) in sample.entropies {
            let at = self.kernels.iter().position(|(known, _)| known == &name);
            let at = at.unwrap_or_else(|| {
                self.kernels.push((name, Known::default()));
                self.kernels.len() - 1
            });
            if let Some(entropy) = entropy {
                self.kernels[at].1.sum += entropy;
                self.kernels[at].1.inputs += 1;
            }
        }
        if let Some(class) = sample.class {
            *self.classes.entry(class).or_default() += 1;
        }
    }

    /// The mean entropy of a kernel, if all inputs have one.
    fn entropy(&self, name: &str) -> Option<f64> {
        let (_, known) = self.kernels.iter().find(|(known, _)| *known == name)?;
        (known.inputs == self.inputs && known.inputs > 0).then(|| known.sum / known.inputs as f64)
    }

    /// What to break symmetry on, and by which kernel.
    pub(crate) fn recommendation(&self) -> String {
        let Words {
            input: [_, inputs],
            parts,
            are_clouds,
        } = self.words;
        if self.inputs == 0 {
            return format!("No {inputs}.");
        }
        let share = percent(self.symmetric, self.inputs);
        let mut text = if self.symmetric == 0 {
            format!(
                "None of your {inputs} is symmetric: an equivariant network can tell all {parts} apart, and nothing has to be broken."
            )
        } else if self.symmetric == self.unmoved {
            format!(
                "{share} of your {inputs} are symmetric, but no symmetry moves a point: an equivariant network cannot give a vector a \
                 direction that a symmetry turns; break on frames."
            )
        } else if are_clouds {
            format!(
                "{share} of your {inputs} have symmetries, and {} of all {parts} are interchangeable: no equivariant network can give \
                 these different answers, nor vectors a direction that a symmetry turns; break on frames and order together (S_n × O(3)).",
                percent(self.interchangeable, self.parts)
            )
        } else {
            format!(
                "{share} of your {inputs} have {parts} that no equivariant network can tell apart, {} of all {parts}; break on {parts}.",
                percent(self.interchangeable, self.parts)
            )
        };
        if let (Some(exact), Some(refined)) = (self.entropy("exact"), self.entropy("refinement")) {
            let more = refined - exact;
            if more < 0.01 {
                text += " Colour refinement draws no more at random than the exact kernel: it is all that is needed.";
            } else {
                text += &format!(
                    " The exact kernel draws {exact:.2} nats at random for each, refinement {more:.2} more, which is noise that a network has to \
                     learn away.",
                );
            }
        }
        text
    }

    fn orders(&self) -> Vec<Counted> {
        let counted = |(bin, &inputs): (&Bin, &usize)| Counted {
            name: bin.label(),
            inputs,
        };
        self.orders.iter().map(counted).collect()
    }

    /// The names of symmetries, the most frequent ones first.
    fn classes(&self) -> Vec<Counted> {
        let counted = |(name, &inputs): (&String, &usize)| Counted {
            name: name.clone(),
            inputs,
        };
        let mut classes: Vec<Counted> = self.classes.iter().map(counted).collect();
        classes.sort_by_key(|class| std::cmp::Reverse(class.inputs));
        classes
    }

    fn kernels(&self) -> Vec<KernelDescribed<'_>> {
        let described = self.kernels.iter().map(|(name, known)| KernelDescribed {
            name,
            entropy: (known.inputs > 0).then(|| known.sum / known.inputs as f64),
            inputs: known.inputs,
        });
        described.collect()
    }

    /// Writes it, for a program or for a person to read.
    pub(crate) fn write(&self, as_json: bool, output: &mut dyn Write) -> Result<(), InspectError> {
        if as_json {
            let described = Described {
                inputs: self.inputs,
                parts: self.parts,
                symmetric: self.symmetric,
                interchangeable: self.interchangeable,
                orders: self.orders(),
                kernels: self.kernels(),
                classes: self.classes(),
                recommendation: self.recommendation(),
            };
            return print(
                output,
                serde_json::to_string(&described).expect("numbers and names are JSON"),
            );
        }
        let Words { input, parts, .. } = self.words;
        let name = input[usize::from(self.inputs != 1)];
        print(
            output,
            format_args!("{} {name} with {} {parts}", self.inputs, self.parts),
        )?;
        let share = percent(self.symmetric, self.inputs);
        print(
            output,
            format_args!("  symmetric       {} ({share})", self.symmetric),
        )?;
        let share = percent(self.interchangeable, self.parts);
        print(
            output,
            format_args!("  interchangeable {} {parts} ({share})", self.interchangeable),
        )?;
        let listed = |counted: Vec<Counted>| {
            let counted = counted
                .iter()
                .map(|Counted { name, inputs }| format!("{name}: {inputs}"));
            counted.collect::<Vec<_>>().join(", ")
        };
        print(
            output,
            format_args!("  orders          {}", listed(self.orders())),
        )?;
        if !self.classes.is_empty() {
            print(
                output,
                format_args!("  point groups    {}", listed(self.classes())),
            )?;
        }
        for kernel in self.kernels() {
            let said = self.said(&kernel);
            print(output, format_args!("  entropy         {said}, {}", kernel.name))?;
        }
        print(output, format_args!("  {}", self.recommendation()))
    }

    /// The entropy of a kernel in words.
    fn said(&self, kernel: &KernelDescribed<'_>) -> String {
        match kernel.entropy {
            None => "none is finite".to_owned(),
            Some(entropy) if kernel.inputs == self.inputs => format!("{entropy:.3} nats"),
            Some(entropy) => format!("{entropy:.3} nats (of {} of {})", kernel.inputs, self.inputs),
        }
    }

    /// A page with the same.
    pub(crate) fn page(&self, file: &str) -> String {
        let Words {
            input: [_, inputs],
            parts,
            ..
        } = self.words;
        let rows = |counted: &[Counted]| -> Vec<Vec<String>> {
            let row = |Counted { name, inputs }: &Counted| {
                vec![name.clone(), inputs.to_string(), percent(*inputs, self.inputs)]
            };
            counted.iter().map(row).collect()
        };
        let head = |first: &str| vec![first.to_owned(), inputs.to_owned(), "share".to_owned()];
        let chart = |counted: &[Counted], name: &str, caption: String| {
            let shown: Vec<(String, f64)> = counted
                .iter()
                .take(30)
                .map(|one| (one.name.clone(), one.inputs as f64))
                .collect();
            Block::Figure(name.to_owned(), caption, bars(&shown))
        };
        let orders = self.orders();
        let kernels = self.kernels();
        let finite: Vec<(String, f64)> = kernels
            .iter()
            .filter_map(|kernel| Some((kernel.name.to_owned(), kernel.entropy?)))
            .collect();
        let of_kernels = Table {
            head: ["kernel", "nats"].map(str::to_owned).to_vec(),
            rows: kernels
                .iter()
                .map(|kernel| vec![kernel.name.to_owned(), self.said(kernel)])
                .collect(),
        };
        let counts = format!(
            "{} {inputs} with {} {parts}: {} of the {inputs} are symmetric, {} of the {parts} are interchangeable.",
            self.inputs,
            self.parts,
            percent(self.symmetric, self.inputs),
            percent(self.interchangeable, self.parts)
        );
        let mut report = Report::new(format!("Symmetries of {file}"))
            .with("What to do", [Block::Text(self.recommendation()), Block::Text(counts)])
            .with("Orders of the stabilizers", [
                chart(&orders, "orders", format!("How many {inputs} have a stabilizer of which order")),
                Block::Table(Table { head: head("order"), rows: rows(&orders) }),
            ])
            .with("What kernels draw at random", [
                Block::Text("The mean entropy of a draw for each input: the exact kernel has the least that is possible.".to_owned()),
                Block::Figure("entropies".to_owned(), "Nats per input".to_owned(), bars(&finite)),
                Block::Table(of_kernels),
            ]);
        if !self.classes.is_empty() {
            let classes = self.classes();
            report = report.with(
                "Point groups",
                [
                    chart(
                        &classes,
                        "classes",
                        format!("How many {inputs} have which point group"),
                    ),
                    Block::Table(Table {
                        head: head("point group"),
                        rows: rows(&classes),
                    }),
                ],
            );
        }
        let (_, page) = report.files().pop().expect("the page is the last file");
        page
    }
}

/// A share in percent; of nothing it is none.
fn percent(part: usize, of: usize) -> String {
    match of {
        0 => "0 %".to_owned(),
        _ => {
            let share = 100.0 * part as f64 / of as f64;
            let digits = usize::from(share < 9.95 && part > 0);
            format!("{share:.digits$} %")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_are_counted_where_they_belong() {
        let label = |order: f64| Bin::of(order.ln()).label();
        assert_eq!(["1", "2", "3 to 9", "3 to 9"], [1.0, 2.0, 3.0, 9.0].map(label));
        assert_eq!(
            ["10 to 99", "10 to 99", "10^2 to 10^3"],
            [10.0, 99.0, 100.0].map(label)
        );
        assert_eq!(
            ["10^3 to 10^4", "10^12 or more", "infinite"],
            [1000.0, 1e300, f64::INFINITY].map(label)
        );
    }

    #[test]
    fn parts_that_share_an_orbit_are_interchangeable() {
        assert_eq!(Sample::interchangeable(&[0, 1, 0, 3, 3, 3]), 5);
        assert_eq!(Sample::interchangeable(&[]), 0);
    }

    #[test]
    fn shares_are_said_with_a_digit_where_they_are_small() {
        assert_eq!(
            [(0, 0), (1, 3), (1, 30), (0, 5), (5, 5)].map(|(part, of)| percent(part, of)),
            ["0 %", "33 %", "3.3 %", "0 %", "100 %"]
        );
    }
}
