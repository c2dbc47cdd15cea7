"""Permutation groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from . import _core
from ._inputs import integers, natural, places, seed_of

if TYPE_CHECKING:
    import sympy.combinatorics


class Alignment(NamedTuple):
    """How points were laid on others (:meth:`PermGroup.align`)."""

    #: The root mean square of the distances that are left, over all points.
    rmsd: float
    #: ``[N]``: point ``i`` is laid on point ``permutation[i]``.
    permutation: NDArray[np.int64]
    #: ``[3, 3]`` orthogonal matrix ``R`` and ``[3]`` vector ``t``: ``a @ R.T + t`` is where ``a`` is laid. The identity and zero for
    #: points that were not moved.
    rotation: NDArray[np.float64]
    translation: NDArray[np.float64]


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

    def align(
        self, a: Any, b: Any, *, superpose: bool = False, reflect: bool = False, max_steps: int | None = None
    ) -> Alignment:
        """The least root mean square distance of ``a[i]`` from ``b[s(i)]`` over all elements ``s`` of the group, however many there are: the
        symmetry-corrected RMSD of two conformers, if the group is that of a molecular graph.

        Found exactly, by branch and bound over independent parts of the group, and with ``superpose`` over rotations; up to about
        10²⁰ automorphisms this takes milliseconds.

        >>> import numpy as np, sympe
        >>> water = sympe.canonicalize([[0, 0], [1, 2]], node_color=[8, 1, 1]).group(0)
        >>> a = np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
        >>> water.align(a, a[[0, 2, 1]]).rmsd  # the same molecule, its hydrogens exchanged
        0.0

        Args:
            a, b: ``[degree, 3]`` positions, finite.
            superpose: first move ``a`` by the rotation and the translation that make the distance least.
            reflect: with ``superpose``: reflections, too.
            max_steps: steps of the search that may be made; the default suffices for seconds.

        Raises:
            BudgetExhausted: the search needs more than ``max_steps``.
            TypeError, ValueError: an argument is not what it has to be.
        """
        if reflect and not superpose:
            raise ValueError("reflect is True, which needs superpose")
        if max_steps is not None:
            max_steps = min(natural("max_steps", max_steps), 2**64 - 1)
        a, b = places("a", a, (3,)), places("b", b, (3,))
        rmsd, permutation, motion = self._group.align(a, b, bool(superpose), bool(reflect), max_steps)
        rotation, translation = (np.eye(3), np.zeros(3)) if motion is None else motion
        return Alignment(rmsd, permutation, rotation, translation)

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
