"""Laws: labellings give forms, digests tell classes apart, draws are uniform on the coset."""

from __future__ import annotations

import hashlib
import itertools
import math
import pickle
from collections import Counter

import numpy as np
import pytest
from conftest import Graph, canonicalize_all, random_graph

import sympe


def form(graph: Graph, ranks: list[int]) -> tuple[object, ...]:
    return graph.relabelled(ranks).normal()


def automorphisms(graph: Graph) -> list[tuple[int, ...]]:
    """By trying all permutations."""
    normal = graph.normal()
    return [g for g in itertools.permutations(range(graph.n)) if graph.relabelled(list(g)).normal() == normal]


@pytest.mark.parametrize("directed", [False, True])
def test_against_all_permutations(directed: bool) -> None:
    rng = np.random.default_rng(0)
    graphs = [random_graph(rng, most=6, directed=directed) for _ in range(300)]
    found = canonicalize_all(graphs)
    for b, graph in enumerate(graphs):
        group = automorphisms(graph)
        assert found.order[b] == len(group)
        assert found.log_order[b] == pytest.approx(math.log(len(group)))
        start = found.ptr[b]
        least = [min(g[v] for g in group) for v in range(graph.n)]
        assert (found.orbits[start : start + graph.n] - start).tolist() == least
        own = found.group(b)
        assert own.order == len(group) and all(g in own for g in group)
        assert all(tuple(g) in set(group) for g in found.generators[b].tolist())


@pytest.mark.parametrize("directed", [False, True])
def test_relabelled_graphs_have_one_form_and_one_digest(directed: bool) -> None:
    rng = np.random.default_rng(1)
    graphs, moved = [], []
    for _ in range(1000):
        graph = random_graph(rng, most=20, colors=3, directed=directed)
        graphs.append(graph)
        moved.append(graph.relabelled(rng.permutation(graph.n).tolist()))
    a, b = canonicalize_all(graphs), canonicalize_all(moved)
    assert a.hexdigest == b.hexdigest
    assert a.order == b.order
    assert (a.digest == b.digest).all()
    assert np.array_equal(a.canonical_edge_index, b.canonical_edge_index)
    assert np.array_equal(a.canonical_edge_color, b.canonical_edge_color)
    assert np.array_equal(a.canonical_node_color, b.canonical_node_color)
    for i, (graph, other) in enumerate(zip(graphs, moved, strict=True)):
        own = slice(a.ptr[i], a.ptr[i + 1])
        one = form(graph, a.ranks[own].tolist())
        assert one == form(other, b.ranks[own].tolist())
        # The arrays of the canonical form say the same as the relabelled graph.
        at = (a.canonical_edge_index[0] >= own.start) & (a.canonical_edge_index[0] < own.stop)
        ends = (a.canonical_edge_index[:, at] - own.start).T.tolist()
        edges = dict(zip(map(tuple, ends), a.canonical_edge_color[at].tolist(), strict=True))
        assert Graph(graph.n, edges, a.canonical_node_color[own].tolist(), directed).normal() == one


def test_digests_agree_exactly_for_isomorphic_graphs() -> None:
    rng = np.random.default_rng(2)
    graphs = [random_graph(rng, most=4, directed=False) for _ in range(400)]
    found = canonicalize_all(graphs)
    first, inverse = found.unique()
    classes = {}
    for graph, digest in zip(graphs, found.hexdigest, strict=True):
        least = min(graph.relabelled(list(g)).normal() for g in itertools.permutations(range(graph.n)))
        classes.setdefault(least, set()).add(digest)
    assert all(len(digests) == 1 for digests in classes.values())
    assert len(classes) == len(set(found.hexdigest)) == len(first)
    assert [found.hexdigest[first[i]] for i in inverse] == found.hexdigest
    assert all(found.hexdigest.index(found.hexdigest[i]) == i for i in first)


def test_labelling_and_ranks_are_inverse() -> None:
    rng = np.random.default_rng(3)
    found = canonicalize_all([random_graph(rng, directed=False) for _ in range(50)])
    n = int(found.ptr[-1])
    assert np.array_equal(np.sort(found.labelling), np.arange(n))
    assert np.array_equal(found.batch[found.labelling], found.batch)
    assert np.array_equal((found.ranks + found.ptr[:-1][found.batch])[found.labelling], np.arange(n))


def test_draws_lie_in_the_coset_and_are_uniform() -> None:
    # A star with three leaves, a pentagon, a path with coloured ends: 6, 10 and 1 automorphisms.
    star, ring = {(0, 1): 0, (0, 2): 0, (0, 3): 0}, {(i, (i + 1) % 5): 0 for i in range(5)}
    graphs = [Graph(4, star, [0] * 4), Graph(5, ring, [0] * 5), Graph(3, {(0, 1): 0, (1, 2): 0}, [1, 0, 2])]
    found = canonicalize_all(graphs)
    draws = found.sample(30_000, seed=5)
    assert draws.shape == (30_000, 12) and draws.dtype == np.int64
    for b, graph in enumerate(graphs):
        own = slice(found.ptr[b], found.ptr[b + 1])
        seen, counts = np.unique(draws[:, own], axis=0, return_counts=True)
        one = form(graph, found.ranks[own].tolist())
        assert len(seen) == found.order[b]
        assert all(form(graph, ranks) == one for ranks in seen.tolist())
        mean = 30_000 / len(seen)
        chi_square = float(((counts - mean) ** 2 / mean).sum())
        assert chi_square < len(seen) + 6 * math.sqrt(2 * len(seen))


EXACT = ["exact", "exact-depth-first", "exact-breadth-first", "exact-refinement", "exact-walks", "exact-spectral"]
EXACT += ["exact-within-budget"]
RELAXED = ["depth-first", "random-depth-first", "breadth-first", "refinement", "spectral", "orbits"]


@pytest.mark.parametrize("kernel", [*EXACT, "exact-heavy-depth-first"])
def test_exact_kernels_lead_to_one_form(kernel: str) -> None:
    rng = np.random.default_rng(11)
    graphs = [random_graph(rng, most=7, directed=False) for _ in range(40)]
    moved = [graph.relabelled(rng.permutation(graph.n).tolist()) for graph in graphs]
    found, again = canonicalize_all(graphs), canonicalize_all(moved)
    # Of a group of order m each element is missed with probability below m·exp(−draws/m).
    draws, others = found.sample(400, seed=1, kernel=kernel), again.sample(1, seed=2, kernel=kernel)
    for b, graph in enumerate(graphs):
        own = slice(found.ptr[b], found.ptr[b + 1])
        seen = np.unique(draws[:, own], axis=0)
        one = form(moved[b], others[0, own].tolist())
        assert all(form(graph, ranks) == one for ranks in seen.tolist())
        assert len(seen) == found.order[b] if found.order[b] <= 24 else len(seen) > 24


@pytest.mark.parametrize("kernel", RELAXED)
def test_relaxed_kernels_are_equivariant_in_law(kernel: str) -> None:
    # A path of three with a leaf at its middle, and an isolated node; numbered in another way.
    graph = Graph(5, {(0, 1): 0, (1, 2): 0, (1, 3): 0}, [0] * 5)
    g = [3, 0, 4, 1, 2]
    count = 20_000
    draws = canonicalize_all([graph]).sample(count, seed=3, kernel=kernel)
    moved = canonicalize_all([graph.relabelled(g)]).sample(count, seed=4, kernel=kernel)[:, g]
    frequencies = [Counter(map(tuple, rows.tolist())) for rows in (draws, moved)]
    names = frequencies[0].keys() | frequencies[1].keys()
    assert len(names) >= 6
    counts = [[table[name] for table in frequencies] for name in names]
    chi_square = sum((a - b) ** 2 / (a + b) for a, b in counts)
    assert chi_square < len(names) + 6 * math.sqrt(2 * len(names))


def test_kernels_have_names() -> None:
    found = canonicalize_all([Graph(2, {(0, 1): 0}, [0, 0])])
    with pytest.raises(ValueError, match="unknown kernel 'best': expected one of exact, exact-refinement"):
        found.sample(1, kernel="best")
    with pytest.raises(TypeError, match="kernel is None"):
        found.sample(1, kernel=None)


def test_draws_depend_on_seed_draw_and_place_alone() -> None:
    rng = np.random.default_rng(6)
    graphs = [random_graph(rng, directed=False) for _ in range(200)]
    found = canonicalize_all(graphs)
    draws = found.sample(5, seed=9)
    assert np.array_equal(draws, found.sample(5, seed=9, threads=1))
    assert np.array_equal(draws[:2], found.sample(2, seed=9))
    fewer = canonicalize_all(graphs[:50])
    assert np.array_equal(draws[:, : fewer.ptr[-1]], fewer.sample(5, seed=9))
    assert not np.array_equal(draws, found.sample(5, seed=10))
    # Without a seed no two calls agree.
    assert not np.array_equal(found.sample(5), found.sample(5))
    assert found.sample(0, seed=1).shape == (0, found.ptr[-1])


def test_threads_change_nothing() -> None:
    rng = np.random.default_rng(7)
    graphs = [random_graph(rng, most=30, directed=True) for _ in range(500)]
    one, many = canonicalize_all(graphs, threads=1), canonicalize_all(graphs, threads=7)
    assert one.hexdigest == many.hexdigest and one.order == many.order
    assert np.array_equal(one.labelling, many.labelling)


def test_pickle() -> None:
    rng = np.random.default_rng(8)
    for directed in (False, True):
        found = canonicalize_all([random_graph(rng, most=80, colors=12, directed=directed) for _ in range(100)])
        again = pickle.loads(pickle.dumps(found))
        assert again.hexdigest == found.hexdigest and again.order == found.order
        assert np.array_equal(again.labelling, found.labelling)
        assert np.array_equal(again.sample(3, seed=1), found.sample(3, seed=1))
    group = sympe.PermGroup([[1, 2, 0]])
    assert pickle.loads(pickle.dumps(group)).order == 3


def test_exact_orders_of_any_size() -> None:
    found = sympe.canonicalize(np.zeros((2, 0), np.int64), num_nodes=100)
    assert found.order == [math.factorial(100)]
    assert found.log_order[0] == pytest.approx(math.lgamma(101))
    assert len(found.generators[0]) == 99


def test_arrow() -> None:
    pa = pytest.importorskip("pyarrow")
    found = sympe.canonicalize_edge_lists([[(0, 1)], [(0, 1), (1, 2)]])
    table = found.to_arrow()
    assert table.schema.field("digest").type == pa.binary(32)
    assert [digest.hex() for digest in table["digest"].to_pylist()] == found.hexdigest
    assert table["order"].to_pylist() == ["2", "2"]


def test_digests_are_what_the_rust_library_says_they_are() -> None:
    # SHA-256 of little-endian words: version of the form, nodes, direction, their colours, edges, and these, sorted.
    rng = np.random.default_rng(9)
    for directed in (False, True):
        found = canonicalize_all([random_graph(rng, colors=3, directed=directed) for _ in range(200)])
        for b, digest in enumerate(found.hexdigest):
            start, end = found.ptr[b : b + 2]
            own = (found.canonical_edge_index[0] >= start) & (found.canonical_edge_index[0] < end)
            edges = np.stack([*(found.canonical_edge_index[:, own] - start), found.canonical_edge_color[own]], axis=1)
            if not directed:
                edges = edges[edges[:, 0] <= edges[:, 1]]
            words = [5, end - start, directed, *found.canonical_node_color[start:end], len(edges), *edges.ravel()]
            assert hashlib.sha256(np.array(words, "<u4").tobytes()).hexdigest() == digest
