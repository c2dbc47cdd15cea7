"""What canonicalizing a batch finds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from . import _core
from ._inputs import limits, natural, seed_of
from ._perm_group import PermGroup


class Generators(Sequence[NDArray[np.int64]]):
    """Generators of the automorphism group of each graph, made when asked for: ``[k, n]`` images per graph."""

    def __init__(self, core: _core.Symmetries) -> None:
        self._core = core

    def __len__(self) -> int:
        return len(self._core)

    @overload
    def __getitem__(self, index: int) -> NDArray[np.int64]: ...
    @overload
    def __getitem__(self, index: slice) -> list[NDArray[np.int64]]: ...
    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self._core.generators(i) for i in range(*index.indices(len(self)))]
        return self._core.generators(_place(index, len(self)))


class Symmetries:
    """Canonical labellings, orbits, digests and automorphism groups of a batch of ``B`` graphs with ``N`` nodes in all.

    Nodes are numbered through the batch: graph ``b`` has the nodes ``ptr[b]`` to ``ptr[b + 1] - 1``. Ranks count from 0 in each
    graph. All arrays are NumPy's; ``torch.from_numpy`` makes tensors of them without a copy. Objects can be pickled.

    >>> import sympe
    >>> found = sympe.canonicalize([[0, 1, 2, 3], [1, 2, 0, 4]], batch=[0, 0, 0, 1, 1])  # a triangle and an edge
    >>> found.order
    [6, 2]
    >>> found.orbits
    array([0, 0, 0, 3, 3])
    """

    def __init__(self, core: _core.Symmetries) -> None:
        self._core = core

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, self._core.state()

    def __len__(self) -> int:
        """The number of graphs, ``B``."""
        return len(self._core)

    def __repr__(self) -> str:
        return f"<sympe.Symmetries of {len(self)} graphs with {int(self.ptr[-1])} nodes>"

    @cached_property
    def ptr(self) -> NDArray[np.int64]:
        """``[B + 1]``: graph ``b`` has the nodes ``ptr[b]`` to ``ptr[b + 1] - 1``."""
        return self._core.ptr()

    @cached_property
    def batch(self) -> NDArray[np.int64]:
        """``[N]``: the graph of each node."""
        return np.repeat(np.arange(len(self)), np.diff(self.ptr))

    @cached_property
    def labelling(self) -> NDArray[np.int64]:
        """``[N]``: the node at each canonical place. ``x[labelling]`` has the rows of ``x`` in canonical order, graph by graph."""
        return self._core.labelling()

    @cached_property
    def ranks(self) -> NDArray[np.int64]:
        """``[N]``: the canonical place of each node in its graph, from 0. Equal nodes are told apart at will: networks that are
        given such ranks are not equivariant, those that are given :meth:`sample` are in law."""
        ranks = np.empty(len(self.labelling), np.int64)
        ranks[self.labelling] = np.arange(len(ranks))
        return ranks - self.ptr[:-1][self.batch]

    @cached_property
    def orbits(self) -> NDArray[np.int64]:
        """``[N]``: the least node of each node's orbit. Two nodes of a graph are alike exactly if these agree."""
        return self._core.orbits()

    @cached_property
    def digest(self) -> NDArray[np.uint8]:
        """``[B, 32]`` bytes: SHA-256 of each canonical form. Equal exactly for isomorphic graphs, on every platform, in every
        batch. Rows as a column of fixed-size binaries: :meth:`to_arrow`."""
        return self._core.digest()

    @cached_property
    def hexdigest(self) -> list[str]:
        """``B`` strings of 64 hexadecimal digits: :attr:`digest`."""
        return [row.tobytes().hex() for row in self.digest]

    @cached_property
    def order(self) -> list[int]:
        """``B`` exact orders of automorphism groups."""
        return self._core.order()

    @cached_property
    def log_order(self) -> NDArray[np.float64]:
        """``[B]``: natural logarithms of :attr:`order`, the entropies of draws in nats."""
        return self._core.log_order()

    @property
    def generators(self) -> Sequence[NDArray[np.int64]]:
        """For each graph ``[k, n]``: ``k`` generators of the automorphism group, as lists of images of the nodes, counted from 0
        in each graph. Made when asked for, since a graph of ``n`` like nodes has ``n - 1`` of them."""
        return Generators(self._core)

    def group(self, index: int) -> PermGroup:
        """The automorphism group of a graph, on its nodes counted from 0."""
        return PermGroup._of(self._core.group(_place(index, len(self))))

    def sample(
        self,
        n: int,
        seed: int | None = None,
        *,
        kernel: str = "exact",
        threads: int | None = None,
        timeout: float | None = None,
    ) -> NDArray[np.int64]:
        """``[n, N]``: ranks of all nodes in ``n`` independent draws from an inversion kernel.

        A draw of an exact kernel is uniform among the ``order`` ways to bring the graph into one form, independently for each graph.
        Draw ``k`` of graph ``b`` depends on ``(seed, k, b)`` and the graph, and not on ``n``, threads or the other graphs. Without a
        seed the operating system gives one.

        >>> import sympe
        >>> path = sympe.canonicalize([[0, 1], [1, 2]])
        >>> sorted(set(map(tuple, path.sample(100, seed=0).tolist())))
        [(0, 2, 1), (1, 2, 0)]
        >>> int(path.sample(1, seed=0, kernel="exact-depth-first")[0, 1])  # along the path, whose middle is second
        1

        Args:
            n: the number of draws.
            seed: an integer from 0 to 2⁶⁴ − 1.
            kernel: ``"exact"``: relabelling by a draw gives the canonical form; O(nodes) a draw. ``"exact-depth-first"``,
                ``"exact-breadth-first"``, ``"exact-refinement"``, ``"exact-walks"``, ``"exact-spectral"``: nodes of that form in an
                order that changes little when the graph does, which is easier to learn from; O(nodes · edges) once per graph, for
                spectra the third power of nodes. ``"exact-heavy-depth-first"``: nodes of colour 4 last.
                ``"exact-within-budget"``: as ``"exact-depth-first"`` where a search of 1000 nodes is enough, as ``"refinement"``
                elsewhere. ``"depth-first"``,
                ``"random-depth-first"``, ``"breadth-first"``, ``"refinement"``, ``"spectral"``, ``"orbits"``: relaxed, ties are broken
                at random; more is broken than symmetry demands, and the law is still equivariant.
            threads: as for :func:`sympe.canonicalize`.
            timeout: the same; it is looked at between draws.

        Raises:
            ValueError: no kernel has this name; the error lists those there are.
        """
        threads, _, timeout = limits(threads, 0, timeout)
        if not isinstance(kernel, str):
            raise TypeError(f"kernel is {kernel!r}, expected a name such as 'exact'")
        return self._core.sample(natural("n", n), seed_of(seed), kernel, threads, timeout)

    def unique(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """``first`` ``[U]`` and ``inverse`` ``[B]``: the first graph of each class of isomorphism, in order of appearance, and the
        class of each graph. As ``numpy.unique`` has them: graph ``b`` is isomorphic to graph ``first[inverse[b]]``.

        >>> import sympe
        >>> found = sympe.canonicalize_edge_lists([[(0, 1)], [(0, 1), (1, 2)], [(1, 0)]])
        >>> found.unique()
        (array([0, 1]), array([0, 1, 0]))
        """
        return self._core.unique()

    @cached_property
    def _canonical_edges(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        return self._core.canonical_edges()

    @property
    def canonical_edge_index(self) -> NDArray[np.int64]:
        """``[2, E]``: edges of the canonical forms, sorted, between canonical places ``ptr[b] + rank``. Isomorphic graphs have
        equal ones, apart from where they begin. Undirected edges are there in both directions, as PyTorch Geometric has them."""
        return self._canonical_edges[0]

    @property
    def canonical_edge_color(self) -> NDArray[np.int64]:
        """``[E]``: colours of :attr:`canonical_edge_index`."""
        return self._canonical_edges[1]

    @cached_property
    def canonical_node_color(self) -> NDArray[np.int64]:
        """``[N]``: colours of canonical places: ``node_color[labelling]``."""
        return self._core.canonical_node_color()

    def to_arrow(self, *, fixed_size: bool = True) -> Any:
        """A ``pyarrow.Table`` with a row per graph: ``digest`` as fixed-size binary, ``order`` in decimal digits, ``log_order`` and
        ``num_nodes``. Needs pyarrow.

        Args:
            fixed_size: otherwise ``digest`` is binary of any size, for Spark, which has no other.
        """
        import pyarrow as pa

        digest = pa.FixedSizeBinaryArray.from_buffers(
            pa.binary(32), len(self), [None, pa.py_buffer(np.ascontiguousarray(self.digest))]
        )
        if not fixed_size:
            digest = digest.cast(pa.binary())
        return pa.table(
            {
                "digest": digest,
                "order": pa.array([str(order) for order in self.order], pa.string()),
                "log_order": pa.array(self.log_order),
                "num_nodes": pa.array(np.diff(self.ptr)),
            }
        )

    def __iter__(self) -> Iterator[Any]:
        raise TypeError("symmetries of a batch are arrays over the batch; ask for an attribute, or for group(index)")


def _place(index: Any, count: int) -> int:
    place = index.__index__()
    if not -count <= place < count:
        raise IndexError(f"there is no graph {place} in a batch of {count}")
    return place % count


def _restore(*state: Any) -> Symmetries:
    return Symmetries(_core.restore(*state))
