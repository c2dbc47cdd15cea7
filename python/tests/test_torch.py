"""Networks in PyTorch."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

import sympe  # noqa: E402
from sympe.torch import PairSymPE, SymPE, check_equivariance, draw, orbit_spread  # noqa: E402

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
