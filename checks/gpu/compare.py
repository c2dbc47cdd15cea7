"""Compares the losses of two runs, or says how fast one was: `compare.py losses NAME RUNS RUNS TOLERANCE`, `compare.py speed NAME RUNS`."""

import json
import sys
from pathlib import Path


def lines(session: str, name: str) -> list[dict]:
    (path,) = Path(session).glob(f"*/{name}")
    return [json.loads(line) for line in path.read_text().splitlines()]


def losses(name: str, one: str, other: str, tolerance: str) -> None:
    worst = 0.0
    pairs = list(zip(lines(one, "metrics.jsonl"), lines(other, "metrics.jsonl"), strict=True))
    for a, b in pairs:
        worst = max(worst, abs(a["train_loss"] - b["train_loss"]) / max(abs(a["train_loss"]), 1e-9))
    print(f"{name}: training losses of {len(pairs)} epochs agree to {worst:.1e}, expected {tolerance}")
    if not pairs or not worst < float(tolerance):
        sys.exit(f"{name}: the losses differ")


def speed(name: str, session: str) -> None:
    steps = [line["step"] for line in lines(session, "metrics.jsonl")]
    seconds = [line["seconds"] for line in lines(session, "timing.jsonl")]
    # The first epoch compiles kernels and canonicalizes.
    rate = (steps[-1] - steps[0]) / sum(seconds[1:])
    print(f"  {name}: {rate:.2f} steps/s")


{"losses": losses, "speed": speed}[sys.argv[1]](*sys.argv[2:])
