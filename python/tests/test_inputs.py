"""All forms of input say the same, and what is wrong is named."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
import scipy.sparse
from conftest import canonicalize_all, random_graph
from hypothesis import given, settings
from hypothesis import strategies as st

import sympe

PATH = np.array([[0, 1, 2], [1, 2, 3]])


def test_all_forms_agree() -> None:
    rng = np.random.default_rng(20)
    for directed in (False, True):
        graphs = [random_graph(rng, most=9, colors=3, directed=directed) for _ in range(200)]
        found = canonicalize_all(graphs)
        n = max(graph.n for graph in graphs)
        dense = np.full((len(graphs), n, n), 7)
        colors = np.full((len(graphs), n), 9)
        sparse = []
        for b, graph in enumerate(graphs):
            own = np.zeros((graph.n, graph.n), int)
            for (u, v), color in graph.edges.items():
                own[u, v] = color + 1
                if not directed:
                    own[v, u] = color + 1
            dense[b, : graph.n, : graph.n] = own
            colors[b, : graph.n] = graph.colors
            sparse.append(scipy.sparse.csr_array(own.astype(float)))
        sizes = np.array([graph.n for graph in graphs])
        mask = np.arange(n) < sizes[:, None]
        flat = colors[mask]
        for other in [
            sympe.canonicalize_dense(dense, sizes, node_color=colors, directed=directed),
            sympe.canonicalize_dense(dense.astype(np.float32), mask, node_color=colors, directed=directed),
            sympe.canonicalize_scipy(sparse, node_color=flat, directed=directed),
            sympe.canonicalize_networkx([as_networkx(graph) for graph in graphs], node_color="c", edge_color="c"),
        ]:
            assert other.hexdigest == found.hexdigest
            assert np.array_equal(other.labelling, found.labelling)
            assert np.array_equal(other.ptr, found.ptr)


def as_networkx(graph):
    made = nx.DiGraph() if graph.directed else nx.Graph()
    made.add_nodes_from((v, {"c": color}) for v, color in enumerate(graph.colors))
    made.add_edges_from((u, v, {"c": color}) for (u, v), color in graph.edges.items())
    return made


def test_edges_in_one_direction_and_in_both_are_the_same() -> None:
    rng = np.random.default_rng(21)
    for most in (12, 90):
        for _ in range(100):
            graph = random_graph(rng, most=most, colors=5, directed=False)
            ends = np.array(list(graph.edges), int).reshape(-1, 2).T
            colors = np.array(list(graph.edges.values()), int)
            proper = ends[0] != ends[1]
            both = np.concatenate([ends, ends[::-1, proper]], axis=1)
            both_colors = np.concatenate([colors, colors[proper]])
            order = rng.permutation(both.shape[1])
            one = sympe.canonicalize(ends, node_color=graph.colors, edge_color=colors)
            two = sympe.canonicalize(both[:, order], node_color=graph.colors, edge_color=both_colors[order])
            assert one.hexdigest == two.hexdigest and np.array_equal(one.labelling, two.labelling)
            # The canonical form is an input, and its own canonical form.
            again = sympe.canonicalize(
                one.canonical_edge_index, node_color=one.canonical_node_color, edge_color=one.canonical_edge_color
            )
            assert again.hexdigest == one.hexdigest


def test_edges_need_no_order_in_a_batch() -> None:
    rng = np.random.default_rng(22)
    ends = np.array([[0, 1, 3, 4, 6], [1, 2, 4, 5, 7]])
    batch = np.array([0, 0, 0, 1, 1, 1, 3, 3])
    sorted_ = sympe.canonicalize(ends, batch, edge_color=np.arange(5), num_graphs=5)
    for _ in range(20):
        order = rng.permutation(5)
        other = sympe.canonicalize(ends[:, order], batch, edge_color=order, num_graphs=5)
        assert other.hexdigest == sorted_.hexdigest
    assert sorted_.order == [1, 1, 1, 2, 1] and sorted_.ptr.tolist() == [0, 3, 6, 6, 8, 8]


@pytest.mark.parametrize("dtype", [np.int64, np.int32, np.int16, np.int8, np.uint8, np.uint16, np.uint32, np.uint64])
def test_types_strides_and_byte_orders(dtype: type) -> None:
    want = sympe.canonicalize(PATH, node_color=[1, 0, 0, 1], edge_color=[2, 1, 2]).hexdigest
    ends, nodes, edges = PATH.astype(dtype), np.array([1, 0, 0, 1], dtype), np.array([2, 1, 2], dtype)
    every_other = np.zeros((2, 6), dtype)
    every_other[:, ::2] = ends
    misaligned = np.frombuffer(b"\0" + ends.tobytes(), np.uint8)[1:].view(dtype).reshape(2, 3)
    for variant in [ends, np.asfortranarray(ends), every_other[:, ::2], ends[::-1], ends[:, ::-1][:, ::-1], misaligned]:
        assert sympe.canonicalize(variant, node_color=nodes, edge_color=edges).hexdigest == want
    swapped = ends.astype(ends.dtype.newbyteorder())
    assert sympe.canonicalize(swapped, node_color=nodes, edge_color=edges).hexdigest == want
    frozen = ends.copy()
    frozen.flags.writeable = False
    assert sympe.canonicalize(frozen, node_color=nodes, edge_color=edges).hexdigest == want


class OnlyDlpack:
    """An array that speaks DLPack alone, on the device given."""

    def __init__(self, array: np.ndarray, device: tuple[int, int]) -> None:
        self._array, self._device = array, device
        self.ndim, self.shape = array.ndim, array.shape

    def __dlpack__(self, **options: object) -> object:
        return self._array.__dlpack__(**options)

    def __dlpack_device__(self) -> tuple[int, int]:
        return self._device


def test_dlpack() -> None:
    want = sympe.canonicalize(PATH).hexdigest
    assert sympe.canonicalize(OnlyDlpack(PATH, (1, 0))).hexdigest == want
    with pytest.raises(TypeError, match=r"edge_index is on .*, expected memory of the CPU: give edge_index.cpu\(\)"):
        sympe.canonicalize(OnlyDlpack(PATH, (2, 0)))


def test_torch() -> None:
    torch = pytest.importorskip("torch")
    want = sympe.canonicalize(PATH).hexdigest
    for dtype in (torch.int64, torch.int32):
        assert sympe.canonicalize(torch.tensor(PATH, dtype=dtype), torch.zeros(4, dtype=dtype)).hexdigest == want
    with pytest.raises(TypeError, match="dtype float32, expected integers"):
        sympe.canonicalize(torch.zeros(2, 3))


WRONG = [
    (dict(edge_index=[0, 1]), ValueError, r"edge_index has shape \[2\], expected \[2, E\]"),
    (dict(edge_index=np.zeros((3, 2), int)), ValueError, r"edge_index has shape \[3, 2\], expected \[2, E\]"),
    (dict(edge_index=np.zeros((1, 2, 2), int)), ValueError, "use sympe.canonicalize_dense"),
    (dict(edge_index=[[0.0], [1.0]]), TypeError, "edge_index has dtype float64, expected integers"),
    (dict(edge_index=[[np.nan], [1]]), TypeError, "edge_index has dtype float64"),
    (dict(edge_index=[[True], [False]]), TypeError, "edge_index has dtype bool"),
    (dict(edge_index="CCO"), TypeError, "edge_index is 'CCO', expected an array"),
    (dict(edge_index=[["a"], ["b"]]), TypeError, "edge_index has dtype <U1"),
    (dict(edge_index=[[0, 1], [1]]), TypeError, "edge_index cannot be read as an array"),
    (dict(edge_index=None), TypeError, "edge_index has dtype object|edge_index has shape"),
    (dict(edge_index=[[0], [-1]]), ValueError, r"edge_index of edge 0 names node -1, expected 0 to 0"),
    (dict(edge_index=[[0], [5]], num_nodes=3), ValueError, "edge_index of edge 0 names node 5, expected 0 to 2"),
    (dict(edge_index=[[0], [0]], num_nodes=0), ValueError, "names node 0, but there are no nodes"),
    (dict(edge_index=[[0], [2**62]]), ValueError, "num_nodes|nodes, expected less than"),
    (dict(edge_index=[[0], [2**31]]), ValueError, "num_nodes"),
    (dict(edge_index=np.array([[0], [2**63]], np.uint64)), ValueError, r"edge_index\[1, 0\] is 9223372036854775808"),
    (dict(edge_index=[[0, 0], [1, 1]]), ValueError, r"edge \(0, 1\) is given twice"),
    (dict(edge_index=[[1, 1], [0, 0]]), ValueError, r"edge \(1, 0\) is given twice"),
    (dict(edge_index=[[1, 0, 1], [0, 1, 0]]), ValueError, "is given twice"),
    (dict(edge_index=[[0, 0], [0, 0]]), ValueError, r"edge \(0, 0\) is given twice"),
    (dict(edge_index=[[90, 1, 90], [1, 90, 1]]), ValueError, "is given twice"),
    (
        dict(edge_index=[[0, 1], [1, 0]], edge_color=[3, 4]),
        ValueError,
        r"graph 0: edge \(0, 1\) of an undirected graph has edge_color 3 in one direction and 4 in the other",
    ),
    (dict(edge_index=[[0, 90], [90, 0]], edge_color=[3, 4]), ValueError, "edge_color 3 in one direction and 4 in the"),
    (dict(edge_index=PATH, batch=[0, 0, 0]), ValueError, "edge_index of edge 2 names node 3, expected 0 to 2"),
    (dict(edge_index=PATH, batch=[0, 0, 1, 1]), ValueError, "edge 1 joins node 1 of graph 0 and node 2 of graph 1"),
    (dict(edge_index=PATH, batch=[0, 1, 0, 0]), ValueError, "batch of node 2 is 0 after 1, expected nodes sorted"),
    (dict(edge_index=PATH, batch=[-1, 0, 0, 0]), ValueError, "batch of node 0 is -1"),
    (dict(edge_index=PATH, batch=[0, 0, 0, 10**9]), ValueError, "batch of node 3 is 1000000000 after 0"),
    (dict(edge_index=PATH, batch=[0, 0, 0, 0], num_graphs=0), ValueError, "batch of node 0 is 0, expected less than"),
    (dict(edge_index=PATH, batch=[0.0] * 4), TypeError, "batch has dtype float64"),
    (dict(edge_index=PATH, batch=[0] * 4, num_nodes=5), ValueError, "num_nodes is 5, but batch has 4 entries"),
    (dict(edge_index=PATH, num_graphs=2**40), ValueError, "num_graphs is too large"),
    (dict(edge_index=PATH, num_nodes=2.5), TypeError, "num_nodes is 2.5, expected an integer"),
    (dict(edge_index=PATH, num_nodes=-1), ValueError, "num_nodes is -1, expected at least 0"),
    (dict(edge_index=PATH, node_color=[0, 0]), ValueError, "names node 2|node_color"),
    (dict(edge_index=PATH, batch=[0] * 4, node_color=[0]), ValueError, r"node_color has shape \[1\], expected \[4\]"),
    (dict(edge_index=PATH, node_color=[0, 0, 0, -7]), ValueError, "node_color of node 3 is -7, expected 0 to 4294967295"),
    (dict(edge_index=PATH, node_color=[0, 0, 0, 2**32]), ValueError, "node_color of node 3 is 4294967296"),
    (dict(edge_index=PATH, node_color=[[0, 0, 0, 1]]), ValueError, r"node_color has shape \[1, 4\], expected \[N\]"),
    (dict(edge_index=PATH, edge_color=[1]), ValueError, r"edge_color has shape \[1\], expected \[3\]"),
    (dict(edge_index=PATH, edge_color=[0, 0, -1]), ValueError, "edge_color of edge 2 is -1"),
    (dict(edge_index=PATH, edge_color=[0, 0, np.nan]), TypeError, "edge_color has dtype float64"),
    (dict(edge_index=PATH, threads=0), ValueError, "threads is 0, expected at least 1"),
    (dict(edge_index=PATH, threads=10**9), ValueError, "threads is 1000000000, expected at most 4096"),
    (dict(edge_index=PATH, max_nodes=-1), ValueError, "max_nodes is -1, expected at least 0"),
    (dict(edge_index=PATH, timeout=0), ValueError, "timeout is 0.0, expected a positive number"),
    (dict(edge_index=PATH, timeout=float("nan")), ValueError, "timeout is nan"),
    (dict(edge_index=scipy.sparse.eye(3)), TypeError, "use sympe.canonicalize_scipy"),
    (dict(edge_index=nx.path_graph(3)), TypeError, "use sympe.canonicalize_networkx"),
]


@pytest.mark.parametrize(("arguments", "error", "words"), WRONG)
def test_what_is_wrong_is_named(arguments: dict, error: type, words: str) -> None:
    with pytest.raises(error, match=words):
        sympe.canonicalize(**arguments)


def test_the_first_wrong_graph_is_named_whatever_the_threads() -> None:
    lists = [[(0, 1)] if b % 100 else [(0, 1), (0, 1)] for b in range(1, 2000)]
    for threads in (1, 8):
        with pytest.raises(ValueError, match=r"graph 99: edge"):
            sympe.canonicalize_edge_lists(lists, threads=threads)


def test_wrong_matrices_and_lists() -> None:
    lopsided = np.array([[0, 1], [0, 0]])
    with pytest.raises(ValueError, match=r"graph 0: the adjacency matrix .* entry \(0, 1\) differs"):
        sympe.canonicalize_dense(lopsided)
    assert sympe.canonicalize_dense(lopsided, directed=True).order == [1]
    with pytest.raises(ValueError, match=r"adjacency\[0, 0, 1\] is nan, expected an integer"):
        sympe.canonicalize_dense(np.array([[0, np.nan], [0, 0]]))
    with pytest.raises(ValueError, match=r"adjacency\[0, 0, 1\] is 0.5, expected an integer"):
        sympe.canonicalize_dense(np.array([[0, 0.5], [0.5, 0]]))
    with pytest.raises(ValueError, match="edge_color of edge 0 is -2"):
        sympe.canonicalize_dense(-np.eye(2, dtype=int)[::-1])
    with pytest.raises(ValueError, match=r"adjacency has shape \[1, 2, 3\]"):
        sympe.canonicalize_dense(np.zeros((2, 3)))
    with pytest.raises(ValueError, match="num_nodes of graph 1 is 4, expected 0 to 3"):
        sympe.canonicalize_dense(np.zeros((2, 3, 3)), [3, 4])
    with pytest.raises(ValueError, match="a gap in graph 0"):
        sympe.canonicalize_dense(np.zeros((1, 3, 3)), np.array([[True, False, True]]))
    with pytest.raises(ValueError, match=r"matrix 0: .* entry \(0, 1\) differs"):
        sympe.canonicalize_scipy(scipy.sparse.csr_array(lopsided))
    with pytest.raises(TypeError, match="matrix 0 is of type ndarray"):
        sympe.canonicalize_scipy([lopsided])
    with pytest.raises(ValueError, match="graph 1: edge 0 names vertex 3, but the graph has vertices 0 to 1"):
        sympe.canonicalize_edge_lists([[], [(0, 3)]], [2, 2])
    with pytest.raises(TypeError, match="graph 0 is a multigraph"):
        sympe.canonicalize_networkx(nx.MultiGraph())
    with pytest.raises(ValueError, match="node 'a' of graph 0 has no attribute 'c'"):
        graph = nx.Graph()
        graph.add_node("a")
        sympe.canonicalize_networkx(graph, node_color="c")
    with pytest.raises(ValueError, match="directed and undirected"):
        sympe.canonicalize_networkx([nx.Graph(), nx.DiGraph()])


def test_smiles() -> None:
    found = sympe.canonicalize_smiles(["CCO", "OCC", "[H]OC([H])([H])C", "COC"])
    assert found.unique()[1].tolist() == [0, 0, 0, 1]
    assert found.order == [12, 12, 12, 72]
    assert sympe.canonicalize_smiles(["CCO"], hydrogens=False).ptr.tolist() == [0, 3]
    with pytest.raises(ValueError, match=r"molecule 1: an open ring at character 4 of 'C1CC'"):
        sympe.canonicalize_smiles(["C", "C1CC"])
    with pytest.raises(TypeError, match="molecule 0 is None"):
        sympe.canonicalize_smiles([None])


def test_empty_batches() -> None:
    assert len(sympe.canonicalize_edge_lists([])) == 0
    assert sympe.canonicalize(np.zeros((2, 0))).order == [1]
    assert sympe.canonicalize(np.zeros((2, 0)), np.zeros(0, int)).order == []
    assert sympe.canonicalize_dense(np.zeros((0, 3, 3))).order == []
    assert sympe.canonicalize_smiles([]).unique()[0].tolist() == []
    assert sympe.canonicalize_edge_lists([[], []], [0, 0]).sample(3, seed=0).shape == (3, 0)


integers = st.integers(-3, 8) | st.sampled_from([2**31, 2**32, 2**63 - 1, -(2**63)])
pairs = st.lists(st.tuples(integers, integers), max_size=6)


@settings(max_examples=2000, deadline=None)
@given(
    pairs=pairs,
    batch=st.none() | st.lists(integers, max_size=8),
    node_color=st.none() | st.lists(integers, max_size=8),
    edge_color=st.none() | st.lists(integers, max_size=6),
    directed=st.booleans(),
    num_graphs=st.none() | st.integers(-1, 10),
)
def test_any_integers_give_a_result_or_an_error(pairs, batch, node_color, edge_color, directed, num_graphs) -> None:
    try:
        found = sympe.canonicalize(
            np.array(pairs, np.int64).reshape(-1, 2).T,
            batch,
            node_color=node_color,
            edge_color=edge_color,
            directed=directed,
            num_graphs=num_graphs,
            threads=1,
        )
    except (ValueError, TypeError):
        return
    n = int(found.ptr[-1])
    assert np.array_equal(np.sort(found.labelling), np.arange(n))
    assert found.sample(2, seed=0).shape == (2, n)


@settings(max_examples=500, deadline=None)
@given(st.recursive(st.none() | st.booleans() | integers | st.floats() | st.text(max_size=2), st.lists, max_leaves=8))
def test_anything_at_all_gives_a_result_or_an_error(value) -> None:
    for function in (
        sympe.canonicalize,
        sympe.canonicalize_dense,
        sympe.canonicalize_edge_lists,
        sympe.canonicalize_scipy,
        sympe.canonicalize_networkx,
        sympe.canonicalize_smiles,
        sympe.PermGroup,
    ):
        try:
            function(value)
        except (ValueError, TypeError):
            pass
