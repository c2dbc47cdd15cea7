"""The metrics of the MOSES benchmark (Polykovskiy et al. 2020) on a file of SMILES, with RDKit, and FCD by fcd_torch.

A line that is no molecule, as `None`, counts as an invalid sample. Definitions are those of the benchmark; where it takes a random
part of the samples, here it is the first ones.
"""

import argparse
import csv
import gzip
import io
import json
import sys
import zipfile
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
from rdkit import Chem, RDLogger
from rdkit.Chem import AllChem
from rdkit.Chem.Scaffolds import MurckoScaffold

RDLogger.DisableLog("rdApp.*")

ELEMENTS = {"C", "N", "S", "O", "F", "Cl", "Br", "H"}
ROWS = 1024  # fingerprints that are compared with all others at a time


def read_lines(path):
    """The SMILES of a file, one per line, packed or not; a header `SMILES` is none."""
    raw = Path(path).read_bytes()
    text = (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode()
    words = [line.split()[0] if line.split() else "" for line in text.splitlines()]
    return words[1:] if words and words[0] == "SMILES" else words


def canonical(smiles):
    """The canonical SMILES of a molecule, or nothing."""
    molecule = Chem.MolFromSmiles(smiles) if smiles and smiles != "None" else None
    return Chem.MolToSmiles(molecule) if molecule is not None and molecule.GetNumAtoms() else None


def fingerprint(smiles):
    """Morgan fingerprint of radius 2 as 1024 bits."""
    bits = AllChem.GetMorganFingerprintAsBitVect(Chem.MolFromSmiles(smiles), 2, nBits=1024)
    return np.frombuffer(bits.ToBitString().encode(), dtype=np.uint8) - ord("0")


def fragments(smiles):
    """Fragments by the rules of BRICS, each as often as it occurs."""
    return Chem.MolToSmiles(AllChem.FragmentOnBRICSBonds(Chem.MolFromSmiles(smiles))).split(".")


def scaffold(smiles):
    """The Bemis-Murcko scaffold, if it has two rings: the benchmark counts no others."""
    found = MurckoScaffold.GetScaffoldForMol(Chem.MolFromSmiles(smiles))
    return Chem.MolToSmiles(found) if found.GetRingInfo().NumRings() >= 2 else None


def passes(patterns, smiles):
    """Whether a molecule passes the filters by which the data were chosen."""
    molecule = Chem.MolFromSmiles(smiles)
    rings = molecule.GetRingInfo().AtomRings()
    atoms = list(molecule.GetAtoms())
    if any(len(ring) >= 8 for ring in rings) or any(atom.GetFormalCharge() for atom in atoms):
        return False
    if any(atom.GetSymbol() not in ELEMENTS for atom in atoms):
        return False
    with_hydrogens = Chem.AddHs(molecule)
    return not any(with_hydrogens.HasSubstructMatch(pattern) for pattern in patterns)


def filters(package):
    """The patterns of medicinal chemistry and of pan-assay interference, from the published package."""
    with zipfile.ZipFile(package) as archive:
        read = lambda name: io.StringIO(archive.read(f"moses/metrics/{name}").decode())
        medicinal = [row["smarts"] for row in csv.DictReader(read("mcf.csv"))]
        interference = [row[0] for row in csv.reader(read("wehi_pains.csv"))]
    return [Chem.MolFromSmarts(smarts) for smarts in medicinal + interference]


def similarities(rows, others):
    """Tanimoto similarities of fingerprints, `[len(rows), len(others)]`."""
    shared = rows.astype(np.float32) @ others.astype(np.float32).T
    return shared / (rows.sum(1)[:, None] + others.sum(1)[None, :] - shared)


def nearest(generated, reference):
    """The mean over samples of the similarity to the nearest molecule of the reference."""
    best = np.zeros(len(generated), dtype=np.float32)
    for start in range(0, len(generated), ROWS):
        for other in range(0, len(reference), 16 * ROWS):
            found = similarities(generated[start : start + ROWS], reference[other : other + 16 * ROWS]).max(1)
            best[start : start + ROWS] = np.maximum(best[start : start + ROWS], found)
    return float(best.mean())


def diversity(generated, power):
    """One less the mean over samples of the power mean of their similarities to all, a sample with itself included."""
    total = 0.0
    for start in range(0, len(generated), ROWS):
        powers = similarities(generated[start : start + ROWS], generated) ** power
        total += float((powers.mean(1, dtype=np.float64) ** (1.0 / power)).sum())
    return 1.0 - total / len(generated)


def cosine(generated, reference):
    """The cosine of the angle between two tables of counts."""
    shared = sum(count * reference[name] for name, count in generated.items())
    norm = lambda counts: float(np.sqrt(sum(count * count for count in counts.values())))
    return shared / (norm(generated) * norm(reference)) if generated and reference else float("nan")


def main():
    """Prints the metrics, as lines or as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("samples", help="SMILES, one per line, as `sample` writes them to samples.smi")
    parser.add_argument("--data", required=True, help="the folder with train.csv.gz, test.csv.gz, test_scaffolds.csv.gz")
    parser.add_argument("--package", help="the package molsets (a wheel), for the filters")
    parser.add_argument("--fcd", action="store_true", help="Fréchet ChemNet distances, which need fcd_torch")
    parser.add_argument("--json", action="store_true", help="one object instead of lines")
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()

    samples = read_lines(arguments.samples)
    with ProcessPoolExecutor(arguments.jobs) as pool:
        each = partial(pool.map, chunksize=256)
        valid = [smiles for smiles in each(canonical, samples) if smiles]
        if not valid:
            sys.exit(f"error: {arguments.samples}: none of {len(samples)} samples is a molecule")
        train = set(read_lines(Path(arguments.data) / "train.csv.gz"))
        unique = set(valid)
        unknown = unique - train
        # The files are canonical by an older version of RDKit: what is not there as it is written may be there otherwise.
        if unknown:
            unknown -= set(each(canonical, train))
        found = {
            "samples": len(samples),
            "valid": len(valid) / len(samples),
            "unique@1k": len(set(valid[:1000])) / len(valid[:1000]),
            "unique@10k": len(set(valid[:10000])) / len(valid[:10000]),
            "novelty": len(unknown) / len(unique),
        }
        if arguments.package:
            found["filters"] = float(np.mean(list(each(partial(passes, filters(arguments.package)), valid))))
        prints = np.stack(list(each(fingerprint, valid)))
        found["IntDiv"], found["IntDiv2"] = diversity(prints, 1), diversity(prints, 2)
        pieces = Counter(piece for all in each(fragments, valid) for piece in all)
        scaffolds = Counter(filter(None, each(scaffold, valid)))
        for part, name in [("test", "Test"), ("test_scaffolds", "TestSF")]:
            reference = read_lines(Path(arguments.data) / f"{part}.csv.gz")
            found[f"SNN/{name}"] = nearest(prints, np.stack(list(each(fingerprint, reference))))
            found[f"Frag/{name}"] = cosine(pieces, Counter(p for all in each(fragments, reference) for p in all))
            found[f"Scaf/{name}"] = cosine(scaffolds, Counter(filter(None, each(scaffold, reference))))
            if arguments.fcd:
                from fcd_torch import FCD

                found[f"FCD/{name}"] = float(FCD(device="cpu", n_jobs=1)(valid, reference))
        known = set(filter(None, each(scaffold, train)))
        found["scaffold novelty"] = len(set(scaffolds) - known) / max(len(set(scaffolds)), 1)
    if arguments.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name}: {value}" if isinstance(value, int) else f"{name}: {value:.4f}")


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        sys.exit(f"error: {error.filename}: {error.strerror}")
