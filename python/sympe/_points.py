"""Point clouds."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import _core
from ._graphs import _per
from ._inputs import integers, limits, natural, places, seed_of
from ._perm_group import PermGroup


class PointSymmetries:
    """Point groups, canonical frames and permutations of a batch of ``B`` clouds with ``N`` points in all, in ``d`` = 2 or 3
    dimensions.

    >>> import numpy as np, sympe
    >>> water = sympe.canonicalize_points([[0, 0, 0.117], [0, 0.757, -0.469], [0, -0.757, -0.469]], types=[8, 1, 1])
    >>> water.symbol, water.order, water.orbits
    (['C2v'], [4], array([0, 1, 1]))
    """

    def __init__(self, core: _core.Points, arguments: tuple[Any, ...]) -> None:
        self._core, self._arguments = core, arguments

    def __reduce__(self) -> tuple[Any, ...]:
        return _search, self._arguments

    def __len__(self) -> int:
        """The number of clouds, ``B``."""
        return len(self._core)

    def __repr__(self) -> str:
        return f"<sympe.PointSymmetries of {len(self)} clouds with {int(self.ptr[-1])} points>"

    @cached_property
    def ptr(self) -> NDArray[np.int64]:
        """``[B + 1]``: cloud ``b`` has the points ``ptr[b]`` to ``ptr[b + 1] - 1``."""
        return self._core.ptr()

    @cached_property
    def symbol(self) -> list[str]:
        """``B`` point groups: after Schoenflies in space (``C3v``, ``Td``, ``Dinfh``), ``C3`` or ``D3`` in the plane. Of all
        isometries, also where ``rotations_only`` is set."""
        return self._core.symbol()

    @cached_property
    def order(self) -> list[int | None]:
        """``B`` numbers of isometries, of rotations where ``rotations_only`` is set; ``None`` where there are infinitely many."""
        return self._core.order()

    @cached_property
    def orbits(self) -> NDArray[np.int64]:
        """``[N]``: the least point that an isometry takes each point to."""
        return self._core.orbits()

    @cached_property
    def residual(self) -> NDArray[np.float64]:
        """``[B]``: the largest distance of a point's image from where there is one, in the unit of the positions."""
        return self._core.residual()

    @cached_property
    def center(self) -> NDArray[np.float64]:
        """``[B, d]``: centroids, which isometries leave alone."""
        return self._core.center()

    @cached_property
    def frame(self) -> NDArray[np.float64]:
        """``[B, d, d]``: canonical frames, orthogonal matrices ``h``. ``(x - center) @ h`` are canonical positions, the same for a
        turned cloud up to the order of its points, to within the residual."""
        return self._core.frame()

    @cached_property
    def symmetrized(self) -> NDArray[np.float64]:
        """``[N, d]``: the positions made exactly symmetric: each the mean of what the group makes of it."""
        return self._core.symmetrized()

    def group(self, index: int) -> PermGroup:
        """The group of a cloud as it permutes its points, counted from 0."""
        return PermGroup._of(self._core.group(natural("index", index)))

    def sample(self, n: int, seed: int | None = None) -> NDArray[np.float64]:
        """``[n, B, d, d]``: frames in ``n`` independent draws, each uniform among ``s·h`` for the symmetries ``s`` of the cloud,
        infinite groups included. Draw ``k`` of cloud ``b`` depends on ``(seed, k, b)`` and the cloud alone."""
        return self._core.sample(natural("n", n), seed_of(seed))


def canonicalize_points(
    positions: Any,
    types: Any = None,
    batch: Any = None,
    tolerance: float = 2e-3,
    *,
    relative: bool = True,
    rotations_only: bool = False,
    num_clouds: int | None = None,
    threads: int | None = None,
    timeout: float | None = None,
) -> PointSymmetries:
    """All isometries of labelled point clouds within a tolerance, as point groups, frames and permutations.

    Args:
        positions: ``[N, 2]`` or ``[N, 3]`` finite numbers.
        types: ``[N]`` integers from 0 to 2³² − 1: only points of one type go to each other. By default all are of one.
        batch: ``[N]`` integers: the cloud of each point, sorted. By default there is one cloud. No cloud may be empty.
        tolerance: how far an image may be from a point: in units of the radius, the largest distance from the centroid.
        relative: otherwise ``tolerance`` is in the unit of the positions.
        rotations_only: whether frames and draws are rotations: SO(d) in place of O(d).
        num_clouds: the number of clouds.
        threads, timeout: as for :func:`sympe.canonicalize`.

    Raises:
        TypeError, ValueError: an argument is not what it has to be, or the tolerance joins points that differ.
        TimeoutError: the call took longer than ``timeout``.
    """
    given = places("positions", positions)
    n = len(given)
    batch = np.zeros(n, np.int64) if batch is None else integers("batch", batch, "[N]", 1)
    if len(batch) != n:
        raise ValueError(f"batch has shape [{len(batch)}], expected [{n}]")
    types = _per("types", types, "N", n)
    if num_clouds is not None:
        num_clouds = natural("num_clouds", num_clouds)
        if num_clouds >= 2**32:
            raise ValueError(f"num_clouds is {num_clouds}, expected less than 2**32")
    tolerance = float(tolerance)
    threads, _, timeout = limits(threads, 0, timeout)
    kept = None if types is None else types.copy()
    arguments = given, kept, batch.copy(), num_clouds, tolerance, bool(relative), bool(rotations_only)
    return _search(*arguments, threads, timeout)


def _search(*arguments: Any) -> PointSymmetries:
    given, limited = arguments[:7], arguments[7:] or (None, None)
    return PointSymmetries(_core.canonicalize_points(*given, *limited), given)
