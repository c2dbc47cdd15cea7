"""Graphs in any form to symmetries."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import _core
from ._inputs import array, integers, limits, natural, offsets
from ._symmetries import Symmetries

# Search-tree nodes before a search gives up: seconds to minutes. What almost all graphs need is below a thousand.
MAX_NODES = 10_000_000


def canonicalize(
    edge_index: Any,
    batch: Any = None,
    *,
    node_color: Any = None,
    edge_color: Any = None,
    directed: bool = False,
    num_nodes: int | None = None,
    num_graphs: int | None = None,
    threads: int | None = None,
    max_nodes: int = MAX_NODES,
    timeout: float | None = None,
) -> Symmetries:
    """Canonical labellings, orbits, digests and automorphism groups of a batch of graphs, in the form of PyTorch Geometric.

    Arrays are NumPy's, or anything with the array protocol or DLPack in memory of the CPU, as PyTorch tensors; ``int64`` and
    ``int32`` of any strides are read without a copy. The interpreter is released meanwhile, and Ctrl-C ends the call.

    >>> import sympe
    >>> found = sympe.canonicalize([[0, 1, 2, 3, 4], [1, 2, 3, 4, 0]])  # a pentagon
    >>> found.order, found.orbits
    ([10], array([0, 0, 0, 0, 0]))

    Args:
        edge_index: ``[2, E]`` integers: the ends of each edge, nodes of the whole batch. An edge of an undirected graph is given
            once, in either direction, or once in each. Loops are edges; multiple edges are refused.
        batch: ``[N]`` integers: the graph of each node, sorted. By default there is one graph.
        node_color: ``[N]`` integers from 0 to 2³² − 1, compared by value. By default all are 0.
        edge_color: ``[E]`` integers from 0 to 2³² − 1, the same for both directions of an undirected edge. By default all are 0.
        directed: whether edges have a direction.
        num_nodes: the number of nodes ``N``, if there is no ``batch`` and no ``node_color``. By default one more than the greatest
            end of an edge.
        num_graphs: the number of graphs, if the last ones have no nodes.
        threads: by default as many as the process may use. Results do not depend on it.
        max_nodes: search-tree nodes that may be visited in each graph.
        timeout: seconds that the call may take.

    Raises:
        BudgetExhausted: a graph needs more than ``max_nodes``.
        TimeoutError: the call took longer than ``timeout``.
        TypeError, ValueError: an argument is not what it has to be.
    """
    _refuse_other_forms(edge_index)
    edges = integers("edge_index", edge_index, "[2, E]", 2)
    if edges.shape[0] != 2:
        raise ValueError(f"edge_index has shape {list(edges.shape)}, expected [2, E]")
    node_color = _per("node_color", node_color, "N", None)
    if batch is not None:
        batch = integers("batch", batch, "[N]", 1)
        if num_nodes is not None and natural("num_nodes", num_nodes) != len(batch):
            raise ValueError(f"num_nodes is {num_nodes}, but batch has {len(batch)} entries")
    else:
        if num_nodes is not None:
            n = natural("num_nodes", num_nodes)
        elif node_color is not None:
            n = len(node_color)
        else:
            n = int(edges.max()) + 1 if edges.size else 0
            # So many nodes without edges are a mistake rather than a graph, and their memory may not be there.
            if n > 10_000_000 + 100 * edges.shape[1]:
                raise ValueError(
                    f"edge_index names node {n - 1}, but there are {edges.shape[1]} edges: give num_nodes if this is meant"
                )
        if n >= 2**32:
            raise ValueError(f"there are {n} nodes, expected less than 2**32")
        # A view of one zero: no memory. At least one graph, even without nodes.
        batch = np.broadcast_to(np.zeros(1, np.int64), (max(n, 0),))
        num_graphs = 1 if num_graphs is None else num_graphs
    if node_color is not None and len(node_color) != len(batch):
        raise ValueError(f"node_color has shape [{len(node_color)}], expected [{len(batch)}]")
    edge_color = _per("edge_color", edge_color, "E", edges.shape[1])
    if num_graphs is not None:
        num_graphs = natural("num_graphs", num_graphs)
    threads, max_nodes, timeout = limits(threads, max_nodes, timeout)
    return Symmetries(
        _core.canonicalize_arrays(
            edges[0],
            edges[1],
            batch,
            num_graphs,
            node_color,
            edge_color,
            bool(directed),
            threads,
            max_nodes,
            timeout,
        )
    )


def canonicalize_dense(
    adjacency: Any, num_nodes: Any = None, *, node_color: Any = None, directed: bool = False, **limits: Any
) -> Symmetries:
    """:func:`canonicalize` for padded dense matrices.

    >>> import numpy as np, sympe
    >>> sympe.canonicalize_dense(np.ones((2, 3, 3)) - np.eye(3), num_nodes=[3, 2]).order
    [6, 2]

    Args:
        adjacency: ``[B, N, N]`` or ``[N, N]``: 0 where there is no edge, otherwise the colour of the edge plus 1; numbers of any
            type that are integers. What is beyond ``num_nodes`` is not looked at.
        num_nodes: ``[B]`` integers: the number of real nodes, which come first, or a mask ``[B, N]`` of bools. By default ``N``.
        node_color: ``[B, N]`` integers, as for :func:`canonicalize`.
        directed: whether entry ``(i, j)`` is an edge from ``i`` to ``j``; otherwise matrices must be symmetric.
        **limits: ``threads``, ``max_nodes``, ``timeout``.

    Raises:
        As :func:`canonicalize`; ``ValueError`` for a matrix that is not symmetric.
    """
    given = array("adjacency", adjacency)
    if given.ndim == 2:
        given = given[None]
    dense = integers("adjacency", given, "[B, N, N] or [N, N]", 3, whole_floats=True)
    count, n, columns = dense.shape
    if n != columns:
        raise ValueError(f"adjacency has shape {list(dense.shape)}, expected [B, N, N]")
    real = _real(num_nodes, count, n)
    inside = np.arange(n) < real[:, None]
    both = inside[:, :, None] & inside[:, None, :]
    if not directed:
        differs = np.argwhere(both & (dense != dense.swapaxes(1, 2)))
        if len(differs):
            b, row, column = (int(i) for i in differs[0])
            raise _asymmetric(f"graph {b}", row, column)
        both &= np.tri(n, dtype=bool).T
    graphs, rows, columns_ = np.nonzero(both & (dense != 0))
    starts = offsets(real)
    colors = None
    if node_color is not None:
        colors = array("node_color", node_color)
        if colors.ndim == 1 and np.ndim(adjacency) == 2:
            colors = colors[None]
        colors = integers("node_color", colors, f"[{count}, {n}]", 2)
        if colors.shape != (count, n):
            raise ValueError(f"node_color has shape {list(colors.shape)}, expected [{count}, {n}]")
        colors = colors[inside]
    return canonicalize(
        np.stack([starts[graphs] + rows, starts[graphs] + columns_]),
        np.repeat(np.arange(count), real),
        node_color=colors,
        edge_color=dense[graphs, rows, columns_] - 1,
        directed=directed,
        num_graphs=count,
        **limits,
    )


def _real(num_nodes: Any, count: int, n: int) -> NDArray[np.int64]:
    """The number of real nodes of each graph."""
    if num_nodes is None:
        return np.full(count, n, np.int64)
    given = array("num_nodes", num_nodes)
    if given.dtype == bool:
        if given.shape != (count, n):
            raise ValueError(f"num_nodes is a mask of shape {list(given.shape)}, expected [{count}, {n}]")
        real = given.sum(1)
        gap = np.argwhere(given != (np.arange(n) < real[:, None]))
        if len(gap):
            raise ValueError(f"num_nodes is a mask with a gap in graph {int(gap[0][0])}, expected real nodes first")
        return real.astype(np.int64)
    if given.ndim == 0:
        given = np.broadcast_to(given, (count,))
    real = integers("num_nodes", given, f"[{count}]", 1)
    if len(real) != count:
        raise ValueError(f"num_nodes has shape [{len(real)}], expected [{count}]")
    wrong = np.flatnonzero((real < 0) | (real > n))
    if len(wrong):
        raise ValueError(f"num_nodes of graph {wrong[0]} is {real[wrong[0]]}, expected 0 to {n}")
    return real.astype(np.int64)


def canonicalize_edge_lists(
    edges: Iterable[Any],
    num_nodes: Sequence[int] | None = None,
    *,
    node_color: Sequence[Any] | None = None,
    edge_color: Sequence[Any] | None = None,
    directed: bool = False,
    **limits: Any,
) -> Symmetries:
    """:func:`canonicalize` for lists of edges, one list per graph.

    >>> import sympe
    >>> sympe.canonicalize_edge_lists([[(0, 1), (1, 2)], []], num_nodes=[3, 4]).order
    [2, 24]

    Args:
        edges: for each graph its edges as pairs of nodes, which count from 0 in each graph: lists of tuples, or arrays ``[E, 2]``.
        num_nodes: for each graph the number of nodes; by default one more than the greatest end of an edge.
        node_color: for each graph its colours of nodes.
        edge_color: for each graph its colours of edges.
        directed: as for :func:`canonicalize`.
        **limits: ``threads``, ``max_nodes``, ``timeout``.
    """
    pairs = []
    for b, listed in enumerate(edges):
        if not isinstance(listed, np.ndarray) and not hasattr(listed, "__array__"):
            listed = list(listed)
        if len(listed) == 0:
            pairs.append(np.zeros((0, 2), np.int64))
            continue
        ends = integers(f"edges of graph {b}", listed, "[E, 2]", 2)
        if ends.shape[1] != 2:
            raise ValueError(f"edges of graph {b} has shape {list(ends.shape)}, expected [E, 2]")
        pairs.append(ends.astype(np.int64, copy=False))
    count = len(pairs)

    def join(name: str, lists: Sequence[Any] | None, lengths: Sequence[int]) -> NDArray[Any] | None:
        if lists is None:
            return None
        if len(lists) != count:
            raise ValueError(f"{name} has {len(lists)} entries, expected {count}, one per graph")
        parts = [np.zeros(0, np.int64)]
        for b, (part, length) in enumerate(zip(lists, lengths, strict=True)):
            part = integers(f"{name} of graph {b}", part, f"[{length}]", 1)
            if len(part) != length:
                raise ValueError(f"{name} of graph {b} has {len(part)} entries, expected {length}")
            parts.append(part)
        return np.concatenate(parts)

    if num_nodes is not None:
        if len(num_nodes) != count:
            raise ValueError(f"num_nodes has {len(num_nodes)} entries, expected {count}, one per graph")
        sizes = [natural(f"num_nodes of graph {b}", n) for b, n in enumerate(num_nodes)]
    elif node_color is not None:
        sizes = [len(colors) for colors in node_color]
    else:
        sizes = [max(int(ends.max()) + 1, 0) if ends.size else 0 for ends in pairs]
        for b, (n, ends) in enumerate(zip(sizes, pairs, strict=True)):
            if n > 10_000_000 + 100 * len(ends):
                raise ValueError(
                    f"graph {b} names node {n - 1}, but has {len(ends)} edges: give num_nodes if this is meant"
                )
    if sum(sizes) >= 2**32:
        raise ValueError(f"there are {sum(sizes)} nodes, expected less than 2**32")
    for b, (ends, n) in enumerate(zip(pairs, sizes, strict=False)):
        wrong = np.argwhere((ends < 0) | (ends >= n))
        if len(wrong):
            at = tuple(wrong[0])
            places = f"vertices 0 to {n - 1}" if n else "no vertices"
            raise ValueError(f"graph {b}: edge {int(at[0])} names vertex {int(ends[at])}, but the graph has {places}")
    starts = offsets(sizes)
    joined = np.concatenate([np.zeros((0, 2), np.int64)] + [e + s for e, s in zip(pairs, starts, strict=False)])
    return canonicalize(
        joined.T,
        np.repeat(np.arange(count), sizes),
        node_color=join("node_color", node_color, sizes),
        edge_color=join("edge_color", edge_color, [len(ends) for ends in pairs]),
        directed=directed,
        num_graphs=count,
        **limits,
    )


def canonicalize_scipy(matrices: Any, *, node_color: Any = None, directed: bool = False, **limits: Any) -> Symmetries:
    """:func:`canonicalize` for sparse matrices of SciPy: one, or a list of them.

    Args:
        matrices: ``[n, n]`` each: a stored entry that is not 0 is an edge, of its value less 1 as colour, as in
            :func:`canonicalize_dense`.
        node_color: colours of the nodes of all matrices, one after the other.
        directed: as for :func:`canonicalize_dense`.
        **limits: ``threads``, ``max_nodes``, ``timeout``.
    """
    if hasattr(matrices, "tocoo"):
        matrices = [matrices]
    sources, targets, colors, sizes = [], [], [], []
    start = 0
    for b, matrix in enumerate(matrices):
        if not hasattr(matrix, "tocoo"):
            raise TypeError(f"matrix {b} is of type {type(matrix).__name__}, expected a sparse matrix of SciPy")
        if len(matrix.shape) != 2 or matrix.shape[0] != matrix.shape[1]:
            raise ValueError(f"matrix {b} has shape {list(matrix.shape)}, expected [n, n]")
        # Entries that are stored several times add up, as SciPy has it.
        rows_first = matrix.tocsr()
        found = rows_first.tocoo()
        values = integers(f"matrix {b}", found.data, "entries", 1, whole_floats=True)
        kept = values != 0
        rows, columns, values = found.row[kept], found.col[kept], values[kept]
        if not directed:
            mirrored = rows_first != rows_first.T
            if mirrored.nnz:
                row, column = (int(i[0]) for i in mirrored.nonzero())
                raise _asymmetric(f"matrix {b}", row, column)
        sources.append(rows.astype(np.int64) + start)
        targets.append(columns.astype(np.int64) + start)
        colors.append(values.astype(np.int64) - 1)
        sizes.append(matrix.shape[0])
        start += matrix.shape[0]
    none = [np.zeros(0, np.int64)]
    return canonicalize(
        np.stack([np.concatenate(none + sources), np.concatenate(none + targets)]),
        np.repeat(np.arange(len(sizes)), sizes),
        node_color=node_color,
        edge_color=np.concatenate(none + colors),
        directed=directed,
        num_graphs=len(sizes),
        **limits,
    )


Color = str | Callable[[Mapping[str, Any]], int] | None


def canonicalize_networkx(graphs: Any, *, node_color: Color = None, edge_color: Color = None, **limits: Any) -> Symmetries:
    """:func:`canonicalize` for graphs of networkx: one, or a list of them, all directed or all undirected.

    Nodes count in the order of ``graph.nodes``.

    Args:
        graphs: ``Graph`` or ``DiGraph``. Multigraphs are refused: colour edges by their multiplicity.
        node_color: the attribute of nodes that has their colour, an integer from 0 to 2³² − 1, or a function of the attributes.
            By default nodes have no colours.
        edge_color: the same for edges.
        **limits: ``threads``, ``max_nodes``, ``timeout``.
    """
    if hasattr(graphs, "adj"):
        graphs = [graphs]
    graphs = list(graphs)
    directions = set()
    pairs, sizes, node_colors, edge_colors = [], [], [], []
    for b, graph in enumerate(graphs):
        if not hasattr(graph, "adj"):
            raise TypeError(f"graph {b} is of type {type(graph).__name__}, expected a graph of networkx")
        if graph.is_multigraph():
            raise TypeError(f"graph {b} is a multigraph; multiple edges are not supported, colour edges by their number")
        directions.add(graph.is_directed())
        places = {node: i for i, node in enumerate(graph.nodes)}
        pairs.append([(places[u], places[v]) for u, v in graph.edges])
        sizes.append(len(places))
        node_colors.append([_color(f"node {node!r} of graph {b}", node_color, data) for node, data in graph.nodes(data=True)])
        edge_colors.append(
            [_color(f"edge ({u!r}, {v!r}) of graph {b}", edge_color, data) for u, v, data in graph.edges(data=True)]
        )
    if len(directions) > 1:
        raise ValueError("graphs are directed and undirected, expected one kind in a batch")
    return canonicalize_edge_lists(
        pairs,
        sizes,
        node_color=None if node_color is None else node_colors,
        edge_color=None if edge_color is None else edge_colors,
        directed=True in directions,
        **limits,
    )


def _color(what: str, of: Color, data: Mapping[str, Any]) -> int:
    if of is None:
        return 0
    if callable(of):
        value = of(data)
    elif of in data:
        value = data[of]
    else:
        raise ValueError(f"{what} has no attribute {of!r}, which is to be its colour")
    try:
        color = value.__index__()
    except (AttributeError, TypeError):
        raise TypeError(f"{what} has the colour {value!r}, expected an integer from 0 to {2**32 - 1}") from None
    if not 0 <= color < 2**32:
        raise ValueError(f"{what} has the colour {color}, expected 0 to {2**32 - 1}")
    return color


def canonicalize_smiles(
    smiles: Iterable[str],
    *,
    hydrogens: bool = True,
    threads: int | None = None,
    max_nodes: int = MAX_NODES,
    timeout: float | None = None,
) -> Symmetries:
    """:func:`canonicalize` for molecules as SMILES. Digests agree exactly for the same molecule, however it is written:
    delocalized bonds have a colour of their own, and charges are separated. There is no stereochemistry and no isotope.

    >>> import sympe
    >>> found = sympe.canonicalize_smiles(["c1ccccc1", "C1=CC=CC=C1", "CCO"], hydrogens=False)
    >>> found.order, found.unique()[1]
    ([12, 12, 1], array([0, 0, 1]))

    Args:
        smiles: one line per molecule, without names. Atoms keep their order; hydrogens that the text implies follow.
        hydrogens: whether hydrogens are nodes. Otherwise atoms are coloured by how many they have.
        threads, max_nodes, timeout: as for :func:`canonicalize`.

    Raises:
        ValueError: a text is no SMILES, or says something that a molecule here cannot; the error names the character.
    """
    if isinstance(smiles, str):
        smiles = [smiles]
    lines = list(smiles)
    for i, line in enumerate(lines):
        if not isinstance(line, str):
            raise TypeError(f"molecule {i} is {line!r}, expected a SMILES string")
    return Symmetries(_core.canonicalize_smiles(lines, bool(hydrogens), *limits(threads, max_nodes, timeout)))


def _asymmetric(what: str, row: int, column: int) -> ValueError:
    return ValueError(
        f"{what}: the adjacency matrix of an undirected graph must be symmetric, "
        f"but entry ({row}, {column}) differs from its mirror"
    )


def _per(name: str, value: Any, size: str, length: int | None) -> NDArray[Any] | None:
    """Colours, one per node or edge."""
    if value is None:
        return None
    colors = integers(name, value, f"[{size}]", 1)
    if length is not None and len(colors) != length:
        raise ValueError(f"{name} has shape [{len(colors)}], expected [{length}]")
    return colors


def _refuse_other_forms(edge_index: Any) -> None:
    """Names the function for what is no list of edges."""
    for attribute, function in [("tocoo", "canonicalize_scipy"), ("adj", "canonicalize_networkx")]:
        if hasattr(edge_index, attribute) and not hasattr(edge_index, "__array_interface__"):
            raise TypeError(
                f"edge_index is of type {type(edge_index).__name__}, expected an array [2, E]: use sympe.{function}"
            )
    if getattr(edge_index, "ndim", 2) == 3:
        raise ValueError(
            f"edge_index has shape {list(edge_index.shape)}, expected [2, E]: use sympe.canonicalize_dense"
        )
