"""Permutation groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from . import _core
from ._inputs import integers, natural, seed_of

if TYPE_CHECKING:
    import sympy.combinatorics


class PermGroup:
    """The group that permutations of ``0 … degree - 1`` generate, by a base and strong generating set (Schreier–Sims).

    ``generators`` is ``[k, degree]``: images, one generator per row. For no generators give ``degree``. Members are tested with
    ``in``; sympy's permutations and groups are understood (:meth:`from_sympy`, :meth:`to_sympy`).

    >>> from sympe import PermGroup
    >>> cube = PermGroup([[1, 2, 3, 0, 5, 6, 7, 4], [0, 4, 5, 1, 3, 7, 6, 2]])  # turns of a cube about an axis and a corner
    >>> cube.order, [1, 0, 2, 3, 4, 5, 6, 7] in cube
    (24, False)
    """

    _group: _core.Group

    def __init__(self, generators: Any, *, degree: int | None = None) -> None:
        listed = list(generators) if not isinstance(generators, np.ndarray) else generators
        rows = [
            g.array_form if hasattr(g, "array_form") else g for g in listed
        ]
        if degree is not None:
            degree = natural("degree", degree)
        if not len(rows):
            if degree is None:
                raise ValueError("generators is empty, expected at least one, or a degree")
            images = np.zeros((0, degree), np.int64)
        else:
            images = integers("generators", rows, "[k, degree]", 2)
            if degree is not None and images.shape[1] != degree:
                raise ValueError(f"generators has shape {list(images.shape)}, expected [k, {degree}] (the degree)")
        if images.shape[1] >= 2**32:
            raise ValueError(f"degree is {images.shape[1]}, expected less than 2**32")
        self._group = _core.Group(images.shape[1], images.astype(np.int64, copy=False))

    @classmethod
    def _of(cls, core: _core.Group) -> PermGroup:
        group = cls.__new__(cls)
        group._group = core
        return group

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (self.generators, self.degree)

    def __repr__(self) -> str:
        return f"<sympe.PermGroup of order {self.order} on {self.degree} points>"

    @property
    def degree(self) -> int:
        """The number of points."""
        return self._group.degree()

    @property
    def order(self) -> int:
        """The exact number of elements."""
        return self._group.order()

    @property
    def log_order(self) -> float:
        """The natural logarithm of :attr:`order`."""
        return self._group.log_order()

    @property
    def generators(self) -> NDArray[np.int64]:
        """``[k, degree]``: images, one generator per row."""
        return self._group.generators()

    @property
    def orbits(self) -> NDArray[np.int64]:
        """``[degree]``: the least point of each point's orbit."""
        return self._group.orbits()

    def __contains__(self, permutation: Any) -> bool:
        images = getattr(permutation, "array_form", permutation)
        row = integers("permutation", images, f"[{self.degree}]", 1).astype(np.int64, copy=False)
        return len(row) == self.degree and self._group.contains(row)

    def sample(self, n: int, seed: int | None = None) -> NDArray[np.int64]:
        """``[n, degree]``: independent uniform elements, as images. Element ``k`` depends on ``(seed, k)`` alone; without a seed
        the operating system gives one."""
        return self._group.sample(natural("n", n), seed_of(seed))

    @classmethod
    def from_sympy(cls, group: sympy.combinatorics.PermutationGroup) -> PermGroup:
        """The same group as a ``sympy.combinatorics.PermutationGroup``."""
        return cls([g.array_form for g in group.generators], degree=group.degree)

    def to_sympy(self) -> sympy.combinatorics.PermutationGroup:
        """The same group in sympy, which must be installed."""
        from sympy.combinatorics import Permutation, PermutationGroup

        rows = self.generators.tolist() or [list(range(self.degree))]
        return PermutationGroup([Permutation(row) for row in rows])


def _restore(generators: NDArray[np.int64], degree: int) -> PermGroup:
    return PermGroup(generators, degree=degree)
