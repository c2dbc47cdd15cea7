"""Fields on tori: laws, and the data set with known stabilizers."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np
import pytest

import sympe

GROUPS = ["p1", "p2", "pm", "p2mm", "p4", "p4m"]


def moved(field: np.ndarray, group: str, rng: np.random.Generator) -> np.ndarray:
    """By an element of the group, as NumPy has it."""
    field = np.roll(field, rng.integers(0, field.shape[-1], 2), axis=(-2, -1))
    if group in ("p4", "p4m"):
        field = np.rot90(field, int(rng.integers(4)), axes=(-2, -1))
    if group in ("p2", "p2mm") and rng.integers(2):
        field = np.rot90(field, 2, axes=(-2, -1))
    if group in ("pm", "p2mm", "p4m") and rng.integers(2):
        field = field[..., ::-1, :]
    return field


@pytest.mark.parametrize("group", GROUPS)
def test_one_form_per_orbit(group: str) -> None:
    rng = np.random.default_rng(40)
    fields = rng.integers(0, 2, (60, 2, 4, 4))
    others = np.stack([moved(field, group, rng) for field in fields])
    a, b = sympe.canonicalize_field(fields, group), sympe.canonicalize_field(others, group, threads=1)
    assert np.array_equal(a.canonical, b.canonical)
    assert a.hexdigest == b.hexdigest and a.order == b.order
    draws, flips = a.sample(5, seed=1)
    assert draws.shape == (5, 60, 16) and not flips.any()
    for ranks in draws:
        form = np.empty((60, 2, 16), int)
        np.put_along_axis(form, np.repeat(ranks[:, None], 2, axis=1), fields.reshape(60, 2, 16), axis=2)
        assert np.array_equal(form.reshape(a.canonical.shape), a.canonical)
    again = pickle.loads(pickle.dumps(a))
    assert again.hexdigest == a.hexdigest and np.array_equal(again.sample(5, seed=1)[0], draws)


def test_spin_flip() -> None:
    spins = np.sign(np.random.default_rng(41).normal(size=(20, 4, 4))).astype(int)
    a = sympe.canonicalize_field(spins, "p4m", odd=[True], spin_flip=True)
    b = sympe.canonicalize_field(-spins, "p4m", odd=[True], spin_flip=True)
    assert np.array_equal(a.canonical, b.canonical) and a.hexdigest == b.hexdigest
    stripes = sympe.canonicalize_field(np.indices((4, 4)).sum(0) % 2 * 2 - 1, odd=[True], spin_flip=True)
    assert stripes.order == [128]
    _, flips = stripes.sample(200, seed=0)
    assert 60 < flips.sum() < 140


def test_stabilizers_of_the_data_set(data: Path) -> None:
    checked = 0
    for case in json.loads((data / "canon/lattices.json").read_text())["cases"]:
        if case["field"] != "node":
            continue
        field = np.array(case["values"]).reshape(case["shape"])
        for group, order in case["stab"].items():
            assert sympe.canonicalize_field(field, group).order == [order], case["name"]
            checked += 1
    assert checked > 50


def test_tolerance() -> None:
    noisy = 1 + 1e-6 * np.random.default_rng(42).normal(size=(3, 5))
    assert sympe.canonicalize_field(noisy, "p2mm", tolerance=0.01).order == [60]


def test_what_is_wrong_is_named() -> None:
    for arguments, error, words in [
        ((np.zeros(3, int),), ValueError, r"field has shape \[3\]"),
        ((np.zeros((2, 3), int),), ValueError, r"p4m\(2x3\).*as many rows as columns"),
        ((np.zeros((0, 0), int),), ValueError, "at least one row"),
        ((np.zeros((2, 2)),), TypeError, "field has dtype float64, expected integers"),
        ((np.zeros((2, 2), int), "p5"), ValueError, "p5"),
        ((np.zeros((2, 2), int), 4), TypeError, "group is 4"),
    ]:
        with pytest.raises(error, match=words):
            sympe.canonicalize_field(*arguments)
    with pytest.raises(ValueError, match=r"field\[0, 0, 0, 1\] is nan"):
        sympe.canonicalize_field([[0, np.nan], [0, 0]], tolerance=0.1)
    with pytest.raises(ValueError, match="odd has 2 entries, expected 1"):
        sympe.canonicalize_field([[0, 1], [0, 0]], odd=[True, False])
