"""Networks in PyTorch."""

from __future__ import annotations

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import sympe  # noqa: E402
from sympe.torch import (  # noqa: E402
    FieldSymPE,
    FrameSymPE,
    PairSymPE,
    SmoothedSymPE,
    SymPE,
    check_equivariance,
    draw,
    orbit_spread,
)

RING = torch.tensor([[0, 1, 2, 3, 4, 5], [1, 2, 3, 4, 5, 0]])


def messages(x: torch.Tensor, edge_index: torch.Tensor) -> torch.Tensor:
    """A network without parameters: sums over neighbours, twice."""
    for _ in range(2):
        both = torch.cat([edge_index, edge_index.flip(0)], dim=1)
        x = torch.tanh(x + torch.zeros_like(x).index_add(0, both[0], x[both[1]]))
    return x


def test_gradients_reach_the_table() -> None:
    torch.manual_seed(0)
    encoding = SymPE(8, 4)
    ranks = draw(RING)
    assert sorted(ranks.tolist()) == list(range(6))
    encoding(ranks).sum().backward()
    assert encoding.v.grad[:6].eq(1).all() and encoding.v.grad[6:].eq(0).all()
    pairs = PairSymPE(8, 4)
    assert pairs(ranks).shape == (6, 6, 4) and torch.equal(pairs(ranks), pairs(ranks).transpose(0, 1))
    assert torch.equal(pairs(ranks, RING), pairs(ranks)[RING[0], RING[1]])


def test_smoothed_encodings_are_those_of_the_definition() -> None:
    torch.manual_seed(5)
    encoding = SmoothedSymPE(6, 3, scale=2.0)
    both = torch.cat([RING, RING.flip(0)], dim=1)
    # A ring of six and a path of two, in one batch.
    edges = torch.cat([both, torch.tensor([[6, 7], [7, 6]])], dim=1)
    batch = torch.tensor([0] * 6 + [1] * 2)
    ranks = draw(edges, batch)
    got = encoding(ranks, edges, batch)
    assert torch.allclose(got[:6], encoding(ranks[:6], both)) and torch.allclose(got[6:], encoding(ranks[6:], edges[:, -2:] - 6))
    adjacency = torch.zeros(6, 6)
    adjacency[both[0], both[1]] = 1
    table = torch.tensor([[2 * 2**0.5 * math.cos(math.pi * k * (r + 0.5) / 6) for k in (1, 2, 3)] for r in range(6)])
    assert torch.allclose(got[:6], (torch.eye(6) + adjacency) @ table[ranks[:6]] / 2, atol=1e-6)
    # Of two nodes there is one cosine, and they are the mean of both.
    assert torch.allclose(got[6:], torch.zeros(2, 3), atol=1e-6)
    got.square().sum().backward()
    assert encoding.v.grad[15:21].abs().max() > 0 and encoding.v.grad[3:15].eq(0).all()
    with pytest.raises(ValueError, match="rank 4 of node 1 in a graph of 2 nodes"):
        encoding(torch.tensor([0, 4]), torch.zeros(2, 0, dtype=torch.int64))


def test_encodings_of_fields_move_with_them() -> None:
    torch.manual_seed(6)
    encoding = FieldSymPE((4, 6), 3)
    rng = np.random.default_rng(0)
    spins = rng.choice([-1, 1], (1, 1, 4, 6))
    options = {"group": "p1", "odd": [True], "spin_flip": True}
    assert sympe.canonicalize_field(spins, **options).order == [1]

    def encode(field: np.ndarray) -> torch.Tensor:
        ranks, flips = sympe.canonicalize_field(field, **options).sample(1, seed=0)
        return encoding(torch.from_numpy(ranks[0]), torch.from_numpy(flips[0]))

    moved = -np.roll(spins, (1, 2), (2, 3))
    assert torch.equal(encode(moved.copy()), -torch.roll(encode(spins), (1, 2), (2, 3)))
    # What is symmetric is broken in each of its ways.
    ranks, flips = sympe.canonicalize_field(np.ones((1, 1, 4, 6), np.int64), **options).sample(200, seed=1)
    codes = torch.stack([encoding(torch.from_numpy(r), torch.from_numpy(f)) for r, f in zip(ranks, flips, strict=True)])
    assert len(codes.flatten(1).unique(dim=0)) == 24
    with pytest.raises(ValueError, match=r"ranks has shape \[24\], expected \[B, 24\]"):
        encoding(torch.arange(24))


def test_frames_turn_with_clouds() -> None:
    torch.manual_seed(7)
    encoding = FrameSymPE(3, 2)
    cloud = torch.randn(5, 3, dtype=torch.float64)
    turn = torch.linalg.qr(torch.randn(3, 3, dtype=torch.float64))[0]

    def encode(points: torch.Tensor) -> torch.Tensor:
        found = sympe.canonicalize_points(points)
        assert found.order == [1]
        return encoding(torch.from_numpy(found.sample(1, seed=0)[0]).float())

    assert torch.allclose(encode(cloud @ turn.T), encode(cloud) @ turn.T.float(), atol=1e-4)
    with pytest.raises(ValueError, match=r"frames has shape \[1, 2, 2\], expected \[B, 3, 3\]"):
        encoding(torch.eye(2)[None])
    with pytest.raises(ValueError, match="dimension is 4"):
        FrameSymPE(4, 2)


def test_kernels_of_draws() -> None:
    # Along the path from one of its ends, or the other.
    path = torch.tensor([[3, 0, 1], [0, 1, 2]])
    assert {tuple(draw(path)[[3, 0, 1, 2]].tolist()) for _ in range(50)} == {(0, 1, 2, 3), (3, 2, 1, 0)}
    # Each of two orbits at random for itself.
    assert len({tuple(SymPE(4, 2, kernel="orbits").draw(path).tolist()) for _ in range(200)}) == 4
    with pytest.raises(ValueError, match="unknown kernel"):
        draw(path, kernel="best")


def test_seeds_of_pytorch_hold() -> None:
    torch.manual_seed(1)
    first = [draw(RING) for _ in range(5)]
    torch.manual_seed(1)
    assert all(torch.equal(a, draw(RING)) for a in first)
    assert len({tuple(a.tolist()) for a in first}) > 1


def test_what_is_equivariant_is_told_from_what_is_not() -> None:
    torch.manual_seed(2)
    x = torch.randn(6, 3)
    assert check_equivariance(messages, x, RING) < 1e-5
    assert check_equivariance(lambda x, e: messages(x, e) * torch.arange(6)[:, None], x, RING) > 0.1


def test_curie() -> None:
    torch.manual_seed(3)
    alike = torch.ones(6, 3)
    assert orbit_spread(messages, alike, RING) < 1e-5
    encoding = SymPE(6, 3)
    broken = lambda x, e: messages(encoding(draw(e)), e)  # noqa: E731
    assert orbit_spread(broken, alike, RING) > 0.1


def test_a_draw_lets_a_network_do_what_it_could_not() -> None:
    """To choose one node of a ring of six: equal nodes get equal scores, until a draw tells them apart."""
    torch.manual_seed(4)
    encoding, score = SymPE(6, 8), torch.nn.Linear(8, 1)
    optimizer = torch.optim.Adam([*encoding.parameters(), *score.parameters()], lr=0.05)
    for _ in range(100):
        ranks = draw(RING)
        loss = torch.nn.functional.cross_entropy(score(encoding(ranks))[:, 0][None], (ranks == 0).nonzero()[0])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert float(loss.detach()) < 0.1 < torch.log(torch.tensor(6.0))


def test_what_is_wrong_is_named() -> None:
    with pytest.raises(ValueError, match=r"ranks are 0 to 5, expected 0 to 4"):
        SymPE(5, 2)(torch.arange(6))
    with pytest.raises(TypeError, match="ranks has dtype torch.float32"):
        SymPE(5, 2)(torch.zeros(3))
    with pytest.raises(ValueError, match="dim is 0, expected at least 1"):
        SymPE(5, 0)



class Draws(torch.utils.data.Dataset):
    def __len__(self) -> int:
        return 64

    def __getitem__(self, index: int) -> torch.Tensor:
        return draw(RING, threads=1)


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_data_loader_workers_fork() -> None:
    sympe.canonicalize(RING, threads=1)
    loader = torch.utils.data.DataLoader(Draws(), batch_size=8, num_workers=2)
    batches = list(loader)
    assert torch.equal(torch.cat(batches).sort(dim=1)[0], torch.arange(6).expand(64, 6))
    assert len(torch.cat(batches).unique(dim=0)) > 6
