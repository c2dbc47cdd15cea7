//! Flags that say what is configured, and where runs are made.

use crate::TrainError;
use crate::config::{Config, Layers};
use crate::observe::ProgressBars;
use candle_core::DeviceLocation;
use clap::Args;
use std::fs;
use std::path::PathBuf;
use sympe_nn::device::DeviceSpec;

// Documentation of flags that several commands share would be taken for that of the command.

// Where a configuration comes from.
#[derive(Clone, Debug, Args)]
pub(super) struct ConfigArgs {
    /// A preset of the experiment, one of those below
    #[arg(long, default_value = "quick")]
    preset: String,
    /// A TOML file, over the preset
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// One option, over the file; any number of times
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
}

impl ConfigArgs {
    pub(super) fn resolve<C: Config>(&self) -> Result<C, TrainError> {
        let mut layers = Layers::default();
        layers.preset::<C>(&self.preset)?;
        if let Some(file) = &self.config {
            layers.file(file)?;
        }
        for assignment in &self.set {
            layers.set(assignment)?;
        }
        Ok(layers.resolve::<C>()?.pinned())
    }
}

// Where runs are made.
#[derive(Clone, Debug, Args)]
pub(super) struct PlaceArgs {
    /// auto, cpu, cuda:N or metal (default: auto; with --resume the device that the runs were started on)
    ///
    /// `auto` is the GPU that the program is built for, else the CPU; what is recorded is the device it stands for. Under
    /// `cargo xtask` this flag also chooses what is built, so name the GPU with --resume, too.
    #[arg(long)]
    pub(super) device: Option<DeviceSpec>,
    /// Runs side by side (default: one per core, on a GPU one)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) jobs: Option<u16>,
    /// The folder of all runs
    #[arg(long, value_name = "FOLDER", default_value = "runs")]
    pub(super) runs_dir: PathBuf,
    /// The name of this session below the folder of its experiment
    #[arg(long)]
    pub(super) name: Option<String>,
}

impl PlaceArgs {
    /// The device asked for, or that of `before`; never `auto`.
    pub(super) fn device(
        &self,
        before: Option<DeviceSpec>,
        bars: &ProgressBars,
    ) -> Result<DeviceSpec, TrainError> {
        let concrete = |device: DeviceSpec| -> Result<DeviceSpec, TrainError> {
            Ok(match device.open()?.location() {
                DeviceLocation::Cpu => DeviceSpec::Cpu,
                DeviceLocation::Cuda { gpu_id } => DeviceSpec::Cuda(gpu_id),
                DeviceLocation::Metal { .. } => DeviceSpec::Metal,
            })
        };
        let asked = self.device.map(concrete).transpose()?;
        match (asked, before) {
            (Some(asked), Some(before)) if asked != before && before != DeviceSpec::Auto => {
                bars.line(&format!(
                    "warning: started on device {before}, continues on {asked}: results will not be the same bit for bit"
                ));
                Ok(asked)
            }
            (Some(asked), _) => Ok(asked),
            (None, before) => concrete(before.unwrap_or_default()),
        }
    }

    /// Runs side by side on this device, in one of so many processes that share the cores.
    pub(super) fn jobs(&self, device: DeviceSpec, processes: usize) -> usize {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let cores = (cores / processes).max(1);
        let default = if device == DeviceSpec::Cpu { cores } else { 1 };
        self.jobs.map_or(default, usize::from)
    }

    /// An error unless the name, if there is one, is that of a folder.
    pub(super) fn check(&self) -> Result<(), TrainError> {
        match &self.name {
            Some(name) if name.is_empty() || name.contains(['/', '\\']) || name.starts_with('.') => {
                let message = "expected the name of a folder, not a path";
                Err(TrainError::config(format!("--name {name}"), message))
            }
            _ => Ok(()),
        }
    }

    /// The named folder, which may not be there.
    pub(super) fn named(&self, experiment: &str) -> Option<PathBuf> {
        let name = self.name.as_ref()?;
        Some(self.runs_dir.join(experiment).join(name))
    }

    /// The named folder, or a new one: `train-001`, `train-002`, …; it is there afterwards.
    pub(super) fn folder(&self, experiment: &str, prefix: &str) -> Result<PathBuf, TrainError> {
        if let Some(folder) = self.named(experiment) {
            fs::create_dir_all(&folder).map_err(TrainError::io(&folder))?;
            return Ok(folder);
        }
        let parent = self.runs_dir.join(experiment);
        fs::create_dir_all(&parent).map_err(TrainError::io(&parent))?;
        for number in 1.. {
            let folder = parent.join(format!("{prefix}-{number:03}"));
            // Creating it is the test whether it is free: two programs may ask at once.
            match fs::create_dir(&folder) {
                Ok(()) => return Ok(folder),
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(source) => return Err(TrainError::Io { path: folder, source }),
            }
        }
        unreachable!("the numbers do not end")
    }
}
