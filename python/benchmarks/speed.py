"""Time per molecule of QM9 with bond colours, on one thread, beside other packages.

    python speed.py [MOLECULES] [MOLECULES FOR THE OTHERS]

From arrays to labelling, orbits, orders and digests: all of ``$SYMPE_DATA/qm9`` in batches of 100,000 for sympe. The others take one
graph at a time and know no colours of edges, so that each bond becomes a node of its colour; making their graphs counts, too, as
it does for sympe. The least of three rounds counts, in processor time, so that other load on the machine counts less.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

import sympe

Parts = list[tuple[int, list[tuple[int, int]], list[int], list[int]]]


def molecules(count: int) -> sympe.Symmetries:
    lines = (Path(os.environ["SYMPE_DATA"]) / "qm9/qm9.csv").read_text().split()[1 : count + 1]
    return sympe.canonicalize_smiles(lines)


def least(work: Callable[[], object]) -> float:
    times = []
    for _ in range(3):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def by_sympe(edges: np.ndarray, batch: np.ndarray, nodes: np.ndarray, bonds: np.ndarray) -> object:
    found = sympe.canonicalize(edges, batch, node_color=nodes, edge_color=bonds, threads=1)
    return found.labelling, found.orbits, found.order, found.digest


def subdivided(n: int, edges: list[tuple[int, int]], atoms: list[int], bonds: list[int]) -> tuple[list, list[int]]:
    """Edges and colours of the graph with a node for each bond."""
    halves = [half for e, (u, v) in enumerate(edges) for half in ((u, n + e), (v, n + e))]
    return halves, atoms + [2**20 + bond for bond in bonds]


def cells(colors: list[int]) -> list[list[int]]:
    by_color: dict[int, list[int]] = {}
    for v, color in enumerate(colors):
        by_color.setdefault(color, []).append(v)
    return [by_color[color] for color in sorted(by_color)]


def by_pynauty(parts: Parts) -> None:
    import pynauty

    for part in parts:
        edges, colors = subdivided(*part)
        neighbours: dict[int, list[int]] = {}
        for u, v in edges:
            neighbours.setdefault(u, []).append(v)
        graph = pynauty.Graph(len(colors), False, neighbours, [set(cell) for cell in cells(colors)])
        pynauty.autgrp(graph), pynauty.canon_label(graph), pynauty.certificate(graph)


def by_igraph(parts: Parts) -> None:
    import igraph

    for part in parts:
        edges, colors = subdivided(*part)
        small = {color: i for i, color in enumerate(sorted(set(colors)))}
        colors = [small[color] for color in colors]
        graph = igraph.Graph(len(colors), edges)
        graph.canonical_permutation(color=colors), graph.count_automorphisms(color=colors)
        graph.automorphism_group(color=colors)


def by_canonaut(parts: Parts) -> None:
    import canonaut

    for part in parts:
        edges, colors = subdivided(*part)
        canonaut.raw.canonize(len(colors), edges, colors=colors)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    few = int(sys.argv[2]) if len(sys.argv) > 2 else 2_000
    found = molecules(count)
    edges, bonds = found.canonical_edge_index, found.canonical_edge_color
    nodes, batch, ptr = found.canonical_node_color, found.batch, found.ptr
    print(f"sympe: {least(lambda: by_sympe(edges, batch, nodes, bonds)) / len(found) * 1e6:.2f} µs per molecule of {len(found)}")
    # For the others, as Python has it: each bond once. A sample over all sizes.
    once = edges[0] < edges[1]
    edges, bonds = edges[:, once], bonds[once]
    starts = np.searchsorted(edges[0], ptr)
    parts: Parts = []
    for b in np.linspace(0, len(found) - 1, few).astype(int):
        own = slice(starts[b], starts[b + 1])
        pairs = [tuple(pair) for pair in (edges[:, own].T - ptr[b]).tolist()]
        parts.append((int(ptr[b + 1] - ptr[b]), pairs, nodes[ptr[b] : ptr[b + 1]].tolist(), bonds[own].tolist()))
    for other in (by_pynauty, by_igraph, by_canonaut):
        try:
            print(f"{other.__name__[3:]}: {least(lambda: other(parts)) / len(parts) * 1e6:.1f} µs per molecule of {len(parts)}")
        except ImportError:
            print(f"{other.__name__[3:]} is not installed")


if __name__ == "__main__":
    main()
