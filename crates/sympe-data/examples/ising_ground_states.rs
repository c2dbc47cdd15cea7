//! Ground-state energies of disordered Ising models at growing budgets of the annealer: when nothing falls any more, the
//! ground states are found. Arguments: side, instances, largest number of starts (default: 8 10 4).

use std::time::Instant;
use sympe_data::ising::{Annealer, Disordered, exact};
use sympe_data::{DataError, Dataset};

fn main() -> Result<(), DataError> {
    let mut arguments = std::env::args().skip(1).map(|word| word.parse::<u32>());
    let mut next = |default| match arguments.next() {
        None => default,
        Some(number) => number.expect("arguments are numbers: side, instances, starts"),
    };
    let (side, count, most) = (next(8), next(10) as usize, next(4));
    for (name, field) in [("J ~ N(0, 1), h = 0", 0.0), ("J ~ N(0, 1), h ~ U(−1, 1)", 1.0)] {
        let data = Disordered::new(count, [side, side], 0)?.with_field(-field..=field)?;
        println!("{side} × {side}, {name}, {count} instances");
        println!("  starts  seed  mean energy per site  ± s.e.   ms each  found  (of the best known)");
        let items = (0..count)
            .map(|index| data.get(index))
            .collect::<Result<Vec<_>, _>>()?;
        let mut rows = Vec::new();
        let budgets = std::iter::successors(Some(1), |starts| {
            Some(starts * 2).filter(|starts| *starts <= most)
        });
        for (restarts, seed) in budgets.flat_map(|starts| [(starts, 0), (starts, 1)]) {
            let annealer = Annealer {
                restarts,
                seed,
                ..Annealer::default()
            };
            let start = Instant::now();
            let energies = items.iter().map(|item| Ok(annealer.run(item)?.energy));
            let energies = energies.collect::<Result<Vec<f64>, DataError>>()?;
            rows.push((restarts, seed, energies, start.elapsed().as_secs_f64()));
        }
        let exact = if side <= 8 {
            let energies = items.iter().map(|item| Ok(exact::transfer(item)?.energy));
            Some(energies.collect::<Result<Vec<f64>, DataError>>()?)
        } else {
            None
        };
        let least = |index: usize| rows.iter().map(|row| row.2[index]).fold(f64::INFINITY, f64::min);
        let best = exact.clone().unwrap_or_else(|| (0..count).map(least).collect());
        for (restarts, seed, energies, seconds) in &rows {
            let n = count as f64;
            let mean = energies.iter().sum::<f64>() / n;
            let variance = energies.iter().map(|e| (e - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0);
            let found = energies
                .iter()
                .zip(&best)
                .filter(|(e, best)| **e <= **best + 1e-12)
                .count();
            println!(
                "  {restarts:>6}  {seed:>4}  {mean:>20.6}  {:>6.4}  {:>8.2}  {found:>5}",
                (variance / n).sqrt(),
                1e3 * seconds / n
            );
        }
        if exact.is_some() {
            println!("  (found: of the exact ground states)");
        }
    }
    Ok(())
}
