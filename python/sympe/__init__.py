"""Canonical forms, automorphism groups and probabilistic symmetry breaking, for batches: arrays in, arrays out.

* :func:`canonicalize` and its kin for dense matrices, edge lists, SciPy, networkx and SMILES give :class:`Symmetries`:
  labellings, orbits, exact orders, digests that agree exactly for isomorphic graphs, generators, uniform draws.
* :func:`canonicalize_field`: fields on a torus under wallpaper groups; :func:`canonicalize_points`: point clouds under isometries.
* :class:`PermGroup`: permutation groups, and symmetry-corrected distances (:meth:`PermGroup.align`).
"""

import sys as _sys
import sysconfig as _sysconfig

# Nothing here relies on the lock of the interpreter, but nobody has tested it without.
if _sysconfig.get_config_var("Py_GIL_DISABLED"):
    raise ImportError(
        f"sympe is not tested on free-threaded builds of Python, such as this {_sys.version.split()[0]}: "
        "expected a build with the global interpreter lock"
    )

from ._core import BudgetExhausted
from ._fields import FieldSymmetries, canonicalize_field
from ._graphs import (
    canonicalize,
    canonicalize_dense,
    canonicalize_edge_lists,
    canonicalize_networkx,
    canonicalize_scipy,
    canonicalize_smiles,
)
from ._perm_group import Alignment, PermGroup
from ._points import PointSymmetries, canonicalize_points
from ._symmetries import Symmetries

__all__ = [
    "Alignment",
    "BudgetExhausted",
    "FieldSymmetries",
    "PermGroup",
    "PointSymmetries",
    "Symmetries",
    "canonicalize",
    "canonicalize_dense",
    "canonicalize_edge_lists",
    "canonicalize_field",
    "canonicalize_networkx",
    "canonicalize_points",
    "canonicalize_scipy",
    "canonicalize_smiles",
]
