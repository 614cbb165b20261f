"""An answer in a notebook: what was asked, what the numbers do not tell, and the first rows."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from didymium.results.result import Result

SHOWN = 12
"""Rows that a notebook shows; all are in `.table()`."""


def number(value: float) -> str:
    """Four digits, thousands marked.

    >>> number(1234567.0), number(0.012345), number(3.0)
    ('1,234,567', '0.01235', '3')
    """
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def html(result: Result) -> str:
    """The answer as a piece of HTML without scripts and styles of its own."""
    table = result.table()
    shown = table.head(SHOWN).to_html(index=False, escape=True, na_rep="–", float_format=number, border=0)
    units = {f.name: f.unit for f in result.fields if f.unit and f.name in table.columns}
    lines = [
        f"<p><b>{escape(result.command)}</b> · run <code>{escape(result.run_id)}</code> · {escape(_size(result))}</p>"
    ]
    lines += [f"<p>{escape(warning)}</p>" for warning in result.warnings[:1]]
    lines.append(f'<div style="overflow-x: auto">{shown}</div>')
    if units:
        lines.append(f"<p><small>{escape('; '.join(f'{name} [{unit}]' for name, unit in units.items()))}</small></p>")
    if len(result.warnings) > 1:
        rest = "".join(f"<li>{escape(warning)}</li>" for warning in result.warnings[1:])
        head = f"<summary>What these numbers do not tell ({len(result.warnings) - 1})</summary>"
        lines.append(f"<details>{head}<ul>{rest}</ul></details>")
    return f"<div>{''.join(lines)}</div>"


def line(result: Result) -> str:
    """The answer in one line."""
    return f"<Result of {result.command}: run {result.run_id}, {_size(result)}>"


def _size(result: Result) -> str:
    further = f"; further tables: {', '.join(result.tables)}" if result.tables else ""
    return f"{result.status}, {len(result.rows):,} rows{further}"
