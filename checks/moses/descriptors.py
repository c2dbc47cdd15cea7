"""Scaffolds, fragments and fingerprints of molecules as RDKit has them, for the tests of sympe-data.

Reads SMILES, one per line, and writes lines `SMILES <tab> scaffold <tab> fragments joined by dots <tab> bits of the fingerprint`; a molecule
without rings has no scaffold.
"""

import sys

from rdkit import Chem, RDLogger
from rdkit.Chem import AllChem
from rdkit.Chem.Scaffolds import MurckoScaffold

RDLogger.DisableLog("rdApp.*")

for line in sys.stdin:
    smiles = line.split()[0] if line.split() else ""
    molecule = Chem.MolFromSmiles(smiles) if smiles and smiles != "SMILES" else None
    if molecule is None:
        continue
    scaffold = Chem.MolToSmiles(MurckoScaffold.GetScaffoldForMol(molecule))
    fragments = Chem.MolToSmiles(AllChem.FragmentOnBRICSBonds(molecule))
    bits = AllChem.GetMorganFingerprintAsBitVect(molecule, 2, nBits=1024).GetOnBits()
    print(smiles, scaffold, fragments, " ".join(map(str, bits)), sep="\t")
