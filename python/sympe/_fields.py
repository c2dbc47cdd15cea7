"""Fields on tori."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import _core
from ._inputs import array, integers, limits, natural, seed_of


class FieldSymmetries:
    """Canonical forms and stabilizers of a batch of ``B`` fields on a torus of ``R × C`` sites, numbered row by row.

    >>> import numpy as np, sympe
    >>> checkerboard = np.indices((4, 4)).sum(0) % 2
    >>> sympe.canonicalize_field(checkerboard).order
    [64]
    """

    def __init__(self, core: _core.Fields, arguments: tuple[Any, ...], values: NDArray[np.int64]) -> None:
        self._core, self._arguments, self._values = core, arguments, values

    def __reduce__(self) -> tuple[Any, ...]:
        return _search, self._arguments

    def __len__(self) -> int:
        """The number of fields, ``B``."""
        return len(self._values)

    def __repr__(self) -> str:
        _, rows, columns, group, *_ = self._arguments
        return f"<sympe.FieldSymmetries of {len(self)} fields on {rows} × {columns} under {group}>"

    @cached_property
    def _labelling(self) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        return self._core.labelling()

    @property
    def labelling(self) -> NDArray[np.int64]:
        """``[B, R·C]``: the site at each canonical place."""
        return self._labelling[0]

    @property
    def flip(self) -> NDArray[np.bool_]:
        """``[B]``: whether odd channels change sign on the way to the canonical form."""
        return self._labelling[1]

    @cached_property
    def orbits(self) -> NDArray[np.int64]:
        """``[B, R·C]``: the least site of each site's orbit under the stabilizer."""
        return self._core.orbits()

    @cached_property
    def order(self) -> list[int]:
        """``B`` exact orders of stabilizers."""
        return self._core.order()

    @cached_property
    def log_order(self) -> NDArray[np.float64]:
        """``[B]``: natural logarithms of :attr:`order`."""
        return np.log(np.array(self.order, np.float64))

    @cached_property
    def canonical(self) -> NDArray[np.int64]:
        """``[B, K, R, C]``: canonical forms, equal exactly for fields of one orbit; the values are those of the input, or multiples
        of the tolerance."""
        _, rows, columns, _, odd, *_ = self._arguments
        moved = np.take_along_axis(self._values, self.labelling[:, None, :], axis=2)
        moved[self.flip[:, None] & np.array(odd, bool)[None, :]] *= -1
        return moved.reshape(*self._values.shape[:2], rows, columns)

    @cached_property
    def hexdigest(self) -> list[str]:
        """``B`` strings: SHA-256 of group, shape and canonical form. Equal exactly for fields of one orbit under one group."""
        _, rows, columns, group, odd, spin_flip, _ = self._arguments
        head = f"sympe field 1 {group} {rows} {columns} {[bool(o) for o in odd]} {spin_flip}".encode()
        return [hashlib.sha256(head + form.astype("<i8").tobytes()).hexdigest() for form in self.canonical]

    def sample(self, n: int, seed: int | None = None) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Ranks of sites ``[n, B, R·C]`` in ``n`` independent draws, each uniform among the ways into the canonical form, and
        whether odd channels change sign, ``[n, B]``. Draw ``k`` of field ``b`` depends on ``(seed, k, b)`` and the field alone."""
        return self._core.sample(natural("n", n), seed_of(seed))


def canonicalize_field(
    field: Any,
    group: str = "p4m",
    *,
    odd: Sequence[bool] | None = None,
    spin_flip: bool = False,
    tolerance: float | None = None,
    threads: int | None = None,
    timeout: float | None = None,
) -> FieldSymmetries:
    """Canonical forms and exact stabilizers of fields on a torus of the square lattice under a wallpaper group.

    Args:
        field: ``[R, C]``, ``[B, R, C]`` or ``[B, K, R, C]``, with ``K`` channels: integers, or numbers of any kind with a
            ``tolerance``.
        group: ``p1``, ``p2``, ``pm``, ``p2mm``, ``p4`` or ``p4m``; the last two need ``R = C``.
        odd: for each channel whether it changes sign under the spin flip. By default none does.
        spin_flip: whether the group has the spin flip.
        tolerance: values are replaced by the nearest multiples of it.
        threads, timeout: as for :func:`sympe.canonicalize`.

    Raises:
        TypeError, ValueError: an argument is not what it has to be.
        TimeoutError: the call took longer than ``timeout``; it is looked at between the point operations of a field.
    """
    given = array("field", field)
    if given.ndim not in (2, 3, 4):
        raise ValueError(f"field has shape {list(given.shape)}, expected [R, C], [B, R, C] or [B, K, R, C]")
    if given.ndim == 2:
        given = given[None]
    if given.ndim == 3:
        given = given[:, None]
    if tolerance is not None:
        tolerance = float(tolerance)
        if not (tolerance > 0 and np.isfinite(tolerance)):
            raise ValueError(f"tolerance is {tolerance}, expected a positive finite number")
        if given.dtype.kind not in "iuf":
            raise TypeError(f"field has dtype {given.dtype}, expected numbers")
        multiples = np.round(given.astype(np.float64) / tolerance)
        wrong = np.argwhere(~(np.abs(multiples) < 9e18))
        if len(wrong):
            at = tuple(int(i) for i in wrong[0])
            raise ValueError(
                f"field{list(at)} is {given[at]}, expected a finite number below 9·10¹⁸ times the tolerance"
            )
        values = multiples.astype(np.int64)
    else:
        values = integers("field", given, "[B, K, R, C]", 4, whole_floats=given.dtype.kind == "b").astype(np.int64)
    lowest = np.argwhere(values == np.iinfo(np.int64).min)
    if len(lowest):
        raise ValueError(f"field{lowest[0].tolist()} is -2**63, expected more, so that its sign can change")
    count, channels, rows, columns = values.shape
    if rows >= 2**31 or columns >= 2**31:
        raise ValueError(f"field has shape {list(values.shape)}, expected less than 2**31 rows and columns")
    if odd is None:
        odd = [False] * channels
    odd = [bool(one) for one in odd]
    if len(odd) != channels:
        raise ValueError(f"odd has {len(odd)} entries, expected {channels}, one per channel")
    if not isinstance(group, str):
        raise TypeError(f"group is {group!r}, expected a string as 'p4m'")
    threads, _, timeout = limits(threads, 0, timeout)
    values = np.ascontiguousarray(values).reshape(count, channels, rows * columns)
    return _search(values, rows, columns, group, odd, bool(spin_flip), (threads, timeout))


def _search(
    values: NDArray[np.int64],
    rows: int,
    columns: int,
    group: str,
    odd: list[bool],
    spin_flip: bool,
    resources: tuple[int | None, float | None],
) -> FieldSymmetries:
    core = _core.canonicalize_fields(values, rows, columns, group, odd, spin_flip, *resources)
    # Another process has its own threads and its own patience.
    return FieldSymmetries(core, (values, rows, columns, group, odd, spin_flip, (None, None)), values)
