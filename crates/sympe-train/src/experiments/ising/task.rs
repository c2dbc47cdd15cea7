//! Ground states as an experiment.

use super::classes;
use super::comparison;
use super::coverage::is_solved;
use super::config::{CouplingLaw, IsingConfig};
use super::data::{self, IsingBatch, IsingSamples, Magnet, Stack, references};
use super::energy::{energy, soft, spherical, through_ghost};
use super::figures;
use super::model::Ising;
use crate::TrainError;
use crate::comparison::{Axis, Column};
use crate::domain::{Domain, Torus};
use crate::report::Block;
use crate::task::{Loss, Metrics, Setup, Splits, Task};
use std::path::Path;
use std::sync::Arc;
use sympe_data::formats::{Format, lattice};
use sympe_data::ising::{Couplings, Phase};
use sympe_nn::models::LatticeNet;

impl Task for Ising {
    const NAME: &'static str = "ising";
    const ABOUT: &'static str = "Find ground states of magnets, all of them equally often";
    const COLUMNS: &'static [Column] = &[
        Column::new("gap", "energy gap per site", 5),
        Column::new("solved_percent", "solved, %", 2),
        Column::new("ferromagnet_percent", "ferromagnet", 1),
        Column::new("stripes_percent", "stripes", 1),
        Column::new("checkerboard_percent", "checkerboard", 1),
        Column::new("index", "[G : Stab]", 1),
        Column::new("orbits_percent", "orbits, %", 1),
        Column::new("coverage_p", "coverage p", 3),
    ];
    type Config = IsingConfig;
    type Sample = Magnet;
    type Kept = <Torus as Domain>::Kept;
    type Host = Stack;

    fn splits(config: &IsingConfig) -> Result<Splits<Magnet>, TrainError> {
        data::load(&config.data)
    }

    fn new(setup: Setup<'_, Self>) -> Result<Self, TrainError> {
        let (config, params) = (setup.config, &setup.params);
        let (data, breaking) = (&config.data, config.breaking);
        let group = (data.group()).map_err(|error| TrainError::config("data.side", error.to_string()))?;
        let torus = Torus::new(group, breaking.dim, breaking.field)
            .with_learned(breaking.learned)
            .with_period(breaking.period);
        let (draws, encoders) = (breaking.kind).start(torus, &params.at("breaking"), setup.clock)?;
        // The external field is the first channel.
        let shape = [data.side as usize; 2];
        let sites = 1 + breaking.dim + breaking.noise;
        let net = LatticeNet::new(config.model, shape, sites, &params.at("net"))?;
        Ok(Self {
            splits: Arc::clone(setup.splits),
            host: Stack {
                draws,
                augment: data.augment,
                noise: breaking.noise,
            },
            encoders,
            net,
            device: params.device().clone(),
            config: config.clone(),
        })
    }

    fn host(&self) -> &Stack {
        &self.host
    }

    fn loss(&self, batch: &IsingBatch, epoch: u64) -> Result<Loss, TrainError> {
        let couplings = self.couplings(batch)?;
        let spins = spherical(&self.output(batch, &couplings, true)?)?;
        let [down, right, external] = &couplings;
        let energy = match self.config.sharpness_of(epoch) {
            Some(sharpness) => energy(down, right, external, &soft(&spins, sharpness)?)?,
            None => energy(down, right, &through_ghost(external, &spins)?, &spins)?,
        };
        Ok(energy.mean_all()?.into())
    }

    fn judge(&self, samples: &IsingSamples, draw: u64) -> Result<Metrics, TrainError> {
        let references = references(samples)?;
        let gaps = self.gaps(samples, draw)?;
        // All inputs; ferromagnets, stripes, checkerboards: how many there are, and how many are solved.
        let mut counts = [[0u32; 2]; 4];
        for (reference, gap) in references.into_iter().zip(&gaps) {
            let phase = reference.phase.map(|phase| match phase {
                Phase::Ferromagnet => 1,
                Phase::RowStripes | Phase::ColumnStripes => 2,
                Phase::Checkerboard => 3,
            });
            for row in [Some(0), phase].into_iter().flatten() {
                counts[row][0] += 1;
                counts[row][1] += u32::from(is_solved(*gap));
            }
        }
        let mut metrics = vec![("gap", gaps.iter().sum::<f64>() / samples.len().max(1) as f64)];
        let names = [
            "solved_percent",
            "ferromagnet_percent",
            "stripes_percent",
            "checkerboard_percent",
        ];
        // Some cells of superlattices are uniform; their metrics are those of the others.
        let phases = self.config.data.law != CouplingLaw::Superlattice;
        for (name, [count, solved]) in names.into_iter().zip(counts) {
            if count > 0 && (phases || name == "solved_percent") {
                metrics.push((name, 100.0 * f64::from(solved) / f64::from(count)));
            }
        }
        if samples.are_test() {
            let indices = self.indices(samples)?;
            let mean = indices.iter().sum::<u64>() as f64 / samples.len().max(1) as f64;
            metrics.push(("index", mean));
            if let Some(coverage) = self.coverage(samples, draw)? {
                metrics.push(("orbits_percent", 100.0 * coverage.orbits));
                metrics.push(("coverage_p", coverage.p));
            }
        }
        Ok(metrics)
    }

    fn axes() -> Vec<Axis<IsingConfig>> {
        comparison::axes()
    }

    fn tuned() -> Option<Axis<IsingConfig>> {
        Some(comparison::scale())
    }

    fn context(config: &IsingConfig) -> Vec<(&'static str, String)> {
        let torus = format!("{side}x{side}", side = config.data.side);
        vec![("couplings", config.data.law.to_string()), ("torus", torus)]
    }

    fn read(&self, file: &Path, format: Option<Format>) -> Result<Vec<Magnet>, TrainError> {
        if let Some(format) = format {
            let message = "is a format of graphs, expected a file of couplings (JSON, NPY or text)";
            return Err(TrainError::config(format!("--format {format}"), message));
        }
        let (fields, _) = lattice::read(file, None)?;
        let couplings = fields
            .iter()
            .map(|named| Couplings::try_from(&named.field).map_err(|error| error.in_file(file)));
        let couplings = couplings.collect::<Result<Vec<_>, _>>()?;
        self.fit(&couplings)?;
        Ok(couplings.into_iter().map(Magnet::new).collect())
    }

    fn figures(runs: &[(String, &Self)]) -> Result<Vec<Block>, TrainError> {
        figures::figures(runs)
    }

    fn details(rows: &[(String, Vec<&Self>)]) -> Result<Vec<Block>, TrainError> {
        let runs: Vec<&Self> = rows.iter().flat_map(|(_, runs)| runs.iter().copied()).collect();
        classes::blocks(&runs)
    }
}
