"""Deduplication on a cluster of two workers, one of which dies."""

from __future__ import annotations

import importlib
import os
import signal
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import sympe

pytest.importorskip("distributed")

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch):
    # Workers import the example, too.
    monkeypatch.syspath_prepend(EXAMPLES)
    monkeypatch.setenv("PYTHONPATH", str(EXAMPLES))
    return importlib.import_module("deduplicate")


@pytest.mark.skipif(sys.platform == "win32", reason="workers are killed by signals")
def test_a_killed_worker_changes_nothing(example, data: Path) -> None:
    from dask.distributed import Client, LocalCluster

    # Every molecule of the second half is one of the first.
    smiles = example.read(data / "moses/test.csv.gz")[:10_000]
    rng = np.random.default_rng(60)
    smiles += [smiles[i] for i in rng.permutation(len(smiles))]
    want = sympe.canonicalize_smiles(smiles, hydrogens=False).unique()[0]
    assert len(want) <= len(smiles) // 2
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        assert np.array_equal(example.first_of_each(client, smiles), want)
        victim = next(iter(cluster.workers.values())).pid
        # It dies in the middle, with results that it has not handed over.
        parts = [smiles[i : i + 20] for i in range(0, len(smiles), 20)]
        futures = client.map(example.digests, parts, pure=False)
        deadline = time.monotonic() + 120
        while sum(future.done() for future in futures) < 5:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert any(not future.done() for future in futures)
        os.kill(victim, signal.SIGKILL)
        found = np.concatenate(client.gather(futures))
        assert np.array_equal(np.sort(np.unique(found, axis=0, return_index=True)[1]), want)
