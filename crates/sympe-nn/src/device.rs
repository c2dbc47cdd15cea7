//! Where tensors live, as a flag says it.

use candle_core::Device;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A device by name: `auto`, `cpu`, `cuda:N` or `metal`.
///
/// ```
/// use sympe_nn::device::DeviceSpec;
/// let spec: DeviceSpec = "cuda:1".parse()?;
/// assert_eq!(spec, DeviceSpec::Cuda(1));
/// assert_eq!(spec.to_string(), "cuda:1");
/// assert!(DeviceSpec::Cpu.open()?.is_cpu());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum DeviceSpec {
    /// CUDA if compiled in, else Metal if compiled in, else the CPU.
    #[default]
    Auto,
    /// The host.
    Cpu,
    /// The CUDA device with this ordinal.
    Cuda(usize),
    /// The Metal device of a Mac.
    Metal,
}

/// Why a device is not to be had.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DeviceError {
    /// The text names no device.
    #[error("unknown device '{0}': expected auto, cpu, cuda:N or metal")]
    Unknown(String),
    /// The program was built without the backend.
    #[error("device {device} needs the cargo feature '{feature}': rebuild with --features {feature}")]
    NotCompiled {
        /// The device asked for.
        device: DeviceSpec,
        /// The feature that brings it.
        feature: &'static str,
    },
    /// The backend refused.
    #[error("device {device} cannot be opened: {reason}")]
    Unavailable {
        /// The device asked for.
        device: DeviceSpec,
        /// What the backend said.
        reason: String,
    },
}

impl DeviceSpec {
    /// Opens the device.
    ///
    /// # Errors
    ///
    /// [`DeviceError::NotCompiled`], [`DeviceError::Unavailable`].
    pub fn open(self) -> Result<Device, DeviceError> {
        let cuda = candle_core::utils::cuda_is_available();
        let metal = candle_core::utils::metal_is_available();
        let unavailable = |error: candle_core::Error| DeviceError::Unavailable {
            device: self,
            reason: error.to_string().lines().next().unwrap_or_default().to_owned(),
        };
        match self {
            Self::Auto if cuda => Device::new_cuda(0).map_err(unavailable),
            Self::Auto if metal => Device::new_metal(0).map_err(unavailable),
            Self::Auto | Self::Cpu => Ok(Device::Cpu),
            Self::Cuda(_) if !cuda => Err(DeviceError::NotCompiled {
                device: self,
                feature: "cuda",
            }),
            Self::Cuda(ordinal) => Device::new_cuda(ordinal).map_err(unavailable),
            Self::Metal if !metal => Err(DeviceError::NotCompiled {
                device: self,
                feature: "metal",
            }),
            Self::Metal => Device::new_metal(0).map_err(unavailable),
        }
    }
}

impl fmt::Display for DeviceSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(ordinal) => write!(f, "cuda:{ordinal}"),
            Self::Metal => f.write_str("metal"),
        }
    }
}

impl FromStr for DeviceSpec {
    type Err = DeviceError;

    fn from_str(text: &str) -> Result<Self, DeviceError> {
        match text {
            "auto" => Ok(Self::Auto),
            "cpu" => Ok(Self::Cpu),
            "cuda" => Ok(Self::Cuda(0)),
            "metal" => Ok(Self::Metal),
            _ => text
                .strip_prefix("cuda:")
                .and_then(|ordinal| ordinal.parse().ok())
                .map(Self::Cuda)
                .ok_or_else(|| DeviceError::Unknown(text.to_owned())),
        }
    }
}

impl From<DeviceSpec> for String {
    fn from(spec: DeviceSpec) -> Self {
        spec.to_string()
    }
}

impl TryFrom<String> for DeviceSpec {
    type Error = DeviceError;

    fn try_from(text: String) -> Result<Self, DeviceError> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip_and_errors_name_the_feature() {
        for name in ["auto", "cpu", "cuda:3", "metal"] {
            assert_eq!(name.parse::<DeviceSpec>().unwrap().to_string(), name);
        }
        assert!(
            "gpu"
                .parse::<DeviceSpec>()
                .unwrap_err()
                .to_string()
                .contains("cuda:N")
        );
        if !candle_core::utils::cuda_is_available() {
            insta::assert_snapshot!(
                DeviceSpec::Cuda(0).open().unwrap_err(),
                @"device cuda:0 needs the cargo feature 'cuda': rebuild with --features cuda"
            );
        }
    }
}
