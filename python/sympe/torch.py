"""Symmetry breaking for networks in PyTorch. Needs torch.

A draw (:meth:`sympe.Symmetries.sample`, in the data loader) gives each node a rank; :class:`SymPE` gives each rank a learned vector,
which a network gets beside the features of the node. Nodes that are alike then differ, and the law of the output is still
equivariant (Lawrence et al., ICLR 2025).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from ._graphs import canonicalize
from ._inputs import natural


def draw(edge_index: Tensor, batch: Tensor | None = None, *, seed: int | None = None, **arguments: Any) -> Tensor:
    """``[N]`` ranks of nodes in one draw: :func:`sympe.canonicalize` and :meth:`sympe.Symmetries.sample` for tensors of the CPU.

    Without a seed it is drawn from PyTorch's generator, so that ``torch.manual_seed``, and the seeds of data-loader workers, hold.
    ``arguments`` are those of :func:`sympe.canonicalize`.
    """
    if seed is None:
        seed = int(torch.randint(2**62, ()))
    return torch.from_numpy(canonicalize(edge_index, batch, **arguments).sample(1, seed)[0])


def _table(ranks: Tensor, num_positions: int) -> None:
    """Refuses what is no rank of a table."""
    if ranks.dtype not in (torch.int64, torch.int32):
        raise TypeError(f"ranks has dtype {ranks.dtype}, expected torch.int64")
    if ranks.numel() and not (0 <= int(ranks.min()) and int(ranks.max()) < num_positions):
        least, most = int(ranks.min()), int(ranks.max())
        raise ValueError(f"ranks are {least} to {most}, expected 0 to {num_positions - 1} (num_positions - 1)")


class SymPE(nn.Module):
    """A learned vector ``v`` for each rank: ``[..., N]`` ranks to ``[..., N, dim]`` encodings ``g̃·v``, gradients to ``v``.

    >>> import torch
    >>> from sympe.torch import SymPE, draw
    >>> ring = torch.tensor([[0, 1, 2, 3], [1, 2, 3, 0]])
    >>> SymPE(num_positions=16, dim=8)(draw(ring)).shape
    torch.Size([4, 8])

    Args:
        num_positions: the most nodes of a graph.
        dim: the size of an encoding.
    """

    def __init__(self, num_positions: int, dim: int) -> None:
        super().__init__()
        self.num_positions = natural("num_positions", num_positions, 1)
        self.v = nn.Parameter(torch.randn(self.num_positions, natural("dim", dim, 1)) / dim**0.5)

    def forward(self, ranks: Tensor) -> Tensor:
        _table(ranks, self.num_positions)
        return self.v[ranks]


class PairSymPE(nn.Module):
    """A learned vector for each pair of ranks: the encodings of edges, ``[N]`` ranks and ``[2, E]`` edges to ``[E, dim]``; or of all
    pairs, ``[..., N]`` ranks to ``[..., N, N, dim]``, for dense networks as graph transformers.

    Args:
        num_positions: the most nodes of a graph.
        dim: the size of an encoding.
        symmetric: whether both directions of a pair have one encoding.
    """

    def __init__(self, num_positions: int, dim: int, *, symmetric: bool = True) -> None:
        super().__init__()
        self.num_positions, self.symmetric = natural("num_positions", num_positions, 1), symmetric
        self.v = nn.Parameter(torch.randn(num_positions, num_positions, natural("dim", dim, 1)) / dim**0.5)

    def forward(self, ranks: Tensor, edge_index: Tensor | None = None) -> Tensor:
        _table(ranks, self.num_positions)
        v = (self.v + self.v.transpose(0, 1)) / 2 if self.symmetric else self.v
        if edge_index is None:
            return v[ranks[..., :, None], ranks[..., None, :]]
        return v[ranks[edge_index[0]], ranks[edge_index[1]]]


@torch.no_grad()
def check_equivariance(
    network: Callable[[Tensor, Tensor], Tensor], x: Tensor, edge_index: Tensor, *, trials: int = 10
) -> float:
    """The largest difference between ``network(g·x, g·edges)`` and ``g·network(x, edges)`` over random relabellings ``g``, as a share of
    the largest entry of the output. Rounding leaves about ``1e-6`` in single precision; more means that the network, which is
    taken to be deterministic, sees the numbering of nodes.

    Args:
        network: ``[N, F]`` features and ``[2, E]`` edges to ``[N, …]`` outputs of nodes.
        x, edge_index: one graph, or several in one.
        trials: the number of relabellings.
    """
    expected = network(x, edge_index)
    worst = 0.0
    for _ in range(natural("trials", trials, 1)):
        g = torch.randperm(len(x), device=x.device)
        back = torch.argsort(g)
        got = network(x[back], g[edge_index])[g]
        worst = max(worst, float((got - expected).abs().max()))
    return worst / max(float(expected.abs().max()), torch.finfo(x.dtype).tiny)


@torch.no_grad()
def orbit_spread(
    network: Callable[[Tensor, Tensor], Tensor], x: Tensor, edge_index: Tensor, *, node_color: Any = None, **arguments: Any
) -> float:
    """The largest difference between outputs of nodes that are alike, as a share of the largest entry of the output.

    Curie's principle: a deterministic equivariant network cannot tell such nodes apart, and has a spread of rounding alone; one
    that breaks symmetry has more. ``node_color`` says which nodes have equal features; by default rows of ``x`` are compared.
    ``arguments`` are those of :func:`sympe.canonicalize`, which finds the orbits.
    """
    if node_color is None:
        node_color = torch.unique(x, dim=0, return_inverse=True)[1].cpu()
    orbits = canonicalize(edge_index.cpu(), node_color=node_color, **arguments).orbits
    out = network(x, edge_index)
    spread = (out - out[torch.from_numpy(orbits).to(out.device)]).abs().max()
    return float(spread) / max(float(out.abs().max()), torch.finfo(x.dtype).tiny)
