"""Brief → one HTML file that loads nothing: letters, styles and figures stand inside it."""

from __future__ import annotations

import base64
import re
from functools import cache
from importlib.resources import files

from didymium.brief.document import Brief, cite_groups, is_numeric, written
from didymium.brief.language import is_foreign, is_japanese
from didymium.figures.render import svg

_FONTS = files("didymium.brief") / "fonts"
_CORE_RANGE = "U+3000-9FFF, U+F900-FAFF, U+FF00-FFEF"
_LATIN_RANGE = "U+0000-2FFF"


def render_html(brief: Brief) -> str:
    """The whole brief as text of one HTML file. Same brief, same bytes."""
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    t = brief.words
    environment = Environment(
        loader=PackageLoader("didymium.brief"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "cite_groups": cite_groups,
        "foreign": lambda text: Markup(' lang="en"') if is_foreign(text, brief.lang) else "",
        "kind": lambda block: type(block).__name__,
        "numeric": is_numeric,
        "short": lambda text: len(text) <= 17,
        "svg": lambda spec, name, scale: Markup(_scaled(svg(spec, words=False, name=name), scale)),
        "written": lambda cell, column: written(cell, column, t),
    }
    template = environment.get_template("brief.html.j2")
    css = (files("didymium.brief") / "templates" / "brief.css").read_text(encoding="utf-8")
    page = template.render(brief=brief, t=t, css=Markup(css), fonts="")
    faces = _faces(page)
    return page.replace("<style>\n", f"<style>\n{faces}\n", 1) + "\n"


def _scaled(drawing: str, scale: float) -> str:
    """The drawing at another size; its view box keeps the inner measures."""
    return re.sub(r'(width|height)="([\d.]+)"', lambda m: f'{m[1]}="{float(m[2]) * scale:.0f}"', drawing, count=2)


def latin_faces() -> str:
    """@font-face rules of the Latin letters, with the letters inside: for a picture that can load nothing."""
    return _face("latin", _LATIN_RANGE)


def _face(name: str, characters: str, ending: str = "woff2") -> str:
    """@font-face rules of both weights with the letters inside."""
    kind = {"woff2": "woff2", "otf": "opentype"}[ending]
    rules = []
    for weight, style in ((400, "regular"), (700, "bold")):
        file = f"DidymiumSans-{style.title()}.otf" if ending == "otf" else f"{name}-{style}.woff2"
        data = base64.b64encode((_FONTS / file).read_bytes()).decode("ascii")
        source = f'url("data:font/{ending};base64,{data}") format("{kind}")'
        what = f'font-family: "Didymium Sans"; font-weight: {weight}; src: {source}; unicode-range: {characters};'
        rules.append(f"@font-face {{ {what} }}")
    return "\n".join(rules)


@cache
def _core() -> frozenset[str]:
    """Characters that the small Japanese files hold: all that our own catalogue and data use."""
    return frozenset((_FONTS / "ja-core.txt").read_text(encoding="utf-8"))


def _faces(page: str) -> str:
    """Latin letters, and as many Japanese ones as the page needs."""
    used = {c for c in set(page) if is_japanese(c)}
    faces = [_face("latin", _LATIN_RANGE)]
    if used:
        faces.append(_face("ja-core", _CORE_RANGE) if used <= _core() else _face("ja", _CORE_RANGE, "otf"))
    return "\n".join(faces)
