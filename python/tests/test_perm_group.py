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


def kabsch(a: np.ndarray, b: np.ndarray, reflect: bool) -> float:
    """The least root mean square distance of points in this order, moved by a rotation and a translation."""
    a, b = a - a.mean(0), b - b.mean(0)
    u, s, v = np.linalg.svd(a.T @ b)
    if not reflect and np.linalg.det(u @ v) < 0:
        s[-1] = -s[-1]
    return float(np.sqrt(max((a**2).sum() + (b**2).sum() - 2 * s.sum(), 0) / len(a)))


def test_distances_are_the_least_over_all_elements() -> None:
    rng = np.random.default_rng(7)
    # Neopentane without hydrogens, a hexagon, two swaps beside each other, and no symmetry.
    groups = [
        PermGroup([[0, 2, 1, 3, 4], [0, 2, 3, 4, 1]]),
        PermGroup([[1, 2, 3, 4, 5, 0], [0, 5, 4, 3, 2, 1]]),
        PermGroup([[1, 0, 2, 3, 4], [0, 1, 3, 2, 4]]),
        PermGroup([], degree=4),
    ]
    for group in groups:
        draws = np.unique(group.sample(2000, seed=1), axis=0)
        assert len(draws) == group.order
        for _ in range(20):
            a, b = rng.normal(size=(2, group.degree, 3))
            found = group.align(a, b)
            assert found.rmsd == pytest.approx(min(np.sqrt(((a - b[s]) ** 2).sum(1).mean()) for s in draws))
            for reflect in [False, True]:
                found = group.align(a, b, superpose=True, reflect=reflect)
                assert found.rmsd == pytest.approx(min(kabsch(a, b[s], reflect) for s in draws), abs=1e-9)
                assert found.permutation in group
                moved = a @ found.rotation.T + found.translation
                left = np.sqrt(((moved - b[found.permutation]) ** 2).sum(1).mean())
                assert left == pytest.approx(found.rmsd, abs=1e-9)
                assert reflect or np.linalg.det(found.rotation) == pytest.approx(1)


def test_distances_of_many_automorphisms() -> None:
    # Hexa-tert-butylbenzene: 12 · 6⁶ · 6¹⁸ automorphisms.
    bonds = [(i, (i + 1) % 6) for i in range(6)]
    element = [6] * 6
    for i in range(6):
        bonds.append((i, len(element)))
        middle = len(element)
        element.append(6)
        for _ in range(3):
            methyl = len(element)
            bonds.append((middle, methyl))
            element.append(6)
            for _ in range(3):
                bonds.append((methyl, len(element)))
                element.append(1)
    found = sympe.canonicalize(np.array(bonds).T, node_color=element)
    assert found.order == [12 * 6**6 * 6**18]
    group = found.group(0)
    a = np.random.default_rng(3).normal(size=(len(element), 3))
    s = group.sample(1, seed=5)[0]
    b = np.empty_like(a)
    b[s] = a @ np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]]).T + 3
    assert group.align(a, b, superpose=True).rmsd < 1e-6
    with pytest.raises(sympe.BudgetExhausted, match="budget"):
        group.align(a, b, superpose=True, max_steps=10)


def test_what_cannot_be_aligned_is_named() -> None:
    pair = PermGroup([[1, 0]])
    good = np.zeros((2, 3))
    for arguments, words in [
        ((good, np.zeros((3, 3))), "second list of places"),
        ((np.zeros((2, 2)), good), r"a has shape \[2, 2\], expected \[N, 3\]"),
        ((good, good * np.nan), "NaN|finite"),
        ((good.astype(bool), good), "a has dtype bool, expected numbers"),
    ]:
        with pytest.raises((ValueError, TypeError), match=words):
            pair.align(*arguments)
    with pytest.raises(ValueError, match="reflect is True, which needs superpose"):
        pair.align(good, good, reflect=True)
