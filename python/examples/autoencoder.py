"""The graph autoencoder of the paper in PyTorch: an EGNN that compresses Erdős–Rényi graphs and rebuilds them from distances.

Model, data, training and metrics are those of `cargo xtask train graph-autoencoder`, written independently of it: nodes have no
features, and what breaks their symmetry are the initial coordinates.

    python autoencoder.py                                     # 10 epochs, 3 seeds: some minutes a way and seed
    python autoencoder.py --ways none uniform sympe --epochs 2 --seeds 1

Satorras, Hoogeboom & Welling, *E(n) equivariant graph neural networks*, 2021, section 5.2; Lawrence et al., *Improving equivariant
networks with probabilistic symmetry breaking*, 2025, section 6.1.
"""

from __future__ import annotations

import argparse
import itertools
import math
import random
import statistics
import sys
import time
from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch_geometric.data import Batch, Data
from torch_geometric.loader import DataLoader
from torch_geometric.utils import scatter

from sympe.pyg import AddSymPE
from sympe.torch import SmoothedSymPE

SIZES = range(7, 17)
WAYS = ["none", "uniform", "sympe"]


def erdos_renyi(seed: int, count: int) -> list[Data]:
    """The published graphs: G(n, ¼), as many of each size. Seed 0 is for training, 1 for validation, 2 for the test."""
    stream = random.Random(seed)
    graphs = []
    for n in itertools.islice(itertools.cycle(SIZES), count):
        edges = [pair for pair in itertools.combinations(range(n), 2) if stream.random() < 0.25]
        both = torch.tensor(edges + [(v, u) for u, v in edges], dtype=torch.int64).reshape(-1, 2)
        graphs.append(Data(edge_index=both.T.contiguous(), num_nodes=n))
    stream.shuffle(graphs)
    return graphs


class Uniform:
    """Adds ``data.rank``: places of nodes uniformly at random, which tell nothing of the graph."""

    def __call__(self, data: Data) -> Data:
        data.rank = torch.randperm(data.num_nodes)
        return data


class Drawn(torch.utils.data.Dataset):
    """Graphs with a new draw each time they are asked for."""

    def __init__(self, graphs: list[Data], way: str) -> None:
        self.graphs, self.draw = graphs, Uniform() if way == "uniform" else AddSymPE()

    def __len__(self) -> int:
        return len(self.graphs)

    def __getitem__(self, index: int) -> Data:
        return self.draw(self.graphs[index].clone())


def pairs(batch: Batch) -> tuple[Tensor, Tensor]:
    """All ordered pairs of different nodes of one graph, ``[2, P]``, and whether they are adjacent, ``[P]``."""
    alike = batch.batch[:, None] == batch.batch
    alike.fill_diagonal_(False)
    adjacent = torch.zeros_like(alike)
    adjacent[batch.edge_index[0], batch.edge_index[1]] = True
    pair = alike.nonzero().T
    return pair, adjacent[pair[0], pair[1]].float()


def perceptron(inputs: int, hidden: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(inputs, hidden), nn.SiLU(), nn.Linear(hidden, hidden))


class Layer(nn.Module):
    """An E(n)-equivariant layer on all pairs of nodes, whose attribute is whether they are adjacent."""

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__()
        self.residual = inputs == hidden
        self.edge = nn.Sequential(perceptron(2 * inputs + 2, hidden), nn.SiLU())
        self.node = perceptron(inputs + hidden, hidden)
        last = nn.Linear(hidden, 1, bias=False)
        nn.init.xavier_uniform_(last.weight, gain=1e-3)
        self.coordinate = nn.Sequential(nn.Linear(hidden, hidden), nn.SiLU(), last)

    def forward(self, h: Tensor, x: Tensor, pair: Tensor, adjacent: Tensor) -> tuple[Tensor, Tensor]:
        i, j = pair
        difference = x[i] - x[j]
        distance = difference.square().sum(-1, keepdim=True)
        message = self.edge(torch.cat([h[i], h[j], distance, adjacent[:, None]], dim=-1))
        move = (difference * self.coordinate(message)).clamp(-100, 100)
        new = self.node(torch.cat([h, scatter(message, i, dim_size=len(h))], dim=-1))
        return h + new if self.residual else new, x + scatter(move, i, dim_size=len(h), reduce="mean")


class Autoencoder(nn.Module):
    """Coordinates in, embeddings of nodes out; the logit of an edge is affine in the squared distance of its ends."""

    def __init__(self, way: str, *, scale: float = 1.0, hidden: int = 64, layers: int = 4, embedding: int = 8) -> None:
        super().__init__()
        self.way, self.embedding = way, embedding
        self.encoding = SmoothedSymPE(SIZES[-1], embedding, scale=scale)
        self.layers = nn.ModuleList(Layer(hidden if k else 1, hidden) for k in range(layers))
        # The bias learns ten times as fast as at the rate of the others: it has a long way to go.
        self.weight, self.bias = nn.Parameter(torch.tensor(-0.1)), nn.Parameter(torch.tensor(0.1))

    def forward(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """Logits and targets of ordered pairs ``[P]``, and the graph of each."""
        pair, adjacent = pairs(batch)
        h = torch.ones(batch.num_nodes, 1)
        if self.way == "none":
            x = torch.zeros(batch.num_nodes, self.embedding)
        else:
            x = self.encoding(batch.rank, batch.edge_index, batch.batch)
        for layer in self.layers:
            h, x = layer(h, x, pair, adjacent)
            x = 0.999 * x
        distance = (x[pair[0]] - x[pair[1]]).square().sum(-1)
        return self.weight * distance + 10 * self.bias, adjacent, batch.batch[pair[0]]


@torch.no_grad()
def evaluate(model: Autoencoder, graphs: list[Data]) -> dict[str, float]:
    """With one draw of each graph: cross-entropy per graph in nats, wrong pairs and graphs rebuilt without any, in percent."""
    nats = wrong = entries = exact = 0
    for batch in DataLoader(Drawn(graphs, model.way), batch_size=32):
        logits, targets, graph = model(batch)
        nats += float(functional.binary_cross_entropy_with_logits(logits, targets, reduction="sum"))
        error = ((logits > 0) != (targets > 0.5)).float()
        wrong, entries = wrong + int(error.sum()), entries + len(error)
        exact += int((scatter(error, graph, dim_size=batch.num_graphs) == 0).sum())
    return {"bce": nats / len(graphs), "error": 100 * wrong / entries, "exact": 100 * exact / len(graphs)}


def train(
    way: str,
    graphs: list[Data],
    *,
    epochs: int,
    seed: int = 0,
    scale: float = 1.0,
    batch_size: int = 4,
    rate: float = 1e-3,
    warmup: int = 500,
) -> Iterator[tuple[int, Autoencoder]]:
    """Trains a new model, at a rate that rises over ``warmup`` steps and falls as a cosine; after each epoch its number and the
    model."""
    torch.manual_seed(seed)
    model = Autoencoder(way, scale=scale)
    optimizer = torch.optim.Adam(model.parameters(), lr=rate)
    loader = DataLoader(Drawn(graphs, way), batch_size=batch_size, shuffle=True)
    total = epochs * len(loader)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(1.0, (step + 1) / warmup) * (1 + math.cos(math.pi * step / total)) / 2
    )
    for epoch in range(epochs):
        for batch in loader:
            logits, targets, _ = model(batch)
            loss = functional.binary_cross_entropy_with_logits(logits, targets, reduction="sum") / batch.num_graphs
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 10.0)
            optimizer.step()
            schedule.step()
        yield epoch + 1, model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=["sympe"], help="what breaks symmetry")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--graphs", type=int, default=5000, help="for training, at most")
    parser.add_argument("--scale", type=float, default=1.0, help="of the learned coordinates at the start")
    options = parser.parse_args()
    torch.set_num_threads(1)
    data, test = erdos_renyi(0, 5000)[: options.graphs], erdos_renyi(2, 500)
    print("| breaking | seeds | test BCE | % error | exact graphs, % |\n|---|---|---|---|---|")
    for way in options.ways:
        found = []
        for seed in range(options.seeds):
            start = time.monotonic()
            for epoch, model in train(way, data, epochs=options.epochs, seed=seed, scale=options.scale):
                print(f"{way}, seed {seed}: epoch {epoch}, {time.monotonic() - start:.0f} s", file=sys.stderr)
            torch.manual_seed(seed)
            found.append(evaluate(model, test))
        cells = []
        for name, digits in [("bce", 3), ("error", 4), ("exact", 1)]:
            values = [figures[name] for figures in found]
            spread = f" ± {statistics.stdev(values):.{digits}f}" if len(values) > 1 else ""
            cells.append(f"{statistics.mean(values):.{digits}f}{spread}")
        print(f"| {way} | {options.seeds} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
