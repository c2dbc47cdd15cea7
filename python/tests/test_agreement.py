"""Agreement with pynauty, networkx, and the data set with known answers."""

from __future__ import annotations

import json
import math
import time
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from conftest import Graph, canonicalize_all, random_graph

import sympe

COUNT = 10_000


def test_pynauty_on_random_coloured_graphs() -> None:
    pynauty = pytest.importorskip("pynauty")
    rng = np.random.default_rng(10)
    # pynauty knows colours of nodes, and no loops in undirected graphs.
    for directed in (False, True):
        graphs = []
        for _ in range(COUNT // 2):
            graph = random_graph(rng, most=16, directed=directed)
            graph.edges = {(u, v): 0 for u, v in graph.edges if u != v}
            graphs.append(graph)
        graphs = [graph for graph in graphs if graph.n]
        found = canonicalize_all(graphs)
        certificates: dict[object, str] = {}
        for b, graph in enumerate(graphs):
            neighbours: dict[int, list[int]] = {v: [] for v in range(graph.n)}
            for u, v in graph.edges:
                neighbours[u].append(v)
            cells = [{v for v in range(graph.n) if graph.colors[v] == c} for c in sorted(set(graph.colors))]
            other = pynauty.Graph(graph.n, directed, neighbours, cells)
            _, mantissa, exponent, orbits, _ = pynauty.autgrp(other)
            assert found.order[b] == pytest.approx(mantissa * 10**exponent, rel=1e-9)
            own = found.orbits[found.ptr[b] : found.ptr[b + 1]] - found.ptr[b]
            assert own.tolist() == list(orbits)
            # Isomorphic graphs with the same numbers of each colour have equal certificates, and no others.
            key = (graph.n, tuple(sorted(graph.colors)), pynauty.certificate(other))
            assert certificates.setdefault(key, found.hexdigest[b]) == found.hexdigest[b]
        assert len(certificates) == len(set(found.hexdigest))


def test_networkx_on_random_coloured_graphs() -> None:
    from networkx.algorithms.isomorphism import categorical_edge_match, categorical_node_match

    rng = np.random.default_rng(11)
    same = {"node_match": categorical_node_match("c", 0), "edge_match": categorical_edge_match("c", 0)}
    isomorphic = 0
    for directed in (False, True):
        pairs = []
        for i in range(COUNT // 2):
            graph = random_graph(rng, most=7, directed=directed)
            other = graph.relabelled(rng.permutation(graph.n).tolist())
            if i % 2 and other.edges:
                # One edge has another colour: as a rule, and not always, another graph.
                edge = list(other.edges)[int(rng.integers(len(other.edges)))]
                other.edges[edge] = 1 - other.edges[edge]
            pairs.append((graph, other))
        first = sympe.canonicalize_networkx(
            [to_networkx(graph) for graph, _ in pairs], node_color="c", edge_color=lambda data: data["c"]
        )
        second = sympe.canonicalize_networkx([to_networkx(other) for _, other in pairs], node_color="c", edge_color="c")
        for (graph, other), a, b in zip(pairs, first.hexdigest, second.hexdigest, strict=True):
            truth = nx.is_isomorphic(to_networkx(graph), to_networkx(other), **same)
            assert (a == b) == truth
            isomorphic += truth
    assert COUNT // 2 < isomorphic < COUNT


def to_networkx(graph: Graph) -> nx.Graph:
    made = nx.DiGraph() if graph.directed else nx.Graph()
    made.add_nodes_from((v, {"c": color}) for v, color in enumerate(graph.colors))
    made.add_edges_from((u, v, {"c": color}) for (u, v), color in graph.edges.items())
    return made


def dimacs(path: Path) -> list[Graph]:
    graphs: list[Graph] = []
    for line in path.read_text().splitlines():
        match line.split():
            case ["p", kind, n, _]:
                graphs.append(Graph(int(n), {}, [0] * int(n), kind == "arc"))
            case ["n", v, color]:
                graphs[-1].colors[int(v) - 1] = int(color)
            case ["e" | "a", u, v, *color]:
                graphs[-1].edges[int(u) - 1, int(v) - 1] = int(color[0]) if color else 0
    return graphs


def graph6(path: Path) -> list[Graph]:
    graphs = [nx.from_graph6_bytes(line.encode()) for line in path.read_text().splitlines()]
    return [Graph(len(graph), {(u, v): 0 for u, v in graph.edges}, [0] * len(graph)) for graph in graphs]


def test_graphs_with_known_groups(data: Path) -> None:
    manifest = json.loads((data / "canon/manifest.json").read_text())
    checked = 0
    for entry in manifest["graphs"] + manifest["digraphs"]:
        (graph,) = dimacs(data / "canon" / entry["file"])
        found = canonicalize_all([graph])
        assert found.order == [int(entry["aut"])], entry["name"]
        if "vertex_orbits" in entry:
            assert len(set(found.orbits.tolist())) == entry["vertex_orbits"], entry["name"]
        checked += 1
    assert checked > 60


def test_batches_with_known_groups(data: Path) -> None:
    folder = data / "canon/batches"
    checked = 0
    for path in sorted(folder.iterdir()):
        if path.suffix == ".tsv":
            continue
        graphs = graph6(path) if path.suffix == ".g6" else dimacs(path)
        # The molecules with edge colours share orders and classes, not orbits, with their subdivided twins.
        shared = path.stem == "qm9_edgecol"
        truth = folder / f"{'qm9_edgecol_subdiv' if shared else path.stem}.truth.tsv"
        rows = [line.split("\t") for line in truth.read_text().splitlines()[1:]]
        found = canonicalize_all(graphs)
        assert found.order == [int(row[0]) for row in rows], path.stem
        if not shared:
            orbits = [len(np.unique(found.orbits[a:b])) for a, b in zip(found.ptr, found.ptr[1:], strict=False)]
            assert orbits == [int(row[1]) for row in rows], path.stem
        classes: dict[str, str] = {}
        for row, digest in zip(rows, found.hexdigest, strict=True):
            assert classes.setdefault(row[2], digest) == digest, path.stem
        assert len(set(classes.values())) == len(classes), path.stem
        checked += len(graphs)
    assert checked > 3000


def convolution() -> list[tuple[int, int]]:
    """The computation graph of a 3 × 3 convolution on an image of 4 × 4: 16 inputs, 9 weights, 4 outputs, 36 products. One of
    the kind that pynauty, which refines along outgoing edges alone, does not finish in minutes."""
    arcs, product = [], 29
    for i in range(2):
        for j in range(2):
            for a in range(3):
                for b in range(3):
                    arcs += [(4 * (i + a) + j + b, product), (16 + 3 * a + b, product), (product, 25 + 2 * i + j)]
                    product += 1
    return arcs


def test_a_digraph_of_65_vertices_takes_no_time() -> None:
    arcs = np.array(convolution()).T
    sympe.canonicalize(arcs, directed=True)
    start = time.perf_counter()
    found = sympe.canonicalize(arcs, directed=True)
    elapsed = time.perf_counter() - start
    # Transposition and both reflections of image and weights: the dihedral group of order 8.
    assert found.order == [8] and found.ptr[-1] == 65
    # A millisecond, and allowance for a machine that does other things meanwhile.
    assert elapsed < 0.05


def test_log_order_of_a_graph_with_many_parts() -> None:
    copies = 1000
    triangles = np.concatenate([[[0, 1, 2], [1, 2, 0]] + np.array(3 * i) for i in range(copies)], axis=1)
    found = sympe.canonicalize(triangles)
    assert found.order == [math.factorial(copies) * 6**copies]
