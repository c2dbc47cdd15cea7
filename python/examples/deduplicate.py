"""Which molecules of a file are the same, on all workers of a Dask cluster.

    python deduplicate.py train.csv.gz [ADDRESS OF A SCHEDULER]

The file has a header and one SMILES per line, packed by gzip or not. Without an address two workers start on this machine. A
worker that dies takes nothing with it: its part is done again by another, with the same result.
"""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

import numpy as np
from dask.distributed import Client, LocalCluster, progress

import sympe


def digests(smiles: list[str]) -> np.ndarray:
    """``[n, 32]`` bytes: equal rows for the same molecule. What a worker does; it has its core for itself."""
    return sympe.canonicalize_smiles(smiles, hydrogens=False, threads=1).digest


def first_of_each(client: Client, smiles: list[str], part: int = 5000, show: bool = False) -> np.ndarray:
    """Indices of molecules that no earlier one equals, increasing."""
    parts = [smiles[i : i + part] for i in range(0, len(smiles), part)]
    futures = client.map(digests, parts)
    if show:
        progress(futures)
    found = np.concatenate([np.zeros((0, 32), np.uint8), *client.gather(futures)])
    return np.sort(np.unique(found, axis=0, return_index=True)[1])


def read(path: Path) -> list[str]:
    """The lines of a file after its header."""
    opened = gzip.open(path, "rt") if path.suffix == ".gz" else path.open()
    with opened as lines:
        return [line.split(",")[0].strip() for line in lines][1:]


def main() -> None:
    smiles = read(Path(sys.argv[1]))
    cluster = sys.argv[2] if len(sys.argv) > 2 else LocalCluster(n_workers=2, threads_per_worker=1)
    with Client(cluster) as client:
        kept = first_of_each(client, smiles, show=True)
    print(f"\n{len(kept)} different molecules of {len(smiles)}")


if __name__ == "__main__":
    main()
