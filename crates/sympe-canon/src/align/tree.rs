//! A permutation group as a tree of choices, where choices that do not touch each other are beside each other.
//!
//! A [`Chain`] chooses the image of one point: an element of the transversal of its basic orbit. What stabilizes the point falls
//! apart into factors that move different points, and each is a tree of its own. An [`Exchange`] permutes bundles of points at will,
//! which may have trees inside. So the elements of a group are the ways to choose along its trees, each of them once, and a sum
//! over points splits where the trees do.

use std::collections::{HashMap, HashSet};
use sympe_groups::{Bundles, PermGroup, Permutation, UnionFind};

/// A factor of a group, which moves points that no other factor beside it does.
#[derive(Clone, Debug)]
pub(super) enum Node {
    Chain(Chain),
    Exchange(Exchange),
}

/// A basic orbit, and the factors of the stabilizer of its base point.
#[derive(Clone, Debug)]
pub(super) struct Chain {
    /// The points of this factor, sorted.
    points: Vec<u32>,
    /// Their orbits, as positions among the points.
    pub(super) orbits: Vec<Vec<u32>>,
    /// For each element of the transversal, the positions of the images of the points; the identity first.
    pub(super) transversal: Vec<Vec<u32>>,
    /// Positions of the points whose images are known once an element is chosen.
    pub(super) settled: Vec<u32>,
    /// What is left to choose; it acts before the element that was chosen.
    pub(super) inside: Vec<Node>,
}

/// Bundles of points, the `i`-th point of one going to the `i`-th of another.
#[derive(Clone, Debug)]
pub(super) struct Exchange {
    /// The points, bundle by bundle.
    points: Vec<u32>,
    width: usize,
    /// For each bundle, the places in it that nothing inside moves.
    pub(super) alone: Vec<Vec<u32>>,
    /// For each bundle, what is chosen inside; it acts before the exchange.
    pub(super) inside: Vec<Vec<Node>>,
}

impl Node {
    /// The points whose images are chosen here.
    pub(super) fn points(&self) -> &[u32] {
        match self {
            Self::Chain(chain) => chain.points(),
            Self::Exchange(exchange) => exchange.points(),
        }
    }
}

impl Chain {
    pub(super) fn points(&self) -> &[u32] {
        &self.points
    }
}

impl Exchange {
    pub(super) fn points(&self) -> &[u32] {
        &self.points
    }

    pub(super) fn bundle(&self, index: usize) -> &[u32] {
        &self.points[index * self.width..(index + 1) * self.width]
    }

    pub(super) fn len(&self) -> usize {
        self.inside.len()
    }
}

/// A permutation by the points that it moves, and their images.
type Moves = Vec<(u32, u32)>;

/// A class of bundles, as in [`Bundles`].
#[derive(Clone, Debug)]
struct Class {
    width: usize,
    points: Vec<u32>,
}

/// The factors of a group. What they leave out is fixed by all of it.
pub(super) fn factors(group: &PermGroup) -> Vec<Node> {
    let (parts, core, twins) = group.unbundled();
    let classes = |bundles: &Bundles| -> Vec<Class> {
        let class = |(width, points): (usize, &[u32])| Class {
            width,
            points: points.to_vec(),
        };
        bundles.classes().map(class).collect()
    };
    let of_core = Level {
        generators: core.strong_generators().iter().map(moves).collect(),
        twins: classes(&twins),
    };
    let builder = Builder {
        degree: group.degree(),
        base: core.base().to_vec(),
    };
    builder.with_parts(classes(&parts), of_core).unwrap_or_else(|| {
        // Classes overlap in a way that no symmetry search makes: any group has a chain.
        let level = Level {
            generators: group.strong_generators().iter().map(moves).collect(),
            twins: Vec::new(),
        };
        let base = group.base().to_vec();
        let builder = Builder { base, ..builder };
        builder.nodes(level, 0).expect("a chain without classes")
    })
}

fn moves(permutation: &Permutation) -> Moves {
    (0u32..)
        .zip(permutation.images().iter().copied())
        .filter(|(point, image)| point != image)
        .collect()
}

/// What is to be made a list of nodes.
#[derive(Default)]
struct Level {
    generators: Vec<Moves>,
    twins: Vec<Class>,
}

struct Builder {
    degree: usize,
    base: Vec<u32>,
}

/// The classes that are in no earlier one, each with those that are in it, by bundle. None if one lies across.
fn nested(classes: Vec<Class>) -> Option<Vec<(Class, Vec<Vec<Class>>)>> {
    let mut outermost: Vec<(Class, Vec<Vec<Class>>)> = Vec::new();
    let mut place: HashMap<u32, (usize, usize)> = HashMap::new();
    for class in classes {
        match common(class.points.iter().copied(), &place)? {
            Some((outer, bundle)) => outermost[outer].1[bundle].push(class),
            None => {
                let count = class.points.len() / class.width;
                for (position, &point) in class.points.iter().enumerate() {
                    place.insert(point, (outermost.len(), position / class.width));
                }
                outermost.push((class, vec![Vec::new(); count]));
            }
        }
    }
    Some(outermost)
}

/// The place that all points have: nowhere, or in one bundle. None if they are in several.
fn common<P: Copy + PartialEq>(
    points: impl Iterator<Item = u32>,
    place: &HashMap<u32, P>,
) -> Option<Option<P>> {
    let mut places = points.map(|point| place.get(&point).copied());
    let first = places.next()?;
    places.all(|other| other == first).then_some(first)
}

impl Builder {
    /// The nodes of a group with classes of parts; none if something lies across parts.
    fn with_parts(&self, parts: Vec<Class>, mut level: Level) -> Option<Vec<Node>> {
        let mut nodes = Vec::new();
        for (class, inner) in nested(parts)? {
            let mut place = HashMap::new();
            for (position, &point) in class.points.iter().enumerate() {
                place.insert(point, position / class.width);
            }
            let mut levels: Vec<Level> = inner.iter().map(|_| Level::default()).collect();
            let mut rest = Level::default();
            for generator in level.generators {
                match common(generator.iter().map(|&(point, _)| point), &place)? {
                    Some(bundle) => levels[bundle].generators.push(generator),
                    None => rest.generators.push(generator),
                }
            }
            for twins in level.twins {
                match common(twins.points.iter().copied(), &place)? {
                    Some(bundle) => levels[bundle].twins.push(twins),
                    None => rest.twins.push(twins),
                }
            }
            level = rest;
            let inside = inner
                .into_iter()
                .zip(levels)
                .map(|(parts, level)| self.with_parts(parts, level));
            nodes.push(exchange(class, inside.collect::<Option<_>>()?));
        }
        nodes.extend(self.nodes(level, 0)?);
        Some(nodes)
    }

    /// The nodes of a group without parts, the base from a place on.
    fn nodes(&self, level: Level, first: usize) -> Option<Vec<Node>> {
        let mut factors = UnionFind::new(self.degree);
        let mut is_moved = vec![
            false;
            if level.generators.is_empty() {
                0
            } else {
                self.degree
            }
        ];
        for generator in &level.generators {
            for &(point, _) in generator {
                factors.join(generator[0].0, point);
                is_moved[point as usize] = true;
            }
        }
        let (mut nodes, mut carried) = (Vec::new(), Vec::new());
        for (class, inner) in nested(level.twins)? {
            let is_carried =
                !is_moved.is_empty() && class.points.iter().any(|&point| is_moved[point as usize]);
            if !is_carried {
                nodes.push(self.twins(class, inner)?);
                continue;
            }
            class.points.iter().for_each(|&point| {
                factors.join(class.points[0], point);
            });
            carried.push(class);
            carried.extend(inner.into_iter().flatten());
        }
        let factor_of = factors.into_representatives();
        let mut levels: Vec<(u32, Level)> = Vec::new();
        let mut index: HashMap<u32, usize> = HashMap::new();
        let mut level_of = |point: u32, levels: &mut Vec<(u32, Level)>| {
            let factor = factor_of[point as usize];
            *index.entry(factor).or_insert_with(|| {
                levels.push((factor, Level::default()));
                levels.len() - 1
            })
        };
        for generator in level.generators {
            let index = level_of(generator[0].0, &mut levels);
            levels[index].1.generators.push(generator);
        }
        for class in carried {
            let index = level_of(class.points[0], &mut levels);
            levels[index].1.twins.push(class);
        }
        for (_, level) in levels {
            nodes.push(self.chain(level, first)?);
        }
        Some(nodes)
    }

    /// A class of twins that nothing else moves.
    fn twins(&self, class: Class, inner: Vec<Vec<Class>>) -> Option<Node> {
        let inside = inner.into_iter().map(|twins| {
            let level = Level {
                generators: Vec::new(),
                twins,
            };
            self.nodes(level, 0)
        });
        Some(exchange(class, inside.collect::<Option<_>>()?))
    }

    /// A factor with generators.
    fn chain(&self, level: Level, first: usize) -> Option<Node> {
        let is_moved = |point: u32| level.generators.iter().flatten().any(|&(from, _)| from == point);
        let at = (first..self.base.len()).find(|&at| is_moved(self.base[at]))?;
        let base = self.base[at];
        let mut points: Vec<u32> = level
            .generators
            .iter()
            .flatten()
            .map(|&(point, _)| point)
            .collect();
        points.extend(level.twins.iter().flat_map(|class| &class.points));
        points.sort_unstable();
        points.dedup();
        let position = |point: u32| points.binary_search(&point).expect("a point of the factor") as u32;
        let generators: Vec<Vec<u32>> = level
            .generators
            .iter()
            .map(|moves| {
                let mut images: Vec<u32> = (0..points.len() as u32).collect();
                moves
                    .iter()
                    .for_each(|&(point, image)| images[position(point) as usize] = position(image));
                images
            })
            .collect();

        let transversal = transversal(position(base) as usize, &generators);
        let mut orbits = UnionFind::new(points.len());
        for generator in &generators {
            (0u32..).zip(generator).for_each(|(point, &image)| {
                orbits.join(point, image);
            });
        }
        for class in &level.twins {
            for (&a, &b) in class.points.iter().zip(&class.points[class.width..]) {
                orbits.join(position(a), position(b));
            }
        }
        let stabilizer = Level {
            generators: level
                .generators
                .into_iter()
                .filter(|moves| moves.iter().all(|&(point, _)| point != base))
                .collect(),
            twins: level.twins,
        };
        let inside = self.nodes(stabilizer, at + 1)?;
        let mut is_settled = vec![true; points.len()];
        for point in inside.iter().flat_map(|node| node.points()) {
            is_settled[position(*point) as usize] = false;
        }
        let settled: Vec<u32> = (0..points.len() as u32)
            .filter(|&point| is_settled[point as usize])
            .collect();
        if is_symmetric(points.len(), transversal.len(), &inside) {
            let class = Class { width: 1, points };
            let inside = vec![Vec::new(); class.points.len()];
            return Some(exchange(class, inside));
        }
        Some(Node::Chain(Chain {
            orbits: listed(orbits),
            points,
            transversal,
            settled,
            inside,
        }))
    }
}

/// An element that takes a point to each point of its orbit, the identity first, as a product of generators.
fn transversal(root: usize, generators: &[Vec<u32>]) -> Vec<Vec<u32>> {
    let degree = generators[0].len();
    let mut transversal: Vec<Vec<u32>> = vec![(0..degree as u32).collect()];
    let mut is_reached = vec![false; degree];
    is_reached[root] = true;
    let mut next = 0;
    while next < transversal.len() {
        for generator in generators {
            let image = generator[transversal[next][root] as usize];
            if !std::mem::replace(&mut is_reached[image as usize], true) {
                let product = transversal[next]
                    .iter()
                    .map(|&via| generator[via as usize])
                    .collect();
                transversal.push(product);
            }
        }
        next += 1;
    }
    transversal
}

/// Whether a factor of some points is all permutations of them: the stabilizer of one is all of those of the others.
fn is_symmetric(points: usize, orbit: usize, inside: &[Node]) -> bool {
    let is_of_others = match inside {
        [] => points == 2,
        [Node::Exchange(exchange)] => exchange.width == 1 && exchange.len() + 1 == points,
        _ => false,
    };
    orbit == points && is_of_others
}

fn listed(orbits: UnionFind) -> Vec<Vec<u32>> {
    let mut index: HashMap<u32, usize> = HashMap::new();
    let mut lists: Vec<Vec<u32>> = Vec::new();
    for (point, representative) in (0u32..).zip(orbits.into_representatives()) {
        let at = *index.entry(representative).or_insert_with(|| {
            lists.push(Vec::new());
            lists.len() - 1
        });
        lists[at].push(point);
    }
    lists
}

fn exchange(class: Class, inside: Vec<Vec<Node>>) -> Node {
    let Class { width, points } = class;
    let alone = points.chunks(width).zip(&inside).map(|(bundle, inside)| {
        let inner: HashSet<u32> = inside.iter().flat_map(|node| node.points()).copied().collect();
        (0u32..)
            .zip(bundle)
            .filter(|(_, point)| !inner.contains(point))
            .map(|(place, _)| place)
            .collect()
    });
    Node::Exchange(Exchange {
        alone: alone.collect(),
        points,
        width,
        inside,
    })
}
