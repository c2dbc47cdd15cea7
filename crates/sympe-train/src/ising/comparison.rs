//! The settings of a comparison: ways to a ground state.

use super::{Ising, IsingConfig};
use crate::experiment::{Column, Comparison, flag_name};
use clap::{Args, ValueEnum};
use sympe_groups::lattice::Wallpaper;
use sympe_nn::breaking::Breaking;

/// A row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Method {
    /// The equivariant network alone; Curie's principle binds
    None,
    /// Independent normal channels
    Noise,
    /// The learned field at a uniformly random place: the Haar kernel
    Uniform,
    /// Relaxed group convolutions, which break symmetry the same way each time
    Relaxed,
    /// A random field that is not learned, at a place drawn from the exact kernel
    Fixed,
    /// The learned field at a place drawn from the exact kernel
    Sympe,
    /// A plain periodic network of as many parameters, with the learned field drawn from the exact kernel
    Cnn,
    /// The same, trained on inputs moved by random elements of the group
    CnnAugmented,
}

impl Method {
    /// The setting of this method; everything else is as in `base`.
    ///
    /// ```
    /// use sympe_train::ising::{IsingConfig, Method};
    /// let cnn = Method::Cnn.setting(&IsingConfig::default());
    /// assert_eq!(Method::of(&cnn), Some(Method::Cnn));
    /// ```
    #[must_use]
    pub fn setting(self, base: &IsingConfig) -> IsingConfig {
        let mut config = base.clone();
        config.breaking.kind = match self {
            Self::None | Self::Relaxed => Breaking::None,
            Self::Noise => Breaking::Noise,
            Self::Uniform => Breaking::Uniform,
            Self::Fixed => Breaking::Fixed,
            Self::Sympe | Self::Cnn | Self::CnnAugmented => Breaking::Sympe,
        };
        config.model.relaxed = usize::from(self == Self::Relaxed);
        config.data.augment = self == Self::CnnAugmented;
        if matches!(self, Self::Cnn | Self::CnnAugmented) {
            // A group convolution of C channels has C²·|P|·k² weights, a plain one of C' channels C'²·k².
            let factor = (base.model.group.points().len() as f64).sqrt();
            config.model.group = Wallpaper::P1;
            config.model.channels = (base.model.channels as f64 * factor).round() as usize;
        }
        config
    }

    /// The method of a setting; `None` if it is a mixture.
    #[must_use]
    pub fn of(config: &IsingConfig) -> Option<Self> {
        let plain = config.model.group == Wallpaper::P1;
        match (
            config.breaking.kind,
            config.model.relaxed > 0,
            plain,
            config.data.augment,
        ) {
            (Breaking::None, true, false, false) => Some(Self::Relaxed),
            (Breaking::None, false, false, false) => Some(Self::None),
            (Breaking::Noise, false, false, false) => Some(Self::Noise),
            (Breaking::Uniform, false, false, false) => Some(Self::Uniform),
            (Breaking::Fixed, false, false, false) => Some(Self::Fixed),
            (Breaking::Sympe, false, false, false) => Some(Self::Sympe),
            (Breaking::Sympe, false, true, false) => Some(Self::Cnn),
            (Breaking::Sympe, false, true, true) => Some(Self::CnnAugmented),
            _ => None,
        }
    }

    /// Its name on the command line.
    #[must_use]
    pub fn name(self) -> String {
        flag_name(&self)
    }
}

/// What to compare.
///
/// ```
/// use sympe_train::experiment::Comparison;
/// use sympe_train::ising::{IsingComparison, IsingConfig, Method};
/// let comparison = IsingComparison { methods: vec![Method::None, Method::Sympe] };
/// assert_eq!(comparison.settings(&IsingConfig::default()).len(), 2);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Args)]
pub struct IsingComparison {
    /// Ways to a ground state
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        default_value = "none,noise,uniform,relaxed,fixed,sympe,cnn,cnn-augmented"
    )]
    pub methods: Vec<Method>,
}

impl Comparison for IsingComparison {
    type Experiment = Ising;
    const COLUMNS: &'static [Column] = &[
        Column {
            metric: "gap",
            heading: "energy gap per site",
            digits: 5,
        },
        Column {
            metric: "solved_percent",
            heading: "solved, %",
            digits: 2,
        },
        Column {
            metric: "ferromagnet_percent",
            heading: "ferromagnet",
            digits: 1,
        },
        Column {
            metric: "stripes_percent",
            heading: "stripes",
            digits: 1,
        },
        Column {
            metric: "checkerboard_percent",
            heading: "checkerboard",
            digits: 1,
        },
        Column {
            metric: "coverage_p",
            heading: "coverage p",
            digits: 3,
        },
    ];

    fn settings(&self, base: &IsingConfig) -> Vec<IsingConfig> {
        self.methods.iter().map(|method| method.setting(base)).collect()
    }

    fn labels(config: &IsingConfig) -> Vec<(&'static str, Option<String>)> {
        let torus = format!("{side}x{side}", side = config.data.side);
        vec![
            ("couplings", Some(config.data.law.to_string())),
            ("torus", Some(torus)),
            ("method", Method::of(config).map(Method::name)),
        ]
    }
}
