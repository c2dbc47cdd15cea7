"""What draws cost in a data loader for graph diffusion, beside a training step of the denoiser. Needs torch.

    python loader.py [GRAPHS NODES]

A batch of 512 noisy graphs of up to 29 nodes, molecules of QM9 with hydrogens in the middle of the process: half of the nodes and a tenth of the pairs have
random classes. Draws are those of dense classes, canonical forms included, on one thread. The denoiser is a graph transformer as DiGress has
it, small (4 layers, 64 channels of nodes and 32 of pairs), one thread; larger ones take longer, and draws do not. The least of three
rounds, in processor time.
"""

from __future__ import annotations

import sys

import numpy as np
import torch
from speed import least
from torch import Tensor, nn

import sympe
from sympe.torch import PairSymPE, SymPE

CLASSES, BONDS, DIM, PAIR, LAYERS, HEADS = 5, 5, 64, 32, 4, 4


def noisy(count: int, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Classes ``[B, N]`` and ``[B, N, N]`` of trees with random entries, and sizes ``[B]``."""
    rng = np.random.default_rng(0)
    sizes = rng.integers(n // 2, n + 1, count)
    x = np.where(rng.random((count, n)) < 0.5, rng.integers(0, CLASSES, (count, n)), 1)
    e = np.zeros((count, n, n), np.int64)
    for v in range(1, n):
        e[np.arange(count), v, rng.integers(0, v, count)] = 1
    random = np.where(rng.random((count, n, n)) < 0.1, rng.integers(0, BONDS, (count, n, n)), np.tril(e, -1))
    e = np.tril(random, -1)
    return x, e + e.swapaxes(1, 2), sizes


class Layer(nn.Module):
    """Attention among nodes with pairs as scales and shifts of the scores, and pairs renewed by the scores."""

    def __init__(self) -> None:
        super().__init__()
        self.qkv, self.out = nn.Linear(DIM, 3 * DIM), nn.Linear(DIM, DIM)
        self.scale, self.shift, self.pair = nn.Linear(PAIR, DIM), nn.Linear(PAIR, DIM), nn.Linear(DIM, PAIR)
        self.norms = nn.ModuleList([nn.LayerNorm(d) for d in (DIM, PAIR, DIM, PAIR)])
        self.nodes = nn.Sequential(nn.Linear(DIM, 2 * DIM), nn.ReLU(), nn.Linear(2 * DIM, DIM))
        self.pairs = nn.Sequential(nn.Linear(PAIR, 2 * PAIR), nn.ReLU(), nn.Linear(2 * PAIR, PAIR))

    def forward(self, x: Tensor, e: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        q, k, v = self.qkv(x).chunk(3, -1)
        scores = q[:, :, None] * k[:, None] / (DIM // HEADS) ** 0.5
        scores = scores * (self.scale(e) + 1) + self.shift(e)
        weights = scores.masked_fill(~mask[:, None, :, None], -1e9).softmax(2)
        x = self.norms[0](x + self.out((weights * v[:, None]).sum(2)))
        e = self.norms[1](e + self.pair(scores))
        return self.norms[2](x + self.nodes(x)), self.norms[3](e + self.pairs(e))


class Denoiser(nn.Module):
    def __init__(self, n: int) -> None:
        super().__init__()
        self.x, self.e = nn.Embedding(CLASSES, DIM), nn.Embedding(BONDS, PAIR)
        self.v, self.pairs = SymPE(n, DIM), PairSymPE(n, PAIR)
        self.layers = nn.ModuleList([Layer() for _ in range(LAYERS)])
        self.to_x, self.to_e = nn.Linear(DIM, CLASSES), nn.Linear(PAIR, BONDS)

    def forward(self, x: Tensor, e: Tensor, ranks: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        h, p = self.x(x) + self.v(ranks), self.e(e) + self.pairs(ranks)
        for layer in self.layers:
            h, p = layer(h, p, mask)
        return self.to_x(h), self.to_e(p + p.transpose(1, 2))


def main() -> None:
    count, n = (int(text) for text in sys.argv[1:] or ("512", "29"))
    torch.set_num_threads(1)
    x, e, sizes = noisy(count, n)
    mask = np.arange(n) < sizes[:, None]
    ranks = np.zeros((count, n), np.int64)

    def draw() -> None:
        found = sympe.canonicalize_dense(e, sizes, node_color=x, threads=1)
        ranks[mask] = found.sample(1, seed=1, threads=1, kernel="exact-depth-first")[0]

    drawn = least(draw)
    model = Denoiser(n)
    optimizer = torch.optim.AdamW(model.parameters())
    tensors = [torch.from_numpy(array) for array in (x, e, ranks, mask)]

    def step() -> None:
        optimizer.zero_grad()
        nodes, pairs = model(*tensors)
        loss = nn.functional.cross_entropy(nodes[tensors[3]], tensors[0][tensors[3]])
        loss = loss + nn.functional.cross_entropy(pairs.flatten(0, 2), tensors[1].flatten())
        loss.backward()
        optimizer.step()

    stepped = least(step)
    print(f"draws {1e3 * drawn:.1f} ms, training step {1e3 * stepped:.0f} ms, {100 * drawn / stepped:.2f} %")


if __name__ == "__main__":
    main()
