"""Permutation groups, against sympy."""

from __future__ import annotations

import numpy as np
import pytest

import sympe
from sympe import PermGroup


def test_against_sympy() -> None:
    pytest.importorskip("sympy")
    from sympy.combinatorics import Permutation

    rng = np.random.default_rng(30)
    for _ in range(100):
        n = int(rng.integers(1, 9))
        generators = [rng.permutation(n) for _ in range(int(rng.integers(1, 3)))]
        group = PermGroup(generators)
        other = group.to_sympy()
        assert group.order == other.order()
        assert PermGroup.from_sympy(other).order == group.order
        for _ in range(10):
            g = rng.permutation(n)
            assert (g in group) == other.contains(Permutation(g.tolist()))
        orbits = {min(orbit) for orbit in other.orbits()} | {
            v for v in range(n) if all(g[v] == v for g in group.generators.tolist())
        }
        assert set(group.orbits.tolist()) == orbits


def test_draws_are_uniform() -> None:
    group = PermGroup([[1, 2, 3, 4, 0], [0, 4, 3, 2, 1]])
    draws = group.sample(10_000, seed=3)
    seen, counts = np.unique(draws, axis=0, return_counts=True)
    assert len(seen) == group.order == 10
    assert ((counts - 1000) ** 2 / 1000).sum() < 40
    assert all(g in group for g in seen)
    assert np.array_equal(draws[:7], group.sample(7, seed=3))


def test_symmetric_groups_of_any_degree() -> None:
    n = 60
    turn, swap = np.roll(np.arange(n), 1), np.arange(n)
    swap[:2] = 1, 0
    import math

    assert PermGroup([turn, swap]).order == math.factorial(n)
    assert PermGroup([], degree=4).order == 1


def test_what_is_wrong_is_named() -> None:
    for arguments, words in [
        (([[0, 0]],), "generator 0"),
        (([[0, 2]],), "generator 0"),
        (([[0, -1]],), "has the image -1, expected each of 0 to 1 once"),
        (([[0, 1], [0]],), "generators cannot be read"),
        (([],), "generators is empty"),
    ]:
        with pytest.raises((ValueError, TypeError), match=words):
            PermGroup(*arguments)
    with pytest.raises(ValueError, match=r"generators has shape \[1, 2\], expected \[k, 3\]"):
        PermGroup([[1, 0]], degree=3)
    with pytest.raises(ValueError, match="the permutation"):
        [0, 0] in PermGroup([[1, 0]])
    assert [1, 0, 2] not in PermGroup([[1, 0]])
    with pytest.raises(IndexError, match="there is no graph 1 in a batch of 1"):
        sympe.canonicalize([[0], [1]]).group(1)
