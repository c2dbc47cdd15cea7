//! Places for the vertices of a graph in the plane: stress majorization (Gansner, Koren & North, *Graph drawing by stress
//! majorization*, 2004), from several starts, always the same.

use num_complex::Complex;
use rand::RngExt;
use std::f64::consts::{PI, TAU};
use sympe_canon::features::laplacian_eigenvectors;
use sympe_canon::graph::ColoredGraph;
use sympe_data::key::{self, Purpose};

pub(crate) type Point = Complex<f64>;

/// Number of starts at random places; two more are the spectral drawing and a circle.
const RANDOM_STARTS: u64 = 6;
/// Sweeps over all vertices after which the best start is chosen.
const SHORT: usize = 60;
/// Sweeps, at most, that move it to its end.
const LONG: usize = 600;

/// How far apart pairs of vertices should be, and how much it matters.
#[derive(Clone)]
pub(crate) struct Targets {
    n: usize,
    length: Vec<f64>,
    weight: Vec<f64>,
}

impl Targets {
    /// Every edge has length 1, every other pair the length of a shortest path, infinite if there is none; relative errors
    /// count. A directed graph is drawn as if it were not. O(n·(n + m)).
    pub(crate) fn new(graph: &ColoredGraph) -> Self {
        let n = graph.n();
        let mut length = vec![f64::INFINITY; n * n];
        for source in 0..n {
            let row = &mut length[source * n..][..n];
            row[source] = 0.0;
            let mut queue = vec![source as u32];
            let mut next = 0;
            while let Some(&v) = queue.get(next) {
                next += 1;
                for &u in graph.neighbors(v).iter().chain(graph.in_neighbors(v)) {
                    if row[u as usize].is_infinite() {
                        row[u as usize] = row[v as usize] + 1.0;
                        queue.push(u);
                    }
                }
            }
        }
        let weight = |&length: &f64| if length > 0.0 { length.powi(-2) } else { 0.0 };
        let weight = length.iter().map(weight).collect();
        Self { n, length, weight }
    }

    pub(crate) fn length(&self, u: usize, v: usize) -> f64 {
        self.length[u * self.n + v]
    }

    /// Replaces the target of a pair.
    pub(crate) fn set(&mut self, u: usize, v: usize, length: f64, weight: f64) {
        for index in [u * self.n + v, v * self.n + u] {
            self.length[index] = length;
            self.weight[index] = weight;
        }
    }

    /// The connected components, by their least vertex.
    fn components(&self) -> Vec<Vec<usize>> {
        let members = |v| (0..self.n).filter(|&u| self.length(v, u).is_finite()).collect();
        let mut components: Vec<Vec<usize>> = (0..self.n).map(members).collect();
        components.sort();
        components.dedup();
        components
    }

    fn stress(&self, members: &[usize], points: &[Point]) -> f64 {
        let mut stress = 0.0;
        for (index, &u) in members.iter().enumerate() {
            for &v in &members[..index] {
                let error = (points[u] - points[v]).norm() - self.length(u, v);
                stress += self.weight[u * self.n + v] * error * error;
            }
        }
        stress
    }

    /// Moves every vertex of a component in turn to where the others want it, until nothing moves. O(n²) per sweep.
    fn majorize(&self, members: &[usize], points: &mut [Point], sweeps: usize) {
        for _ in 0..sweeps {
            let mut moved = 0f64;
            for &u in members {
                let (mut sum, mut total) = (Point::default(), 0.0);
                for &v in members {
                    let weight = self.weight[u * self.n + v];
                    if weight > 0.0 {
                        let apart = points[u] - points[v];
                        let wanted = points[v] + apart / apart.norm().max(1e-9) * self.length(u, v);
                        sum += wanted * weight;
                        total += weight;
                    }
                }
                if total > 0.0 {
                    let before = std::mem::replace(&mut points[u], sum / total);
                    moved = moved.max((points[u] - before).norm());
                }
            }
            if moved < 1e-7 {
                break;
            }
        }
    }
}

/// Whether two segments without a common end cross.
fn cross(a: [Point; 2], b: [Point; 2]) -> bool {
    let side = |[p, q]: [Point; 2], r: Point| ((q - p).conj() * (r - p)).im > 0.0;
    side(a, b[0]) != side(a, b[1]) && side(b, a[0]) != side(b, a[1])
}

fn crossings(edges: &[[usize; 2]], points: &[Point]) -> usize {
    let segment = |edge: &[usize; 2]| edge.map(|end| points[end]);
    let crosses = |one: &[usize; 2], other: &[usize; 2]| {
        one.iter().all(|end| !other.contains(end)) && cross(segment(one), segment(other))
    };
    let before = |(index, one)| edges[..index].iter().filter(|other| crosses(one, other)).count();
    edges.iter().enumerate().map(before).sum()
}

/// The least and the greatest coordinates.
pub(crate) fn bounds(points: impl Iterator<Item = Point>) -> [Point; 2] {
    let infinite = Point::new(f64::INFINITY, f64::INFINITY);
    points.fold([infinite, -infinite], |[low, high], Point { re: x, im: y }| {
        let low = Point::new(low.re.min(x), low.im.min(y));
        [low, Point::new(high.re.max(x), high.im.max(y))]
    })
}

/// Pushes vertices apart that are too close for letters, as in cages, which have no good place in a plane.
fn part(targets: &mut Targets, members: &[usize], points: &mut [Point]) {
    const CLOSE: f64 = 0.55;
    for _ in 0..8 {
        let mut is_close = false;
        for (index, &u) in members.iter().enumerate() {
            for &v in &members[..index] {
                if (points[u] - points[v]).norm() < CLOSE {
                    let weight = targets.weight[u * targets.n + v];
                    targets.set(u, v, 0.8, weight + 1.0);
                    is_close = true;
                }
            }
        }
        if !is_close {
            break;
        }
        targets.majorize(members, points, LONG);
    }
}

/// Places for all vertices of a graph, edges about 1 long, components side by side. With `thirty`, vertices keep a
/// distance for letters, and components are turned so that their edges tend to multiples of 30°, as chemists draw.
pub(crate) fn layout(graph: &ColoredGraph, mut targets: Targets, thirty: bool) -> Vec<Point> {
    let edges: Vec<[usize; 2]> = graph.edges().map(|(u, v, _)| [u as usize, v as usize]).collect();
    let spectral = laplacian_eigenvectors(graph, 2);
    let mut points = vec![Point::default(); graph.n()];
    let mut components = targets.components();
    for (index, members) in components.iter().enumerate() {
        let is_inside = |edge: &[usize; 2]| members.binary_search(&edge[0]).is_ok();
        let inside: Vec<[usize; 2]> = edges.iter().copied().filter(is_inside).collect();
        let radius = 0.5 * (members.len() as f64).sqrt();
        let mut best = (f64::INFINITY, Vec::new());
        for start in 0..RANDOM_STARTS + 2 {
            let mut rng = key::stream(start, 0, index as u64, Purpose::Generate);
            for (place, &v) in members.iter().enumerate() {
                let turn = TAU * (place as f64 / members.len() as f64);
                // Two vertices are never at one place: no force would part them.
                let [x, y] = [0; 2].map(|_| rng.random_range(-1.0..1.0));
                let jitter = Point::new(x, y);
                points[v] = match start {
                    0 => {
                        let [x, y] = [0, 1].map(|axis| f64::from(spectral[2 * v + axis]));
                        Point::new(x, y) * 2.0 * radius + jitter * 0.05
                    }
                    1 => Point::from_polar(radius, turn) + jitter * 0.05,
                    _ => jitter * radius,
                };
            }
            targets.majorize(members, &mut points, SHORT);
            let cost = targets.stress(members, &points) + 0.5 * crossings(&inside, &points) as f64;
            // Costs that differ by rounding alone are equal: the first start wins.
            if cost < best.0 - 1e-6 {
                best = (cost, points.clone());
            }
        }
        points = best.1;
        targets.majorize(members, &mut points, LONG);
        if thirty {
            part(&mut targets, members, &mut points);
        }
        orient(members, &inside, &mut points, thirty);
    }
    components.sort_by_key(|members| std::cmp::Reverse(members.len()));
    pack(&components, &mut points);
    points
}

/// Turns a component to lie rather than stand and, with `thirty`, to have edges at multiples of 30°.
fn orient(members: &[usize], edges: &[[usize; 2]], points: &mut [Point], thirty: bool) {
    let angle = |&[u, v]: &[usize; 2]| (points[v] - points[u]).arg();
    let angles: Vec<f64> = edges.iter().map(angle).collect();
    let wanted = |angle: &f64| [0.0, PI / 6.0, PI / 2.0].map(|wanted| wanted - angle);
    let mut best = (f64::NEG_INFINITY, 0.0);
    for by in angles.iter().flat_map(wanted) {
        let [low, high] = bounds(members.iter().map(|&v| points[v] * Point::cis(by)));
        let mut score = (high.re - low.re) - (high.im - low.im);
        if thirty {
            let fits = angles.iter().map(|angle| (12.0 * (angle + by)).cos());
            score += fits.sum::<f64>();
        }
        // Scores that differ by rounding alone are equal: the first candidate wins.
        if score > best.0 + 1e-3 {
            best = (score, by);
        }
    }
    members.iter().for_each(|&v| points[v] *= Point::cis(best.1));
}

/// Moves components next to each other, in rows of about the width of all of them in a square.
fn pack(components: &[Vec<usize>], points: &mut [Point]) {
    // Hydrogens of two neighbours fit between.
    let gap = Point::new(1.7, 1.7);
    let boxes = components.iter().map(|members| {
        let [low, high] = bounds(members.iter().map(|&v| points[v]));
        [low, high - low + gap]
    });
    let boxes: Vec<[Point; 2]> = boxes.collect();
    let area: f64 = boxes.iter().map(|[_, size]| size.re * size.im).sum();
    let widest = boxes.iter().map(|[_, size]| size.re).fold(0.0, f64::max);
    let width = (1.2 * area.sqrt()).max(widest + 1e-9);
    let (mut corner, mut height) = (Point::default(), 0f64);
    for (members, [low, size]) in components.iter().zip(&boxes) {
        if corner.re + size.re > width {
            corner = Point::new(0.0, corner.im + height);
            height = 0.0;
        }
        members.iter().for_each(|&v| points[v] += corner - low);
        corner.re += size.re;
        height = height.max(size.im);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(n: u32, edges: &[(u32, u32)]) -> ColoredGraph {
        ColoredGraph::from_edges(n as usize, false, edges.iter().copied()).unwrap()
    }

    fn placed(n: u32, edges: &[(u32, u32)]) -> Vec<Point> {
        let graph = graph(n, edges);
        layout(&graph, Targets::new(&graph), false)
    }

    #[test]
    fn paths_are_straight_and_cycles_are_regular() {
        let path: Vec<(u32, u32)> = (0..7).map(|v| (v, v + 1)).collect();
        let points = placed(8, &path);
        assert!(((points[0] - points[7]).norm() - 7.0).abs() < 0.05);
        for n in 3..10 {
            let cycle: Vec<(u32, u32)> = (0..n).map(|v| (v, (v + 1) % n)).collect();
            let points = placed(n, &cycle);
            let center = points.iter().sum::<Point>() / f64::from(n);
            let radii = points.iter().map(|point| (point - center).norm()).collect();
            let side = |&(u, v): &(u32, u32)| (points[u as usize] - points[v as usize]).norm();
            for values in [radii, cycle.iter().map(side).collect::<Vec<f64>>()] {
                let mean = values.iter().sum::<f64>() / f64::from(n);
                let is_mean = |value: &f64| (value - mean).abs() < 1e-3 * mean;
                assert!(values.iter().all(is_mean), "{n}: {values:?}");
            }
        }
    }

    #[test]
    fn a_sweep_never_raises_the_stress() {
        let targets = Targets::new(&graph(
            6,
            &[(0, 1), (1, 2), (2, 3), (3, 0), (3, 4), (4, 5), (1, 4)],
        ));
        let members: Vec<usize> = (0..6).collect();
        for seed in 0..20 {
            let mut rng = key::stream(seed, 0, 0, Purpose::Generate);
            let mut random = || rng.random_range(-2.0..2.0);
            let mut points: Vec<Point> = (0..6).map(|_| Point::new(random(), random())).collect();
            let mut before = targets.stress(&members, &points);
            for _ in 0..30 {
                targets.majorize(&members, &mut points, 1);
                let after = targets.stress(&members, &points);
                assert!(after <= before + 1e-9, "{before} to {after}");
                before = after;
            }
        }
    }

    #[test]
    fn crossings_are_counted() {
        let corners = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)].map(|(x, y)| Point::new(x, y));
        assert_eq!(crossings(&[[0, 2], [1, 3]], &corners), 1);
        assert_eq!(crossings(&[[0, 1], [2, 3], [1, 2]], &corners), 0);
    }
}
