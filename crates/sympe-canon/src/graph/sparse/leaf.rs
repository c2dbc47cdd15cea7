//! Leaves: labellings at the end of a path, how they compare, and the maps between them.

use super::super::colored_graph::ColoredGraph;
use super::partition::Partition;
use std::cmp::Ordering;

/// So many vertices of a cell are matched at most: of more, the increasing order is hardly ever the right one.
const MOST_MATCHED: usize = 4;

/// Lists are compared by so many numbers at a time.
const AT_A_TIME: usize = 16;

/// The first place where two lists of one length differ.
fn first_difference(a: &[u32], b: &[u32]) -> Option<usize> {
    let (chunks, others) = (a.chunks(AT_A_TIME), b.chunks(AT_A_TIME));
    let chunk = chunks.zip(others).position(|(a, b)| a != b)?;
    let from = chunk * AT_A_TIME;
    let within = a[from..].iter().zip(&b[from..]).position(|(a, b)| a != b)?;
    Some(from + within)
}

/// A leaf of the search tree. Invariant: `lab` and `pos` are inverse permutations.
pub(super) struct Leaf {
    /// Vertices by position.
    lab: Vec<u32>,
    /// Positions by vertex.
    pos: Vec<u32>,
    /// The vertices individualized on the way.
    path: Vec<u32>,
}

impl Leaf {
    /// The leaf at the end of `path`, where `partition` is discrete.
    pub(super) fn new(partition: &Partition, path: &[u32]) -> Self {
        debug_assert!(partition.is_discrete());
        Self {
            lab: partition.lab.clone(),
            pos: partition.pos.clone(),
            path: path.to_vec(),
        }
    }

    /// The vertices individualized on the way to the leaf.
    pub(super) fn path(&self) -> &[u32] {
        &self.path
    }

    /// The labelling and the path.
    pub(super) fn into_order_and_path(self) -> (Vec<u32>, Vec<u32>) {
        (self.lab, self.path)
    }

    /// How many vertices the path shares with another one.
    pub(super) fn common_prefix(&self, path: &[u32]) -> usize {
        self.path.iter().zip(path).take_while(|(a, b)| a == b).count()
    }

    /// The images under the permutation that maps this leaf to the one where `partition` is discrete: the vertex at
    /// each position goes to the vertex at the same position.
    pub(super) fn map_to(&self, partition: &Partition) -> Vec<u32> {
        let mut images = vec![0; self.lab.len()];
        for (&v, &image) in self.lab.iter().zip(&partition.lab) {
            images[v as usize] = image;
        }
        images
    }

    /// A guess at an automorphism that maps the node on the path to this leaf, at the level of `path`, to the node at
    /// the end of `path`, whose partition is given: cells go to the cells at the same positions, so that the guess is a
    /// permutation. Most vertices are in both, and stay; the others are matched in increasing order.
    ///
    /// `identity` is the identity. Made for few nodes: `None` unless the number of levels below the node where the paths
    /// part is a power of two, because a path takes less time than as many maps; and `None` where many vertices of a cell
    /// would have to be matched.
    pub(super) fn guess(&self, partition: &Partition, path: &[u32], identity: &[u32]) -> Option<Vec<u32>> {
        if !(path.len() - self.common_prefix(path)).is_power_of_two() {
            return None;
        }
        let mut images = identity.to_vec();
        let (mut leaving, mut arriving) = (Vec::new(), Vec::new());
        let mut at = 0;
        while let Some(differs) = first_difference(&self.lab[at..], &partition.lab[at..]) {
            let position = at + differs;
            let start = partition.cell_of(partition.lab[position]);
            let members = partition.members(start);
            let range = start as usize..start as usize + members.len();
            at = range.end;
            if members.len() == 1 {
                images[self.lab[position] as usize] = members[0];
                continue;
            }
            // The leaf refines the node on its path, so that its vertices at these positions are that node's cell.
            leaving.clear();
            leaving.extend(
                self.lab[range.clone()]
                    .iter()
                    .copied()
                    .filter(|&v| partition.cell_of(v) != start),
            );
            if leaving.is_empty() {
                continue;
            }
            if leaving.len() > MOST_MATCHED {
                return None;
            }
            arriving.clear();
            arriving.extend(
                members
                    .iter()
                    .copied()
                    .filter(|&v| !range.contains(&(self.pos[v as usize] as usize))),
            );
            leaving.sort_unstable();
            arriving.sort_unstable();
            for (&from, &to) in leaving.iter().zip(&arriving) {
                images[from as usize] = to;
            }
        }
        Some(images)
    }

    /// Compares the graph relabelled by `partition`, which is discrete, with the graph relabelled by this leaf, row
    /// by row. O(m log m) in the worst case; most comparisons end in one of the first rows.
    pub(super) fn cmp_form_at(&self, partition: &Partition, graph: &ColoredGraph) -> Ordering {
        let row = |lab: &[u32], pos: &[u32], position: usize, row: &mut Vec<(u32, u32)>| {
            let v = lab[position];
            let targets = graph.neighbors(v).iter().map(|&u| pos[u as usize]);
            row.clear();
            row.extend(targets.zip(graph.edge_colors_of(v).iter().copied()));
            row.sort_unstable();
        };
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for position in 0..self.lab.len() {
            row(&partition.lab, &partition.pos, position, &mut theirs);
            row(&self.lab, &self.pos, position, &mut ours);
            let order = theirs.len().cmp(&ours.len()).then_with(|| theirs.cmp(&ours));
            if order != Ordering::Equal {
                return order;
            }
        }
        Ordering::Equal
    }
}
