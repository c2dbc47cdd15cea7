"""Point clouds: laws, and the data set with known groups."""

from __future__ import annotations

import json
import math
import pickle
from pathlib import Path

import numpy as np
import pytest

import sympe

METHANE = np.array([[0, 0, 0], [1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]])


def rotation(rng: np.random.Generator, d: int) -> np.ndarray:
    q, r = np.linalg.qr(rng.normal(size=(d, d)))
    q = q * np.sign(np.diag(r))
    return q if np.linalg.det(q) > 0 else q * np.array([-1] + [1] * (d - 1))


def same_cloud(a: np.ndarray, b: np.ndarray, types: np.ndarray) -> bool:
    """Whether each point of one is at one of the other's of its type."""
    distance = np.linalg.norm(a[:, None] - b[None], axis=-1) + 1e3 * (types[:, None] != types[None])
    return bool((distance.min(0) < 1e-6).all() and (distance.min(1) < 1e-6).all())


@pytest.mark.parametrize("name", ["pointclouds2d", "pointclouds3d"])
def test_groups_of_the_data_set(data: Path, name: str) -> None:
    cases = json.loads((data / f"canon/{name}.json").read_text())["cases"]
    positions = np.concatenate([np.array(case["positions"]) for case in cases])
    types = np.concatenate([case["types"] for case in cases])
    batch = np.repeat(np.arange(len(cases)), [len(case["types"]) for case in cases])
    # Noisy clouds are symmetric to within eight times their noise, which is nothing to the others.
    noise = max(case.get("noise_sigma", 0) for case in cases)
    checked = 0
    for is_noisy in (False, True):
        kept = [b for b, case in enumerate(cases) if (case.get("noise_sigma", 0) > 1e-5) == is_noisy]
        own = np.isin(batch, kept)
        for rotations_only in (False, True):
            found = sympe.canonicalize_points(
                positions[own],
                types[own],
                np.searchsorted(kept, batch[own]),
                8 * noise if is_noisy else 1e-4,
                relative=not is_noisy,
                rotations_only=rotations_only,
            )
            key = "proper_order" if rotations_only else "order"
            for order, b in zip(found.order, kept, strict=True):
                assert order == cases[b].get(key, order), cases[b]["name"]
                checked += key in cases[b]
    assert checked > len(cases)


def test_frames_bring_turned_clouds_into_one_form() -> None:
    rng = np.random.default_rng(50)
    for d in (2, 3):
        for _ in range(50):
            cloud, types = rng.normal(size=(6, d)), rng.integers(0, 2, 6)
            turned = cloud @ rotation(rng, d).T + rng.normal(size=d)
            forms = []
            for positions in (cloud, turned):
                found = sympe.canonicalize_points(positions, types, rotations_only=True)
                assert np.linalg.det(found.frame[0]) == pytest.approx(1)
                forms.append((positions - found.center[0]) @ found.frame[0])
            assert same_cloud(*forms, types)


def test_draws_are_uniform_on_the_coset() -> None:
    types = np.array([6, 1, 1, 1, 1])
    found = sympe.canonicalize_points(METHANE, types)
    assert (found.symbol, found.order) == (["Td"], [24])
    assert found.group(0).order == 24 and found.orbits.tolist() == [0, 1, 1, 1, 1]
    draws = found.sample(4800, seed=2)
    assert draws.shape == (4800, 1, 3, 3)
    form = METHANE @ found.frame[0]
    seen: dict[tuple[float, ...], int] = {}
    for (frame,) in draws:
        assert same_cloud(METHANE @ frame, form, types)
        key = tuple(np.round(frame, 6).ravel() + 0.0)
        seen[key] = seen.get(key, 0) + 1
    counts = np.array(list(seen.values()))
    assert len(counts) == 24 and ((counts - 200) ** 2 / 200).sum() < 24 + 6 * math.sqrt(48)
    again = pickle.loads(pickle.dumps(found))
    assert np.array_equal(again.sample(10, seed=2), found.sample(10, seed=2))


def test_infinite_groups() -> None:
    line = sympe.canonicalize_points([[0, 0, 0], [0, 0, 1.0]])
    assert (line.symbol, line.order) == (["Dinfh"], [None])
    # Draws differ by turns about the line, which no finite list holds.
    assert len(np.unique(np.round(line.sample(50, seed=0), 9).reshape(50, -1), axis=0)) == 50


def test_symmetrized() -> None:
    crooked = METHANE + 1e-3 * np.random.default_rng(51).normal(size=(5, 3))
    found = sympe.canonicalize_points(crooked, tolerance=0.02, relative=False)
    assert found.symbol == ["Td"]
    assert sympe.canonicalize_points(found.symmetrized, tolerance=1e-10).symbol == ["Td"]


def test_what_is_wrong_is_named() -> None:
    for arguments, error, words in [
        ((np.zeros((2, 4)),), ValueError, r"positions has shape \[2, 4\], expected \[N, 2\] or \[N, 3\]"),
        ((np.zeros((2, 3), complex),), TypeError, "positions has dtype complex128"),
        (([[0, 0], [1, np.nan]],), ValueError, "coordinate 1 of point 1 is NaN"),
        (([[0, 0], [1, np.inf]],), ValueError, "coordinate 1 of point 1 is inf"),
        ((METHANE, [1, 2]), ValueError, r"types has shape \[2\], expected \[5\]"),
        ((METHANE, [0, 0, 0, 0, -1]), ValueError, "types of point 4 is -1"),
        ((METHANE, None, [0, 0, 0, 0, 2]), ValueError, "cloud 1: the cloud has no points"),
        ((METHANE, None, None, -1.0), ValueError, "tolerance -1"),
        ((METHANE, None, None, float("nan")), ValueError, "tolerance NaN"),
    ]:
        with pytest.raises(error, match=words):
            sympe.canonicalize_points(*arguments)
    with pytest.raises(IndexError, match="there is no cloud 1 in a batch of 1"):
        sympe.canonicalize_points(METHANE).group(1)
