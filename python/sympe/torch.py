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


KERNEL = "exact-depth-first"
"""The kernel that draws here come from: of those of :meth:`sympe.Symmetries.sample` the one that networks learn best from."""


def new_seed() -> int:
    """A seed from PyTorch's generator, so that ``torch.manual_seed``, and the seeds of data-loader workers, hold."""
    return int(torch.randint(2**62, ()))


def draw(
    edge_index: Tensor, batch: Tensor | None = None, *, kernel: str = KERNEL, seed: int | None = None, **arguments: Any
) -> Tensor:
    """``[N]`` ranks of nodes in one draw: :func:`sympe.canonicalize` and :meth:`sympe.Symmetries.sample` for tensors of the CPU.

    Without a seed there is a :func:`new_seed`. ``arguments`` are those of :func:`sympe.canonicalize`.
    """
    if seed is None:
        seed = new_seed()
    found = canonicalize(edge_index, batch, **arguments)
    return torch.from_numpy(found.sample(1, seed, kernel=kernel, threads=arguments.get("threads"))[0])


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
    >>> from sympe.torch import SymPE
    >>> encoding = SymPE(num_positions=16, dim=8)
    >>> ring = torch.tensor([[0, 1, 2, 3], [1, 2, 3, 0]])
    >>> encoding(encoding.draw(ring)).shape
    torch.Size([4, 8])

    Args:
        num_positions: the most nodes of a graph.
        dim: the size of an encoding.
        kernel: what :meth:`draw` draws from, as for :meth:`sympe.Symmetries.sample`.
    """

    def __init__(self, num_positions: int, dim: int, kernel: str = KERNEL) -> None:
        super().__init__()
        self.num_positions, self.kernel = natural("num_positions", num_positions, 1), kernel
        self.v = nn.Parameter(torch.randn(self.num_positions, natural("dim", dim, 1)) / dim**0.5)

    def draw(self, edge_index: Tensor, batch: Tensor | None = None, **arguments: Any) -> Tensor:
        """``[N]`` ranks by :func:`draw` from this kernel; cheap, but best done by the data loader: :class:`sympe.pyg.AddSymPE`."""
        return draw(edge_index, batch, kernel=self.kernel, **arguments)

    def forward(self, ranks: Tensor) -> Tensor:
        _table(ranks, self.num_positions)
        return self.v[ranks]


class SmoothedSymPE(nn.Module):
    """Encodings that know the graph: ``½ (I + A) v_n``, the mean of a node's own learned vector and the sum of its neighbours'. ``[N]``
    ranks, ``[2, E]`` edges and the graph of each node give ``[N, dim]``.

    Neighbours get like encodings whatever their ranks, so that a network that reads them as coordinates (an EGNN) starts with a sketch
    of the graph. There is a table for each number of nodes, and it starts as cosines of the rank, ``scale·√2·cos(πk(r + ½)/n)``.

    >>> import torch
    >>> from sympe.torch import SmoothedSymPE, draw
    >>> path = torch.tensor([[0, 1, 1, 2], [1, 0, 2, 1]])
    >>> SmoothedSymPE(num_positions=16, dim=8)(draw(path), path).shape
    torch.Size([3, 8])

    Args:
        num_positions: the most nodes of a graph.
        dim: the size of an encoding.
        scale: the root of the mean square of ``v`` at the start.
    """

    def __init__(self, num_positions: int, dim: int, *, scale: float = 1.0) -> None:
        super().__init__()
        self.num_positions, dim = natural("num_positions", num_positions, 1), natural("dim", dim, 1)
        k = torch.arange(1, dim + 1, dtype=torch.float64)
        tables = []
        for n in range(1, self.num_positions + 1):
            angle = torch.pi / n * (torch.arange(n) + 0.5)[:, None] * k
            tables.append(scale * 2**0.5 * torch.cos(angle) * (k < n))
        self.v = nn.Parameter(torch.cat(tables).float())

    def forward(self, ranks: Tensor, edge_index: Tensor, batch: Tensor | None = None) -> Tensor:
        """``edge_index`` has undirected edges in both directions, as PyTorch Geometric does."""
        _table(ranks, self.num_positions)
        batch = torch.zeros_like(ranks) if batch is None else batch
        n = torch.bincount(batch)[batch]
        wrong = (n > self.num_positions) | (ranks >= n)
        if wrong.any():
            node = int(wrong.nonzero()[0])
            raise ValueError(
                f"rank {int(ranks[node])} of node {node} in a graph of {int(n[node])} nodes, expected ranks below the number of "
                f"nodes and at most {self.num_positions} nodes (num_positions)"
            )
        own = self.v[n * (n - 1) // 2 + ranks]
        return (own + torch.zeros_like(own).index_add(0, edge_index[1], own[edge_index[0]])) / 2


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


class FieldSymPE(nn.Module):
    """A learned field ``v`` of ``dim`` channels on a torus, moved by draws of :meth:`sympe.FieldSymmetries.sample`: ranks ``[B, R·C]`` and
    flips ``[B]`` to ``[B, dim, R, C]`` encodings ``g̃·v``, to be concatenated with the channels of the fields.

    >>> import torch
    >>> import sympe
    >>> from sympe.torch import FieldSymPE
    >>> spins = torch.ones(2, 1, 4, 4, dtype=torch.int64)
    >>> ranks, flips = sympe.canonicalize_field(spins, odd=[True], spin_flip=True).sample(1)
    >>> FieldSymPE((4, 4), dim=3)(torch.from_numpy(ranks[0]), torch.from_numpy(flips[0])).shape
    torch.Size([2, 3, 4, 4])

    Args:
        shape: rows and columns.
        dim: the number of channels.
    """

    def __init__(self, shape: tuple[int, int], dim: int) -> None:
        super().__init__()
        self.rows, self.columns = natural("rows", shape[0], 1), natural("columns", shape[1], 1)
        self.v = nn.Parameter(torch.randn(natural("dim", dim, 1), self.rows * self.columns) / dim**0.5)

    def forward(self, ranks: Tensor, flips: Tensor | None = None) -> Tensor:
        """With ``flips`` all channels are odd: they change sign where the draw flips spins."""
        _table(ranks, self.v.shape[1])
        if ranks.ndim != 2 or ranks.shape[1] != self.v.shape[1]:
            raise ValueError(f"ranks has shape {list(ranks.shape)}, expected [B, {self.v.shape[1]}]")
        moved = self.v[:, ranks].transpose(0, 1)
        if flips is not None:
            moved = torch.where(flips[:, None, None], -moved, moved)
        return moved.reshape(len(ranks), -1, self.rows, self.columns)


class FrameSymPE(nn.Module):
    """``dim`` learned vectors in the plane or in space, turned by draws of :meth:`sympe.PointSymmetries.sample`: frames ``[B, d, d]`` to
    ``[B, dim, d]`` vectors ``g̃·v``, to be given to each point of a cloud as further vectors.

    >>> import torch
    >>> import sympe
    >>> from sympe.torch import FrameSymPE
    >>> square = torch.tensor([[1.0, 1], [1, -1], [-1, -1], [-1, 1]])
    >>> frames = sympe.canonicalize_points(square).sample(1)[0]
    >>> FrameSymPE(2, dim=3)(torch.from_numpy(frames).float()).shape
    torch.Size([1, 3, 2])

    Args:
        dimension: 2 or 3.
        dim: the number of vectors.
    """

    def __init__(self, dimension: int, dim: int) -> None:
        super().__init__()
        if dimension not in (2, 3):
            raise ValueError(f"dimension is {dimension}, expected 2 or 3")
        self.v = nn.Parameter(torch.randn(natural("dim", dim, 1), dimension))

    def forward(self, frames: Tensor) -> Tensor:
        d = self.v.shape[1]
        if frames.shape[-2:] != (d, d):
            raise ValueError(f"frames has shape {list(frames.shape)}, expected [B, {d}, {d}]")
        return self.v @ frames.transpose(-1, -2)


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
