"""What `import didymium` offers: documented names, loaded when used, with types beside them."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import didymium

STUB = Path(didymium.__file__).with_suffix(".pyi")


@pytest.mark.parametrize("name", didymium.__all__)
def test_a_public_name_is_there_and_documented(name: str) -> None:
    doc = inspect.getdoc(getattr(didymium, name))
    assert doc and doc.splitlines()[0].endswith((".", "?"))
    assert name in dir(didymium)


def test_public_names_are_sorted_and_typed() -> None:
    assert didymium.__all__ == sorted(didymium._PUBLIC)
    imports = [node for node in ast.parse(STUB.read_text("utf-8")).body if isinstance(node, ast.ImportFrom)]
    typed = {alias.asname: node.module for node in imports for alias in node.names}
    assert typed == didymium._PUBLIC


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'exposur'"):
        _ = didymium.exposur  # type: ignore[attr-defined]


def test_the_import_alone_loads_nothing_heavy() -> None:
    code = (
        "import didymium, sys; print(sorted(m for m in ('numpy', 'pandas', 'scipy', 'pydantic') if m in sys.modules))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert said.stdout.strip() == b"[]"
