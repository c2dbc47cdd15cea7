//! Pictures: what was generated.

use super::model::GraphDiffusion;
use crate::TrainError;
use crate::report::{Block, graphs, molecules};
use sympe_data::diffusion::CategoricalGraph;
use sympe_data::molecule::metrics::{is_valid, stable_atoms};
use sympe_data::molecule::smiles;

/// Samples shown of each run.
const SAMPLES: usize = 24;
const COLUMNS: usize = 6;

pub(super) fn figures(runs: &[(String, &GraphDiffusion)]) -> Result<Vec<Block>, TrainError> {
    let mut blocks = Vec::new();
    for (name, run) in runs {
        let samples = run.sample(SAMPLES, 0, &mut |_| ())?;
        let caption = format!("{name}: the first {SAMPLES} samples, none left out");
        blocks.push(Block::Figure(
            format!("samples-{name}"),
            caption,
            run.picture(&samples)?,
        ));
    }
    Ok(blocks)
}

impl GraphDiffusion {
    /// A grid of samples as SVG; molecules with their SMILES, or what is wrong with them.
    ///
    /// # Errors
    ///
    /// When classes stand for no element or bond.
    pub fn picture(&self, samples: &[CategoricalGraph]) -> Result<String, TrainError> {
        if !self.config.data.kind.is_molecules() {
            let plain = |graph: &CategoricalGraph| {
                let graph = graph.to_colored_graph();
                (
                    format!("{} nodes, {} edges", graph.n(), graph.edge_count()),
                    graph,
                )
            };
            return Ok(graphs(&samples.iter().map(plain).collect::<Vec<_>>(), COLUMNS));
        }
        let mut items = Vec::new();
        for graph in samples {
            let molecule = graph.to_molecule()?;
            let unstable = molecule.len() - stable_atoms(&molecule);
            let caption = if !is_valid(&molecule) {
                "invalid".to_owned()
            } else if self.config.data.hydrogens && unstable > 0 {
                format!("{unstable} unstable")
            } else {
                smiles::write(&molecule)
            };
            items.push((caption, molecule));
        }
        Ok(molecules(&items, COLUMNS))
    }
}
