"""Specification → SVG, without a browser, a network or the machine's own fonts."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from didymium.figures import theme
from didymium.results import canonical_json

FONTS = files("didymium") / "brief" / "fonts"


@cache
def _engine() -> Any:
    """The converter, with our fonts known to it. Starting it costs about half a second, once in a process."""
    import vl_convert

    vl_convert.register_font_directory(str(FONTS))
    return vl_convert


@lru_cache(maxsize=256)
def _svg(spec_json: str) -> str:
    return str(_engine().vegalite_to_svg(spec_json, vl_version="6.4", allowed_base_urls=[]))


def svg(spec: theme.Spec, *, words: bool = True, name: str = "figure") -> str:
    """The figure as SVG text. `words=False` leaves out title and foot; `name` keeps ids apart in one page."""
    drawn = spec if words else theme.plain(spec)
    text = _svg(canonical_json(drawn))
    text = re.sub(r'(id="|url\(#|href="#)', rf"\g<1>{name}-", text)
    return text.replace("<svg ", f'<svg role="img" aria-label="{_attribute(spec["description"])}" ', 1)


def _attribute(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
