"""Data sets of PyTorch Geometric."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("torch_geometric")

from torch_geometric.data import Data  # noqa: E402
from torch_geometric.loader import DataLoader  # noqa: E402

from sympe import pyg  # noqa: E402


def path(*z: int) -> Data:
    ends = torch.arange(len(z) - 1)
    edges = torch.stack([torch.cat([ends, ends + 1]), torch.cat([ends + 1, ends])])
    return Data(edge_index=edges, z=torch.tensor(z), num_nodes=len(z))


GRAPHS = [path(6, 6, 8), path(8, 6, 6), path(6, 8, 6), path(1), path(6, 6, 6, 6)]


def test_duplicates_and_leaks() -> None:
    assert pyg.distinct(GRAPHS, node_color="z").tolist() == [0, 2, 3, 4]
    assert pyg.distinct(GRAPHS).tolist() == [0, 3, 4]
    assert pyg.leaks(GRAPHS[:1], GRAPHS[1:], node_color="z").tolist() == [0]
    with pytest.raises(ValueError, match="graph 0 has no attribute 'charge'"):
        pyg.distinct(GRAPHS, node_color="charge")


def test_transforms() -> None:
    orbits, order = pyg.AddOrbits(node_color="z"), pyg.AddCanonicalOrder(node_color="z")
    data = order(orbits(GRAPHS[2].clone()))
    assert data.orbit.tolist() == [0, 1, 0] and data.log_order.tolist() == pytest.approx([0.693147], abs=1e-5)
    assert sorted(data.canonical_rank.tolist()) == [0, 1, 2]
    torch.manual_seed(0)
    draws = pyg.AddSymPE(node_color="z")
    assert len({tuple(draws(GRAPHS[2].clone()).rank.tolist()) for _ in range(50)}) == 2
    assert len(draws._known) == 1
    with pytest.raises(ValueError, match="unknown kernel"):
        pyg.AddSymPE(kernel="best")(GRAPHS[0].clone())


def test_loaders_with_workers() -> None:
    draws = pyg.AddSymPE(node_color="z")

    class Drawn(torch.utils.data.Dataset):
        def __len__(self) -> int:
            return len(GRAPHS)

        def __getitem__(self, index: int) -> Data:
            return draws(GRAPHS[index].clone())

    for batch in DataLoader(Drawn(), batch_size=2, num_workers=2):
        assert len(batch.rank) == batch.num_nodes
