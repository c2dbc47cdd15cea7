"""The autoencoder in PyTorch."""

from __future__ import annotations

import hashlib
import importlib
import itertools
import subprocess
import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("torch_geometric")

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


@pytest.fixture
def autoencoder(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(EXAMPLES))
    return importlib.import_module("autoencoder")


def test_graphs_are_the_published_ones(autoencoder) -> None:
    def line(graph) -> str:
        edges = set(map(tuple, graph.edge_index.T.tolist()))
        pairs = itertools.combinations(range(graph.num_nodes), 2)
        return f"{graph.num_nodes} {''.join('01'[pair in edges] for pair in pairs)}\n"

    text = "".join(map(line, autoencoder.erdos_renyi(2, 500)))
    # The checksum of egnn_er025_test.txt, as sympe-data has it.
    assert hashlib.sha256(text.encode()).hexdigest() == "7ff8b5ae6b6f9de3dd600506cd8b0822d0b3c60a1d9008e40bef0f57f5aa6803"


def test_the_model_is_equivariant_given_its_draw(autoencoder) -> None:
    torch.manual_seed(0)
    model = autoencoder.Autoencoder("sympe")
    graphs = autoencoder.erdos_renyi(1, 10)
    batch = next(iter(autoencoder.DataLoader(autoencoder.Drawn(graphs, "sympe"), batch_size=10)))
    logits, targets, _ = model(batch)
    # Relabelled in each graph by turns: pairs come in another order, so logits of edges and of others are compared as sets.
    g = torch.cat([torch.randperm(graph.num_nodes) + int(start) for graph, start in zip(graphs, batch.ptr, strict=False)])
    moved = batch.clone()
    moved.edge_index, moved.rank = g[batch.edge_index], batch.rank[torch.argsort(g)]
    others, other_targets, _ = model(moved)
    for kind in (0.0, 1.0):
        assert torch.allclose(logits[targets == kind].sort()[0], others[other_targets == kind].sort()[0], atol=1e-4)


def test_the_program_trains_and_prints_a_table() -> None:
    command = [sys.executable, "autoencoder.py", "--ways", "none", "sympe", "--epochs", "2", "--seeds", "1", "--graphs", "200"]
    run = subprocess.run(command, cwd=EXAMPLES, capture_output=True, text=True, timeout=300, check=True)
    rows = [line.split(" | ") for line in run.stdout.splitlines()[2:]]
    assert [row[0] for row in rows] == ["| none", "| sympe"]
    # Fifty steps tell a network with draws from one without.
    assert float(rows[1][2]) < 0.8 * float(rows[0][2])
