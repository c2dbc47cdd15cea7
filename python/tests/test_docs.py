"""The examples of all docstrings, and the snippets of the README, which run one after the other."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import sympe

README = Path(__file__).resolve().parents[1] / "README.md"


def modules() -> list[str]:
    names = [f"sympe.{module.name}" for module in pkgutil.iter_modules(sympe.__path__)]
    return [name for name in names if not name.endswith("_core")]


@pytest.mark.parametrize("name", modules())
def test_docstrings(name: str) -> None:
    if name in ("sympe.torch", "sympe.pyg"):
        pytest.importorskip("torch" if name == "sympe.torch" else "torch_geometric")
    module = importlib.import_module(name)
    assert doctest.testmod(module).failed == 0


def test_readme() -> None:
    snippets = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert snippets
    names: dict[str, object] = {}
    for snippet in snippets:
        exec(compile(snippet, str(README), "exec"), names)


def test_public_names_have_docstrings() -> None:
    for name in sympe.__all__:
        assert getattr(sympe, name).__doc__, name
