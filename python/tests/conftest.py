"""What tests share: random graphs, relabellings, and the data sets where they are present."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest


def data_folder() -> Path | None:
    """``$SYMPE_DATA``, or ``../shared/data`` beside the checkout."""
    given = os.environ.get("SYMPE_DATA")
    folder = Path(given) if given else Path(__file__).resolve().parents[3] / "shared" / "data"
    return folder if folder.is_dir() else None


@pytest.fixture(scope="session")
def data() -> Path:
    folder = data_folder()
    if folder is None:
        if os.environ.get("SYMPE_REQUIRE_DATA") == "1":
            pytest.fail("the data sets are absent, and SYMPE_REQUIRE_DATA=1")
        pytest.skip("the data sets are absent (see SYMPE_DATA)")
    return folder


class Graph:
    """A graph with colours: edges are a dict from pairs to colours."""

    def __init__(self, n: int, edges: dict[tuple[int, int], int], colors: list[int], directed: bool = False) -> None:
        self.n, self.edges, self.colors, self.directed = n, edges, colors, directed

    def relabelled(self, g: list[int]) -> Graph:
        """Node ``v`` becomes ``g[v]``."""
        colors = [0] * self.n
        for v, image in enumerate(g):
            colors[image] = self.colors[v]
        return Graph(self.n, {(g[u], g[v]): c for (u, v), c in self.edges.items()}, colors, self.directed)

    def normal(self) -> tuple[object, ...]:
        """Equal exactly for equal labelled graphs."""
        edges = self.edges if self.directed else {(min(e), max(e)): c for e, c in self.edges.items()}
        return self.n, self.directed, tuple(self.colors), tuple(sorted(edges.items()))


def random_graph(rng: np.random.Generator, most: int = 12, colors: int = 2, directed: bool | None = None) -> Graph:
    """Loops, colours and directions come up, and symmetry does often."""
    n = int(rng.integers(0, most + 1))
    directed = bool(rng.integers(2)) if directed is None else directed
    edges: dict[tuple[int, int], int] = {}
    if n:
        for _ in range(int(rng.integers(0, 2 * n + 1))):
            u, v = (int(i) for i in rng.integers(0, n, 2))
            if directed or (v, u) not in edges:
                edges[u, v] = int(rng.integers(colors))
    node_colors = rng.integers(0, colors, n).tolist() if rng.integers(2) else [0] * n
    return Graph(n, edges, node_colors, directed)


def canonicalize_all(graphs: list[Graph], **limits: object):
    """All graphs in one batch; they must be of one kind."""
    import sympe

    return sympe.canonicalize_edge_lists(
        [list(graph.edges) for graph in graphs],
        [graph.n for graph in graphs],
        node_color=[graph.colors for graph in graphs],
        edge_color=[list(graph.edges.values()) for graph in graphs],
        directed=graphs[0].directed,
        **limits,
    )
