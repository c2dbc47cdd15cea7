//! How much noise there is when: the cosine schedule.

use crate::DataError;

sympe_groups::named! {
    serde "spacing of steps"
    /// Which times of a schedule fewer steps stop at.
    ///
    /// ```
    /// use sympe_data::diffusion::Spacing;
    /// assert_eq!("log-snr".parse(), Ok(Spacing::LogSnr));
    /// ```
    #[derive(Default)]
    pub enum Spacing {
        /// Evenly spaced times.
        #[default]
        Time = "time",
        /// Evenly spaced logarithms of the ratio of signal to noise, `ln ᾱ/(1 − ᾱ)`.
        LogSnr = "log-snr",
    }
}

/// The largest `β_t`: no step may forget everything, or `ᾱ_t` would be zero.
const MAX_BETA: f64 = 0.9999;

/// The cosine schedule: at time `t` a variable still has its clean value with probability `ᾱ_t = Π_{s ≤ t} (1 − β_s)`, and
/// is drawn from the limit distribution otherwise.
///
/// With `f(u) = cos²(½π (u/(T + 2) + s)/(1 + s))`, `s = 0.008`, at the `T + 2` equally spaced points `u_k` from 0 to
/// `T + 2`, `β_t = 1 − f(u_{t+1})/f(u_t)` for `t = 0, …, T`, at most 0.9999 (Nichol & Dhariwal, 2021, in the discretization of the
/// code of DiGress). So time 0 has a little noise: `ᾱ_0 = 1 − β_0`.
///
/// ```
/// use sympe_data::diffusion::CosineSchedule;
/// let schedule = CosineSchedule::new(500)?;
/// assert!((schedule.beta(0) - 8.723e-5).abs() < 1e-8);
/// assert!((schedule.alpha_bar(250) - 0.492288).abs() < 1e-6);
/// # Ok::<(), sympe_data::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct CosineSchedule {
    beta: Vec<f64>,
    alpha_bar: Vec<f64>,
    /// The time of each step, of `horizon`: itself, of `T`, unless the schedule is respaced.
    times: Vec<usize>,
    horizon: usize,
}

impl CosineSchedule {
    /// The schedule of `steps` denoising steps, `T`.
    ///
    /// # Errors
    ///
    /// When there are none, or more than a million.
    pub fn new(steps: usize) -> Result<Self, DataError> {
        if !(1..=1_000_000).contains(&steps) {
            return Err(DataError::invalid(
                "number of diffusion steps",
                steps,
                "a number from 1 to 1000000",
            ));
        }
        const OFFSET: f64 = 0.008;
        let signal = |k: usize| {
            let share = k as f64 / (steps + 1) as f64;
            (std::f64::consts::FRAC_PI_2 * (share + OFFSET) / (1.0 + OFFSET))
                .cos()
                .powi(2)
        };
        let beta: Vec<f64> = (0..=steps)
            .map(|t| (1.0 - signal(t + 1) / signal(t)).min(MAX_BETA))
            .collect();
        let alpha_bar = beta
            .iter()
            .scan(1.0, |product, beta| {
                *product *= 1.0 - beta;
                Some(*product)
            })
            .collect();
        Ok(Self {
            beta,
            alpha_bar,
            times: (0..=steps).collect(),
            horizon: steps,
        })
    }

    /// The same, but the last step forgets everything: `β_T = 1`, `ᾱ_T = 0`. Where noise [hides](super::Limit::absorbing) what
    /// was there, all is hidden then, as in what sampling starts from.
    ///
    /// ```
    /// use sympe_data::diffusion::CosineSchedule;
    /// let schedule = CosineSchedule::new(100)?.complete();
    /// assert_eq!((schedule.alpha_bar(100), schedule.beta(100)), (0.0, 1.0));
    /// assert_eq!(schedule.alpha_bar(99), CosineSchedule::new(100)?.alpha_bar(99));
    /// # Ok::<(), sympe_data::DataError>(())
    /// ```
    #[must_use]
    pub fn complete(mut self) -> Self {
        if let (Some(beta), Some(alpha_bar)) = (self.beta.last_mut(), self.alpha_bar.last_mut()) {
            (*beta, *alpha_bar) = (1.0, 0.0);
        }
        self
    }

    /// As much noise in fewer steps: `N + 1` of the times of this schedule, 0 and `T` among them, with `N` = `steps`. A network
    /// that was trained with this schedule meets no amount of noise that it has not seen; each step is larger (Nichol &
    /// Dhariwal, 2021, section 4).
    ///
    /// Evenly in time they are `0, T/N, 2T/N, …, T`, rounded. Evenly in the logarithm `λ_t` of the ratio of signal to noise they are
    /// those nearest to even parts of the way from `λ_0` to `λ_{T−1}`, and `T`, where next to no signal is left.
    ///
    /// ```
    /// use sympe_data::diffusion::{CosineSchedule, Spacing};
    /// let schedule = CosineSchedule::new(100)?;
    /// let fast = schedule.respaced(10, Spacing::Time)?;
    /// assert_eq!((fast.alpha_bar(0), fast.alpha_bar(7)), (schedule.alpha_bar(0), schedule.alpha_bar(70)));
    /// assert_eq!(fast.progress(7), 0.7);
    /// // More of the steps are where there is little noise, or little signal.
    /// let even = schedule.respaced(10, Spacing::LogSnr)?;
    /// assert!(even.progress(1) < 0.1 && even.progress(9) > 0.9);
    /// assert!(schedule.respaced(101, Spacing::Time).is_err());
    /// # Ok::<(), sympe_data::DataError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When there are none, or more than before.
    pub fn respaced(&self, steps: usize, spacing: Spacing) -> Result<Self, DataError> {
        let all = self.steps();
        if !(1..=all).contains(&steps) {
            let expected = "at least 1, and no more than the process was made with";
            return Err(DataError::invalid(
                "number of diffusion steps",
                format!("{steps} of a process of {all}"),
                expected,
            ));
        }
        if steps == all {
            return Ok(self.clone());
        }
        let kept: Vec<usize> = match spacing {
            Spacing::Time => (0..=steps).map(|k| (2 * k * all + steps) / (2 * steps)).collect(),
            Spacing::LogSnr => self.even_in_log_snr(steps),
        };
        let alpha_bar: Vec<f64> = kept.iter().map(|&t| self.alpha_bar[t]).collect();
        let before = std::iter::once(1.0).chain(alpha_bar.iter().copied());
        Ok(Self {
            beta: alpha_bar
                .iter()
                .zip(before)
                .map(|(now, before)| 1.0 - now / before)
                .collect(),
            alpha_bar,
            times: kept.into_iter().map(|t| self.times[t]).collect(),
            horizon: self.horizon,
        })
    }

    /// Times from 0 to `T` for so many steps, fewer than `T`. No two are equal: where the schedule has no time for some parts of
    /// the way, their neighbours move.
    fn even_in_log_snr(&self, steps: usize) -> Vec<usize> {
        let log_snr = |t: usize| (self.alpha_bar[t] / (1.0 - self.alpha_bar[t])).ln();
        let last = self.steps();
        let [first, end] = [0, last - 1].map(log_snr);
        let mut kept = vec![0];
        for k in 1..steps {
            let wanted = first + (end - first) * k as f64 / steps as f64;
            let distance = |t: &usize| (log_snr(*t) - wanted).abs();
            // As many are left as there are steps to go.
            let free = kept[k - 1] + 1..=last - (steps - k);
            let nearest = free.min_by(|a, b| distance(a).total_cmp(&distance(b)));
            kept.push(nearest.expect("more times than steps"));
        }
        kept.push(last);
        kept
    }

    /// How far time `t` is on the way from 0 to `T`, as a network is told: from 0 to 1. Of a respaced schedule, on the way
    /// of the one that it was made from.
    ///
    /// # Panics
    ///
    /// When `t` exceeds `T`.
    #[must_use]
    pub fn progress(&self, t: usize) -> f32 {
        self.times[t] as f32 / self.horizon as f32
    }

    /// `T`, the number of denoising steps; times are `0..=T`.
    #[must_use]
    pub fn steps(&self) -> usize {
        self.beta.len() - 1
    }

    /// `β_t`, the probability that step `t` forgets the value.
    ///
    /// # Panics
    ///
    /// When `t` exceeds `T`; so does [`alpha_bar`](Self::alpha_bar).
    #[must_use]
    pub fn beta(&self, t: usize) -> f64 {
        self.beta[t]
    }

    /// `ᾱ_t`, the probability that the value is not forgotten by time `t`.
    #[must_use]
    pub fn alpha_bar(&self, t: usize) -> f64 {
        self.alpha_bar[t]
    }

    /// `ᾱ_{t−1}`, with the clean graph before time 0.
    pub(super) fn alpha_bar_before(&self, t: usize) -> f64 {
        t.checked_sub(1).map_or(1.0, |s| self.alpha_bar[s])
    }
}
