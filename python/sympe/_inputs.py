"""Arguments into shape: what is no array becomes one, and what is wrong is named."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

# What DLPack calls memory that the CPU reads: its own, and pinned memory of CUDA and of ROCm.
_HOST = {1, 3, 11}


def array(name: str, value: Any) -> NDArray[Any]:
    """``value`` as a NumPy array, without a copy where it has the array protocol or DLPack."""
    if isinstance(value, np.ndarray):
        return value
    if isinstance(value, (str, bytes)):
        raise TypeError(f"{name} is {value!r}, expected an array")
    device = getattr(value, "__dlpack_device__", None)
    if device is not None:
        kind, _ = device()
        if int(kind) not in _HOST:
            raise TypeError(
                f"{name} is on {getattr(value, 'device', 'another device')}, expected memory of the CPU: "
                f"give {name}.cpu()"
            )
        if not hasattr(value, "__array__"):
            return np.from_dlpack(value)
    try:
        return np.asarray(value)
    except Exception as error:
        raise TypeError(f"{name} cannot be read as an array: {error}") from error


def integers(name: str, value: Any, shape: str, ndim: int, *, whole_floats: bool = False) -> NDArray[Any]:
    """An array of ``int64`` or ``int32`` of ``ndim`` axes, a view of ``value`` where its type allows it.

    ``shape`` is what the caller expects, in words. With ``whole_floats`` numbers like ``1.0`` count as integers.
    """
    found = array(name, value)
    if found.dtype.kind not in "iufb":
        raise TypeError(f"{name} has dtype {found.dtype}, expected integers")
    if found.ndim != ndim:
        raise ValueError(f"{name} has shape {list(found.shape)}, expected {shape}")
    kind = found.dtype.kind
    if found.size == 0 and kind in "iufb":
        return np.zeros(found.shape, np.int64)
    if kind == "f" and whole_floats:
        wrong = np.argwhere(~(np.isfinite(found) & (np.trunc(found) == found) & (np.abs(found) < 2.0**53)))
        if len(wrong):
            at = tuple(int(i) for i in wrong[0])
            raise ValueError(f"{name}{list(at)} is {found[at]}, expected an integer")
        return found.astype(np.int64)
    if kind == "b" and whole_floats:
        return found.astype(np.int64)
    if kind not in "iu":
        raise TypeError(f"{name} has dtype {found.dtype}, expected integers")
    if found.dtype == np.uint64:
        large = found > np.iinfo(np.int64).max
        if large.any():
            at = tuple(int(i) for i in np.argwhere(large)[0])
            raise ValueError(f"{name}{list(at)} is {found[at]}, expected less than 2**63")
    if found.dtype in (np.int64, np.int32) and found.dtype.isnative and found.flags.aligned:
        return found
    return found.astype(np.int64)


def places(name: str, value: Any, axes: tuple[int, ...] = (2, 3)) -> NDArray[np.float64]:
    """Positions as a new array of ``float64``, ``[N, d]`` for a ``d`` of ``axes``."""
    found = array(name, value)
    if found.ndim != 2 or found.shape[1] not in axes:
        raise ValueError(f"{name} has shape {list(found.shape)}, expected {' or '.join(f'[N, {d}]' for d in axes)}")
    if found.dtype.kind not in "iuf":
        raise TypeError(f"{name} has dtype {found.dtype}, expected numbers")
    return found.astype(np.float64)


def natural(name: str, value: Any, least: int = 0) -> int:
    """A Python integer, at least ``least``."""
    try:
        number = value.__index__()
    except (AttributeError, TypeError):
        raise TypeError(f"{name} is {value!r}, expected an integer") from None
    if number < least:
        raise ValueError(f"{name} is {number}, expected at least {least}")
    return int(number)


def limits(threads: Any, max_nodes: Any, timeout: Any) -> tuple[int | None, int, float | None]:
    """Checked limits of a call."""
    if threads is not None:
        threads = natural("threads", threads, 1)
        if threads > 4096:
            raise ValueError(f"threads is {threads}, expected at most 4096")
    max_nodes = min(natural("max_nodes", max_nodes, 0), 2**64 - 1)
    if timeout is not None:
        timeout = float(timeout)
        if not timeout > 0:
            raise ValueError(f"timeout is {timeout}, expected a positive number of seconds, or None")
    return threads, max_nodes, timeout


def seed_of(seed: Any) -> int:
    """A seed of 64 bits: the given one, or one that the operating system draws."""
    if seed is None:
        import secrets

        return secrets.randbits(64)
    number = natural("seed", seed)
    if number >= 2**64:
        raise ValueError(f"seed is {number}, expected less than 2**64")
    return number


def offsets(sizes: Any) -> NDArray[np.int64]:
    """``[B + 1]``: where each of ``B`` parts of these sizes begins, and where the last ends."""
    return np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)])
