"""Transforms and data sets for PyTorch Geometric. Needs torch_geometric."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch_geometric.data import Data
from torch_geometric.transforms import BaseTransform

from ._graphs import canonicalize
from ._inputs import offsets
from ._symmetries import Symmetries
from .torch import KERNEL, new_seed


def symmetries(
    graphs: Sequence[Data], *, node_color: str | None = None, edge_color: str | None = None, directed: bool = False, **limits: Any
) -> Symmetries:
    """:func:`sympe.canonicalize` for a list of graphs, or a data set, in one batch.

    Args:
        graphs: ``Data`` with ``edge_index``.
        node_color: the attribute with the colours of nodes, ``[N]`` integers, for example ``"z"``. By default nodes have none.
        edge_color: the attribute with the colours of edges, ``[E]`` integers.
        directed: whether edges have a direction; undirected ones are there in both, as a rule.
        **limits: ``threads``, ``max_nodes``, ``timeout``.
    """
    sizes = np.array([int(graph.num_nodes) for graph in graphs], np.int64)
    starts = offsets(sizes)

    def joined(name: str) -> Any:
        for b, graph in enumerate(graphs):
            if name not in graph:
                raise ValueError(f"graph {b} has no attribute {name!r}, which is to be its colour")
        return torch.cat([torch.zeros(0, dtype=torch.int64), *(graph[name] for graph in graphs)])

    edges = [torch.zeros(2, 0, dtype=torch.int64)]
    edges += [graph.edge_index + int(start) for graph, start in zip(graphs, starts, strict=False)]
    return canonicalize(
        torch.cat(edges, dim=1),
        np.repeat(np.arange(len(sizes)), sizes),
        node_color=None if node_color is None else joined(node_color),
        edge_color=None if edge_color is None else joined(edge_color),
        directed=directed,
        num_graphs=len(sizes),
        **limits,
    )


class _Transform(BaseTransform):
    """Keeps what it has found of the last graphs, by what they are; each worker process for itself."""

    def __init__(
        self,
        *,
        node_color: str | None = None,
        edge_color: str | None = None,
        directed: bool = False,
        cache: int = 100_000,
    ) -> None:
        self.options = {"node_color": node_color, "edge_color": edge_color, "directed": directed}
        self.cache = cache
        self._known: OrderedDict[Any, Symmetries] = OrderedDict()

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_known": OrderedDict()}

    def _find(self, data: Data) -> Symmetries:
        names = ["edge_index", self.options["node_color"], self.options["edge_color"]]
        key = (data.num_nodes, *(data[name].numpy().tobytes() for name in names if name is not None and name in data))
        found = self._known.get(key)
        if found is None:
            found = symmetries([data], threads=1, **self.options)
            self._known[key] = found
            if len(self._known) > self.cache:
                self._known.popitem(last=False)
        return found


class AddSymPE(_Transform):
    """Adds ``data.rank``, ``[N]``: a new draw each time, for :class:`sympe.torch.SymPE`. A ``transform``, not a ``pre_transform``.

    Seeds come from PyTorch's generator. ``kernel`` is that of :meth:`sympe.Symmetries.sample`, other options are those of
    :func:`symmetries`; ``cache`` is the number of graphs that are kept.
    """

    def __init__(self, *, kernel: str = KERNEL, **options: Any) -> None:
        super().__init__(**options)
        self.kernel = kernel

    def forward(self, data: Data) -> Data:
        data.rank = torch.from_numpy(self._find(data).sample(1, new_seed(), kernel=self.kernel, threads=1)[0])
        return data


class AddOrbits(_Transform):
    """Adds ``data.orbit``, ``[N]``: for each node the least one that is like it, and ``data.log_order``, ``[1]``."""

    def forward(self, data: Data) -> Data:
        found = self._find(data)
        data.orbit, data.log_order = torch.from_numpy(found.orbits), torch.from_numpy(found.log_order)
        return data


class AddCanonicalOrder(_Transform):
    """Adds ``data.canonical_rank``, ``[N]``: places in the canonical form. Not equivariant where nodes are alike."""

    def forward(self, data: Data) -> Data:
        data.canonical_rank = torch.from_numpy(self._find(data).ranks)
        return data


def distinct(graphs: Sequence[Data], **options: Any) -> torch.Tensor:
    """``[U]``: indices of graphs that no earlier one is isomorphic to; ``dataset[distinct(dataset)]`` has no duplicates. Options are
    those of :func:`symmetries`."""
    return torch.from_numpy(symmetries(graphs, **options).unique()[0])


def leaks(train: Sequence[Data], test: Sequence[Data], **options: Any) -> torch.Tensor:
    """Indices of graphs of ``test`` that are isomorphic to one of ``train``. Options are those of :func:`symmetries`."""
    known = {row.tobytes() for row in symmetries(train, **options).digest}
    found = [row.tobytes() in known for row in symmetries(test, **options).digest]
    return torch.tensor(found, dtype=torch.bool).nonzero()[:, 0]
