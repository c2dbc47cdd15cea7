//! Places for the vertices of a graph in the plane: stress majorization (Gansner, Koren & North, *Graph drawing by stress
//! majorization*, 2004), from several starts, always the same.

use rand::RngExt;
use sympe_canon::features::laplacian_eigenvectors;
use sympe_canon::graph::ColoredGraph;
use sympe_data::key::{self, Purpose};

pub(super) type Point = [f64; 2];

/// Number of starts at random places; two more are the spectral drawing and a circle.
const RANDOM_STARTS: u64 = 6;
/// Sweeps over all vertices after which the best start is chosen.
const SHORT: usize = 60;
/// Sweeps, at most, that move it to its end.
const LONG: usize = 600;

/// How far apart pairs of vertices should be, and how much it matters.
pub(super) struct Targets {
    n: usize,
    /// Number of edges between two vertices; `u32::MAX` if they are not connected.
    steps: Vec<u32>,
    length: Vec<f64>,
    weight: Vec<f64>,
}

impl Targets {
    /// Every edge has length 1, every other pair the length of a shortest path; relative errors count. O(n·(n + m)).
    pub(super) fn new(graph: &ColoredGraph) -> Self {
        let n = graph.n();
        let mut steps = vec![u32::MAX; n * n];
        for source in 0..n {
            let row = &mut steps[source * n..][..n];
            row[source] = 0;
            let mut queue = vec![source as u32];
            let mut next = 0;
            while next < queue.len() {
                let v = queue[next];
                next += 1;
                for &u in graph.neighbors(v).iter().chain(graph.in_neighbors(v)) {
                    if row[u as usize] == u32::MAX {
                        row[u as usize] = row[v as usize] + 1;
                        queue.push(u);
                    }
                }
            }
        }
        // A directed graph is drawn as if it were not: the shorter way counts, the search took both directions.
        let length: Vec<f64> = steps.iter().map(|&steps| f64::from(steps)).collect();
        let weight = steps
            .iter()
            .map(|&steps| match steps {
                0 | u32::MAX => 0.0,
                steps => f64::from(steps).powi(-2),
            })
            .collect();
        Self {
            n,
            steps,
            length,
            weight,
        }
    }

    pub(super) fn steps(&self, u: usize, v: usize) -> u32 {
        self.steps[u * self.n + v]
    }

    /// Replaces the target of a pair.
    pub(super) fn set(&mut self, u: usize, v: usize, length: f64, weight: f64) {
        for index in [u * self.n + v, v * self.n + u] {
            self.length[index] = length;
            self.weight[index] = weight;
        }
    }

    /// The connected components, by their least vertex.
    fn components(&self) -> Vec<Vec<usize>> {
        let mut components = Vec::new();
        let mut seen = vec![false; self.n];
        for v in 0..self.n {
            if !seen[v] {
                let members: Vec<usize> = (v..self.n).filter(|&u| self.steps(v, u) != u32::MAX).collect();
                members.iter().for_each(|&u| seen[u] = true);
                components.push(members);
            }
        }
        components
    }

    fn stress(&self, members: &[usize], points: &[Point]) -> f64 {
        let mut stress = 0.0;
        for (index, &u) in members.iter().enumerate() {
            for &v in &members[..index] {
                let error = distance(points[u], points[v]) - self.length[u * self.n + v];
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
                let (mut sum, mut total) = ([0.0; 2], 0.0);
                for &v in members {
                    let (length, weight) = (self.length[u * self.n + v], self.weight[u * self.n + v]);
                    if weight == 0.0 {
                        continue;
                    }
                    let apart = distance(points[u], points[v]).max(1e-9);
                    for axis in 0..2 {
                        let away = (points[u][axis] - points[v][axis]) / apart;
                        sum[axis] += weight * (points[v][axis] + length * away);
                    }
                    total += weight;
                }
                if total > 0.0 {
                    let place = sum.map(|value| value / total);
                    moved = moved.max(distance(place, points[u]));
                    points[u] = place;
                }
            }
            if moved < 1e-7 {
                break;
            }
        }
    }
}

pub(super) fn distance(a: Point, b: Point) -> f64 {
    f64::hypot(a[0] - b[0], a[1] - b[1])
}

/// Whether two segments without a common end cross.
fn cross(a: [Point; 2], b: [Point; 2]) -> bool {
    let side =
        |[p, q]: [Point; 2], r: Point| (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]) > 0.0;
    side(a, b[0]) != side(a, b[1]) && side(b, a[0]) != side(b, a[1])
}

fn crossings(edges: &[[usize; 2]], points: &[Point]) -> usize {
    let mut count = 0;
    for (index, one) in edges.iter().enumerate() {
        for other in &edges[..index] {
            let apart = one.iter().all(|end| !other.contains(end));
            let segment = |edge: &[usize; 2]| edge.map(|end| points[end]);
            count += usize::from(apart && cross(segment(one), segment(other)));
        }
    }
    count
}

/// Turns by an angle, in radians.
pub(super) fn turned([x, y]: Point, angle: f64) -> Point {
    let (sin, cos) = angle.sin_cos();
    [cos * x - sin * y, sin * x + cos * y]
}

/// The least and the greatest coordinates.
pub(super) fn bounds(points: impl IntoIterator<Item = Point>) -> [Point; 2] {
    let mut bounds = [[f64::INFINITY; 2], [f64::NEG_INFINITY; 2]];
    for point in points {
        for axis in 0..2 {
            bounds[0][axis] = bounds[0][axis].min(point[axis]);
            bounds[1][axis] = bounds[1][axis].max(point[axis]);
        }
    }
    bounds
}

/// Pushes vertices apart that are too close for letters, as in cages, which have no good place in a plane.
fn part(targets: &mut Targets, members: &[usize], points: &mut [Point]) {
    const CLOSE: f64 = 0.55;
    for _ in 0..8 {
        let mut is_close = false;
        for (index, &u) in members.iter().enumerate() {
            for &v in &members[..index] {
                if distance(points[u], points[v]) < CLOSE {
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
pub(super) fn layout(graph: &ColoredGraph, mut targets: Targets, thirty: bool) -> Vec<Point> {
    let edges: Vec<[usize; 2]> = graph.edges().map(|(u, v, _)| [u as usize, v as usize]).collect();
    let spectral = laplacian_eigenvectors(graph, 2);
    let mut points = vec![[0.0; 2]; graph.n()];
    let mut components = targets.components();
    for (index, members) in components.iter().enumerate() {
        let inside: Vec<[usize; 2]> = edges
            .iter()
            .filter(|edge| members.binary_search(&edge[0]).is_ok())
            .copied()
            .collect();
        let radius = 0.5 * (members.len() as f64).sqrt();
        let mut best: Option<(f64, Vec<Point>)> = None;
        for start in 0..RANDOM_STARTS + 2 {
            let mut rng = key::stream(start, 0, index as u64, Purpose::Generate);
            for (place, &v) in members.iter().enumerate() {
                // Two vertices are never at one place: no force would part them.
                let jitter = [0; 2].map(|_| rng.random_range(-1.0..1.0));
                let (start, noise) = match start {
                    0 => (
                        [0, 1].map(|axis| f64::from(spectral[2 * v + axis]) * 2.0 * radius),
                        0.05,
                    ),
                    1 => {
                        let turn = place as f64 / members.len() as f64;
                        (turned([radius, 0.0], std::f64::consts::TAU * turn), 0.05)
                    }
                    _ => ([0.0; 2], radius),
                };
                points[v] = [0, 1].map(|axis| start[axis] + noise * jitter[axis]);
            }
            targets.majorize(members, &mut points, SHORT);
            let cost = targets.stress(members, &points) + 0.5 * crossings(&inside, &points) as f64;
            // Costs that differ by rounding alone are equal: the first start wins.
            if best.as_ref().is_none_or(|(least, _)| cost < least - 1e-6) {
                best = Some((cost, members.iter().map(|&v| points[v]).collect()));
            }
        }
        if let Some((_, places)) = best {
            members
                .iter()
                .zip(places)
                .for_each(|(&v, place)| points[v] = place);
        }
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
    use std::f64::consts::PI;
    let angle = |[u, v]: [usize; 2]| f64::atan2(points[v][1] - points[u][1], points[v][0] - points[u][0]);
    let wanted = [0.0, PI / 6.0, PI / 2.0];
    let candidates = edges
        .iter()
        .flat_map(|&edge| wanted.map(|wanted| wanted - angle(edge)));
    let mut best: Option<(f64, f64)> = None;
    for by in candidates {
        let [low, high] = bounds(members.iter().map(|&v| turned(points[v], by)));
        let mut score = (high[0] - low[0]) - (high[1] - low[1]);
        if thirty {
            score += edges
                .iter()
                .map(|&edge| (12.0 * (angle(edge) + by)).cos())
                .sum::<f64>();
        }
        // Scores that differ by rounding alone are equal: the first candidate wins.
        if best.is_none_or(|(most, _)| score > most + 1e-3) {
            best = Some((score, by));
        }
    }
    if let Some((_, by)) = best {
        members.iter().for_each(|&v| points[v] = turned(points[v], by));
    }
}

/// Moves components next to each other, in rows of about the width of all of them in a square.
fn pack(components: &[Vec<usize>], points: &mut [Point]) {
    // Hydrogens of two neighbours fit between.
    const GAP: f64 = 1.7;
    let sizes: Vec<[Point; 2]> = components
        .iter()
        .map(|members| bounds(members.iter().map(|&v| points[v])))
        .collect();
    let size = |[low, high]: &[Point; 2], axis: usize| high[axis] - low[axis] + GAP;
    let area: f64 = sizes.iter().map(|one| size(one, 0) * size(one, 1)).sum();
    let widest = sizes.iter().map(|one| size(one, 0)).fold(0.0, f64::max);
    let width = (1.2 * area.sqrt()).max(widest + 1e-9);
    let (mut corner, mut height) = ([0.0, 0.0], 0f64);
    for (members, one) in components.iter().zip(&sizes) {
        if corner[0] + size(one, 0) > width {
            corner = [0.0, corner[1] + height];
            height = 0.0;
        }
        for &v in members {
            for axis in 0..2 {
                points[v][axis] += corner[axis] - one[0][axis];
            }
        }
        corner[0] += size(one, 0);
        height = height.max(size(one, 1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placed(n: usize, edges: &[(u32, u32)]) -> (Vec<Point>, f64) {
        let graph = ColoredGraph::from_edges(n, false, edges.iter().copied()).unwrap();
        let targets = Targets::new(&graph);
        let points = layout(&graph, Targets::new(&graph), false);
        let stress = targets.stress(&(0..n).collect::<Vec<_>>(), &points);
        (points, stress)
    }

    #[test]
    fn paths_are_straight_and_cycles_are_regular() {
        let path: Vec<(u32, u32)> = (0..7).map(|v| (v, v + 1)).collect();
        let (points, stress) = placed(8, &path);
        assert!(stress < 1e-3, "{stress}");
        assert!((distance(points[0], points[7]) - 7.0).abs() < 0.05);
        for n in 3..10u32 {
            let cycle: Vec<(u32, u32)> = (0..n).map(|v| (v, (v + 1) % n)).collect();
            let (points, _) = placed(n as usize, &cycle);
            let center =
                [0, 1].map(|axis| points.iter().map(|point| point[axis]).sum::<f64>() / f64::from(n));
            let radii: Vec<f64> = points.iter().map(|&point| distance(point, center)).collect();
            let sides: Vec<f64> = cycle
                .iter()
                .map(|&(u, v)| distance(points[u as usize], points[v as usize]))
                .collect();
            for values in [radii, sides] {
                let mean = values.iter().sum::<f64>() / f64::from(n);
                assert!(
                    values.iter().all(|value| (value - mean).abs() < 1e-3 * mean),
                    "{n}: {values:?}"
                );
            }
        }
    }

    #[test]
    fn a_sweep_never_raises_the_stress() {
        let graph =
            ColoredGraph::from_edges(6, false, [(0, 1), (1, 2), (2, 3), (3, 0), (3, 4), (4, 5), (1, 4)])
                .unwrap();
        let targets = Targets::new(&graph);
        let members: Vec<usize> = (0..6).collect();
        for seed in 0..20 {
            let mut rng = key::stream(seed, 0, 0, Purpose::Generate);
            let mut points: Vec<Point> = (0..6)
                .map(|_| [0; 2].map(|_| rng.random_range(-2.0..2.0)))
                .collect();
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
    fn components_are_apart_and_everything_is_finite() {
        let (points, _) = placed(9, &[(0, 1), (1, 2), (2, 0), (3, 4), (5, 6), (6, 7)]);
        let component = [0, 0, 0, 1, 1, 2, 2, 2, 3];
        for u in 0..9 {
            for v in 0..u {
                let apart = distance(points[u], points[v]);
                assert!(apart > 0.5 && apart.is_finite());
                assert!(
                    component[u] == component[v] || apart > 0.99,
                    "{u} and {v}: {apart}"
                );
            }
        }
        assert!(placed(0, &[]).0.is_empty());
        assert_eq!(placed(1, &[]).0, [[0.0; 2]]);
    }

    #[test]
    fn crossings_are_counted() {
        let corners = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]];
        assert_eq!(crossings(&[[0, 2], [1, 3]], &corners), 1);
        assert_eq!(crossings(&[[0, 1], [2, 3], [1, 2]], &corners), 0);
    }
}
