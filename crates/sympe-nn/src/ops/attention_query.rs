//! One query of [edge attention](super::edge_attention): the loops over its keys and channels.
//!
//! With `D` channels, a row of a pair holds `[mul | add]`, `2D` numbers without their bias; everything is per channel.
//! What the forward pass saves of a query are `3D` numbers: the average of the values, the largest score, and the
//! inverse of the sum of exponentials. From these the backward pass gets the softmax of each score again, and its
//! gradient: `∂/∂y_j = w_j·(v_j − average)` needs the average alone, not the other weights. O(keys·D).

use super::storage::split_mut;
use super::vector::exp;
use super::vectorize::vectorize;

/// What one query is computed from.
#[derive(Clone, Copy)]
pub(super) struct Query<'a> {
    /// `D` numbers.
    pub(super) q: &'a [f32],
    /// `[q | k | v]` of all nodes of the graph.
    pub(super) qkv: &'a [f32],
    /// The nodes that count.
    pub(super) keys: &'a [usize],
    /// Factor on `q·k`.
    pub(super) scale: f32,
    /// `[mul | add]`.
    pub(super) film_bias: &'a [f32],
    /// `[edge mul | edge add | node mul | node add]`.
    pub(super) globals: &'a [f32],
}

/// Where the gradients of one query are added.
pub(super) struct QueryGradients<'a> {
    /// Of the query alone.
    pub(super) q: &'a mut [f32],
    /// Keys and values of all nodes of the graph.
    pub(super) qkv: &'a mut [f32],
    /// `[mul | add]`.
    pub(super) film_bias: &'a mut [f32],
    /// `[edge mul | edge add | node mul | node add]`.
    pub(super) globals: &'a mut [f32],
}

/// The first `N` parts of length `width`.
#[inline(always)]
fn parts<const N: usize>(x: &[f32], width: usize) -> [&[f32]; N] {
    std::array::from_fn(|k| &x[k * width..][..width])
}

vectorize! {
    /// Turns the rows of all keys into scores, in the first half of each row; writes the modulated scores to `mixed`, a
    /// row of `D` per key, and the largest scores to `maximum`.
    pub(super) fn scores(query: Query<'_>, film: &mut [f32], mixed: &mut [f32], maximum: &mut [f32]) {
        let d = query.q.len();
        let [mul_bias, add_bias] = parts(query.film_bias, d);
        let [edge_mul, edge_add] = parts(query.globals, d);
        let (q, maximum) = (&query.q[..d], &mut maximum[..d]);
        maximum.fill(f32::NEG_INFINITY);
        let rows = film.chunks_exact_mut(2 * d).zip(mixed.chunks_exact_mut(d));
        for (&key, (film, mixed)) in query.keys.iter().zip(rows) {
            let k = &query.qkv[(3 * key + 1) * d..][..d];
            let (mul, add) = film.split_at_mut(d);
            let add = &add[..d];
            for c in 0..d {
                let y = q[c] * k[c] * query.scale * (1.0 + mul[c] + mul_bias[c]) + add[c] + add_bias[c];
                mul[c] = y;
                mixed[c] = y * (1.0 + edge_mul[c]) + edge_add[c];
                maximum[c] = if y > maximum[c] { y } else { maximum[c] };
            }
        }
    }

    /// Averages the values by the softmax of the scores, and writes the new features of the node to `nodes`. Of `saved`
    /// the second third, the largest scores, is read, and the others are written.
    pub(super) fn values(query: Query<'_>, scores: &[f32], saved: &mut [f32], nodes: &mut [f32]) {
        let d = query.q.len();
        let (value, rest) = saved.split_at_mut(d);
        let (maximum, inverse) = rest.split_at_mut(d);
        let (maximum, inverse) = (&maximum[..d], &mut inverse[..d]);
        value.fill(0.0);
        inverse.fill(0.0);
        for (&key, scores) in query.keys.iter().zip(scores.chunks_exact(2 * d)) {
            let (v, scores) = (&query.qkv[(3 * key + 2) * d..][..d], &scores[..d]);
            for c in 0..d {
                let weight = exp(scores[c] - maximum[c]);
                inverse[c] += weight;
                value[c] += weight * v[c];
            }
        }
        let [_, _, node_mul, node_add] = parts(query.globals, d);
        let nodes = &mut nodes[..d];
        for c in 0..d {
            inverse[c] = 1.0 / inverse[c];
            value[c] *= inverse[c];
            nodes[c] = value[c] * (1.0 + node_mul[c]) + node_add[c];
        }
    }

    /// The backward pass. `g` is the gradient of the node's new features; `film` holds the rows of all keys and gets
    /// their gradient; `mixed` holds the gradient of the modulated scores and gets the modulated scores.
    pub(super) fn adjoint(
        query: Query<'_>,
        saved: &[f32],
        g: &[f32],
        film: &mut [f32],
        mixed: &mut [f32],
        gradients: QueryGradients<'_>,
    ) {
        let d = query.q.len();
        let [mul_bias, add_bias] = parts(query.film_bias, d);
        let [edge_mul, edge_add, node_mul] = parts(query.globals, d);
        let [value, maximum, inverse] = parts(saved, d);
        let g = &g[..d];
        let terms = Terms {
            q: query.q,
            scale: query.scale,
            mul_bias,
            add_bias,
            edge_mul,
            edge_add,
            node_mul,
            value,
            maximum,
            inverse,
            g,
        };
        let [d_mul_bias, d_add_bias] = split_mut(gradients.film_bias, [d; 2]);
        let [d_edge_mul, d_edge_add, d_node_mul, d_node_add] = split_mut(gradients.globals, [d; 4]);
        for c in 0..d {
            d_node_mul[c] += g[c] * value[c];
            d_node_add[c] += g[c];
        }
        let d_q = &mut gradients.q[..d];
        let rows = film.chunks_exact_mut(2 * d).zip(mixed.chunks_exact_mut(d));
        for (&key, (film, mixed)) in query.keys.iter().zip(rows) {
            let [_, k, v] = parts(&query.qkv[3 * key * d..], d);
            let [mul, add] = split_mut(film, [d; 2]);
            let [d_k, d_v] = split_mut(&mut gradients.qkv[(3 * key + 1) * d..], [d; 2]);
            adjoint_of_key(
                &terms, k, v, mul, add, mixed, d_q, d_k, d_v, d_edge_mul, d_edge_add, d_mul_bias, d_add_bias,
            );
        }
    }
}

/// What the adjoint of a query takes for all keys alike, `D` numbers each.
struct Terms<'a> {
    q: &'a [f32],
    scale: f32,
    mul_bias: &'a [f32],
    add_bias: &'a [f32],
    edge_mul: &'a [f32],
    edge_add: &'a [f32],
    node_mul: &'a [f32],
    value: &'a [f32],
    maximum: &'a [f32],
    inverse: &'a [f32],
    g: &'a [f32],
}

/// The backward pass of one query and one key. Whatever is written is an argument of its own: the compiler knows of
/// arguments that they do not overlap, and without that it does not vectorize a loop over so many vectors.
#[inline(always)]
#[allow(clippy::too_many_arguments)]
fn adjoint_of_key(
    terms: &Terms<'_>,
    k: &[f32],
    v: &[f32],
    mul: &mut [f32],
    add: &mut [f32],
    mixed: &mut [f32],
    d_q: &mut [f32],
    d_k: &mut [f32],
    d_v: &mut [f32],
    d_edge_mul: &mut [f32],
    d_edge_add: &mut [f32],
    d_mul_bias: &mut [f32],
    d_add_bias: &mut [f32],
) {
    let t = terms;
    for c in 0..t.q.len() {
        let product = t.q[c] * k[c] * t.scale;
        let slope = 1.0 + mul[c] + t.mul_bias[c];
        let y = product * slope + add[c] + t.add_bias[c];
        let weight = exp(y - t.maximum[c]) * t.inverse[c] * (t.g[c] * (1.0 + t.node_mul[c]));
        let d_mixed = mixed[c];
        let d_y = d_mixed * (1.0 + t.edge_mul[c]) + weight * (v[c] - t.value[c]);
        mixed[c] = y * (1.0 + t.edge_mul[c]) + t.edge_add[c];
        d_edge_mul[c] += d_mixed * y;
        d_edge_add[c] += d_mixed;
        d_v[c] += weight;
        let d_product = d_y * slope * t.scale;
        d_q[c] += d_product * k[c];
        d_k[c] += d_product * t.q[c];
        mul[c] = d_y * product;
        add[c] = d_y;
        d_mul_bias[c] += d_y * product;
        d_add_bias[c] += d_y;
    }
}
