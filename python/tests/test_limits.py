"""Budgets, time, keyboards, threads and forks."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time

import numpy as np
import pytest

import sympe

RING = np.array([[0, 1, 2, 3, 4], [1, 2, 3, 4, 0]])
# A thousand rings: more than the calling thread does by itself.
RINGS = (np.concatenate([RING + 5 * i for i in range(1000)], axis=1), np.repeat(np.arange(1000), 5))


def hard(order: int = 60) -> np.ndarray:
    """Latin square graph of a random isotope of a quasigroup without symmetry: strongly regular, hard for its size."""
    rng = np.random.default_rng(0)
    # Random intercalate switches of the cyclic square leave a Latin square.
    square = np.add.outer(np.arange(order), np.arange(order)) % order
    for _ in range(20_000):
        a, b = rng.integers(0, order, 2)
        c, d = rng.integers(0, order, 2)
        if a != b and c != d and square[a, c] == square[b, d] and square[a, d] == square[b, c]:
            square[[a, a, b, b], [c, d, c, d]] = square[[b, b, a, a], [c, d, c, d]]
    cells = np.arange(order**2).reshape(order, order)
    lines = [*cells, *cells.T, *(cells[square == symbol] for symbol in range(order))]
    edges = {(int(u), int(v)) for line in lines for i, u in enumerate(line) for v in line[i + 1 :]}
    return np.array(sorted(edges)).T


@pytest.fixture(scope="module")
def slow() -> np.ndarray:
    edges = hard()
    # It is slow enough to be interrupted.
    start = time.perf_counter()
    with pytest.raises(TimeoutError):
        sympe.canonicalize(edges, timeout=0.3)
    assert time.perf_counter() - start < 5
    return edges


def test_budget() -> None:
    with pytest.raises(sympe.BudgetExhausted, match=r"graph 1: symmetry search stopped after 0 search-tree nodes") as info:
        sympe.canonicalize(
            np.concatenate([[[0], [1]], RING + 2], axis=1), [0, 0, 1, 1, 1, 1, 1], max_nodes=0
        )
    assert info.value.index == 1 and str(info.value).startswith("graph 1: ")
    assert isinstance(info.value, RuntimeError)


def test_a_small_graph_that_is_hard_gets_all_of_its_budget() -> None:
    edges = hard(8)
    for max_nodes in (10, 100, 1000):
        with pytest.raises(sympe.BudgetExhausted, match=f"stopped after {max_nodes} search-tree nodes"):
            sympe.canonicalize(edges, max_nodes=max_nodes)
    assert sympe.canonicalize(edges).order == [1]
    # What is wrong with a later graph is found all the same.
    both = np.concatenate([edges, [[64, 64], [65, 65]]], axis=1)
    with pytest.raises(ValueError, match="graph 1: edge"):
        sympe.canonicalize(both, np.repeat([0, 1], [64, 2]))


def test_timeout_names_itself(slow: np.ndarray) -> None:
    with pytest.raises(TimeoutError, match=r"did not end within 0.1 seconds \(its timeout\)"):
        sympe.canonicalize(slow, timeout=0.1)


def test_a_cloud_or_a_field_that_takes_long_is_stopped_where_it_is() -> None:
    # Neighbours on the rings are a tolerance or two apart: as many candidates for isometries as pairs of points.
    angle = 2 * np.pi * np.arange(2000) / 2000
    ring = np.stack([np.cos(angle), np.sin(angle), np.full(2000, 0.5)], axis=1)
    prism = np.concatenate([ring, ring * [1, 1, -1]])
    field = np.random.default_rng(0).integers(0, 2, (1024, 1024))
    for call in (
        lambda: sympe.canonicalize_points(prism, timeout=0.2),
        lambda: sympe.canonicalize_field(field, timeout=0.2),
    ):
        start = time.perf_counter()
        with pytest.raises(TimeoutError, match=r"did not end within 0.2 seconds \(its timeout\)"):
            call()
        assert time.perf_counter() - start < 30


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent by kill")
def test_ctrl_c(slow: np.ndarray) -> None:
    # Shells start what runs in the background with the signal ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        timer = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT))
        timer.start()
        start = time.perf_counter()
        with pytest.raises(KeyboardInterrupt):
            sympe.canonicalize(slow, timeout=60)
        assert time.perf_counter() - start < 5
    finally:
        signal.signal(signal.SIGINT, before)


def test_the_interpreter_is_free_meanwhile(slow: np.ndarray) -> None:
    ticks = 0
    done = threading.Event()

    def wait() -> None:
        with pytest.raises(TimeoutError):
            sympe.canonicalize(slow, timeout=0.5, threads=1)
        done.set()

    thread = threading.Thread(target=wait)
    thread.start()
    while not done.is_set():
        ticks += 1
        time.sleep(0.001)
    thread.join()
    assert ticks > 50


def test_many_threads_at_once() -> None:
    want = sympe.canonicalize(*RINGS).hexdigest
    failures = []

    def work() -> None:
        for threads in (1, 2, 3):
            for _ in range(10):
                found = sympe.canonicalize(*RINGS, threads=threads)
                if found.hexdigest != want or found.sample(2, seed=0, threads=threads).shape != (2, 5000):
                    failures.append(found)

    workers = [threading.Thread(target=work) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not failures


def _child(queue) -> None:
    queue.put(sympe.canonicalize(*RINGS, threads=2).hexdigest)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_fork() -> None:
    # The threads of the parent are not in the child: it makes its own.
    want = sympe.canonicalize(*RINGS, threads=2).hexdigest
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    for _ in range(3):
        child = context.Process(target=_child, args=(queue,))
        child.start()
        assert queue.get(timeout=60) == want
        child.join(60)
        assert child.exitcode == 0
