"""The Excel workbook in which people fill a layer: made from the declarations, read back by the same declarations.

One sheet for each table, its columns in the header row, what each means in a note on it, lists of the allowed words,
limits on numbers; a read-me in English and Japanese; a sheet `layer` that says who may see it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from didymium.data.layer_files import LAYER_SHEET, VISIBILITIES
from didymium.errors import UnknownTerm
from didymium.schema import DATA_VERSION, TABLES, Column, Table
from didymium.schema.describe import KIND_WORDS
from didymium.schema.spreadsheet import put, settled

Row = Mapping[str, Any]

ROOM = 2_000
"""Rows of a sheet, beside the filled ones, for which lists and limits are ready."""
MOST_INLINE = 250
"""Longest list of words that a validation can hold by itself; longer ones stand on the sheet `lists`."""
USUAL = ("production", "demand", "trade", "stockpiles", "projects", "offtakes", "prices", "assumptions", "sources")
"""Tables of a template for which none are named: what a company or an agency knows better than the public sources."""

README_EN = (
    "A workbook for your own rows",
    "Each sheet is a table of Didymium, named as the table. Row 1 holds the column names: leave it as it is.",
    "A note on each column says what it means, its unit and an example. Columns in bold must be filled.",
    "A row with the key of a shipped row replaces it; any other row is added. Sheets not needed may stay empty.",
    "An empty cell means unknown. Zero means zero. Shares are fractions from 0 to 1.",
    "A date is written 2026-11-28, 2026-11 or 2026. Codes and dates are text, so that no zero is lost.",
    "Write values, not formulas. Do not merge cells.",
    "A secret stock: leave quantity empty and give value_low and value_high.",
    "The sheet layer says who may see the rows: public, partner or confidential; these leave in a brief only if asked.",
    "Check it: didymium data check FILE.xlsx    Use it: didymium exposure --layer FILE.xlsx",
)
README_JA = (
    "自分のデータ行のためのブック",
    "各シートはDidymiumの表で、シート名が表の名前である。1行目は列名なので変えないこと。",
    "列見出しのメモに意味・単位・例がある。太字の列は必須。",
    "同梱の行と同じキーの行はそれを置き換え、その他の行は加わる。使わないシートは空のままでよい。",
    "空のセルは「不明」、0は「ゼロ」。割合は0から1の小数。",
    "日付は2026-11-28、2026-11または2026と書く。コードと日付は文字列なので先頭の0は失われない。",
    "数式でなく値を書く。セルを結合しない。",
    "秘密の備蓄はquantityを空にし、value_lowとvalue_highを書く。",
    "シートlayerは公開範囲（public 公開、partner 提携先、confidential 秘）を示す。",
    "秘の層は、求めない限りブリーフに載らない。",
    "検査：didymium data check FILE.xlsx　使用：didymium exposure --layer FILE.xlsx",
)


def template(
    content: Mapping[str, Iterable[Row]],
    *,
    tables: Sequence[str] = USUAL,
    filled: bool = False,
    visibility: str = "confidential",
    own: Mapping[str, Iterable[Row]] | None = None,
) -> bytes:
    """The bytes of a workbook with a sheet for each table; `filled` writes the rows of `content` into it.

    `content` also gives the words of the vocabularies. `own` gives the rows to write instead of those of `content`.
    """
    from openpyxl import Workbook

    for name in tables:
        if name not in TABLES:
            raise UnknownTerm("table", name, TABLES, cure="List them: didymium data list")
    book = Workbook()
    _readme(book.active)
    _layer(book.create_sheet(LAYER_SHEET), visibility)
    rows = own if own is not None else content
    lists = _Lists(book, content)
    for name in tables:
        _table(book.create_sheet(name), TABLES[name], list(rows.get(name, ())) if filled else [], lists)
    lists.close()
    book.properties.creator = "Didymium"
    book.properties.title = f"Didymium layer, tables of {DATA_VERSION}"
    return settled(book)


def _readme(sheet: Any) -> None:
    from openpyxl.styles import Alignment, Font

    sheet.title = "read-me"
    for number, line in enumerate((*README_EN, "", *README_JA), start=1):
        put(sheet.cell(number, 1), line)
        sheet.cell(number, 1).alignment = Alignment(wrap_text=True, vertical="top")
    for number in (1, len(README_EN) + 2):
        sheet.cell(number, 1).font = Font(bold=True, size=14)
    sheet.column_dimensions["A"].width = 110


def _layer(sheet: Any, visibility: str) -> None:
    from openpyxl.styles import Font
    from openpyxl.worksheet.datavalidation import DataValidation

    for number, (name, value) in enumerate((("what", "value"), ("visibility", visibility), ("note", None)), start=1):
        put(sheet.cell(number, 1), name)
        put(sheet.cell(number, 2), value)
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    words = DataValidation(type="list", formula1=f'"{",".join(VISIBILITIES)}"', allow_blank=False)
    words.add("B2")
    sheet.add_data_validation(words)
    sheet.column_dimensions["B"].width = 60


def _table(sheet: Any, table: Table, rows: Sequence[Row], lists: _Lists) -> None:
    from openpyxl.comments import Comment
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    last = max(len(rows) + 1 + ROOM, 2)
    for index, column in enumerate(table.columns, start=1):
        head = sheet.cell(1, index)
        put(head, column.name)
        head.font = Font(bold=column.required)
        head.fill = PatternFill("solid", fgColor="DDE6F0" if column.name in table.key else "EEEEEE")
        note = Comment(_note(table, column), "Didymium")
        note.width, note.height = 320, 180
        head.comment = note
        letter = get_column_letter(index)
        kept = _format(column)
        sheet.column_dimensions[letter].width = max(len(column.name) + 3, 48 if column.lines else 12)
        sheet.column_dimensions[letter].number_format = kept
        rule = _rule(column, lists)
        if rule is not None:
            rule.add(f"{letter}2:{letter}{last}")
            sheet.add_data_validation(rule)
        for number, row in enumerate(rows, start=2):
            value = row[column.name]
            if value is None:
                continue
            cell = sheet.cell(number, index)
            put(cell, value)
            cell.number_format = kept
            if isinstance(value, str) and "\n" in value:
                cell.alignment = Alignment(wrap_text=True, vertical="top")
    sheet.freeze_panes = "A2"


def _note(table: Table, column: Column) -> str:
    """Meaning, kind, unit, allowed words and an example of a column."""
    lines = [column.meaning, f"Kind: {KIND_WORDS[column.kind]}."]
    if column.unit:
        is_told = column.unit.startswith("{")
        lines.append("Unit: " + (f"as column {column.unit[1:-1]} says." if is_told else column.unit))
    if column.terms:
        lines.append(f"Allowed: {', '.join(column.terms)}.")
    if column.references:
        source, _, name = column.references.partition(".")
        lines.append(f"Words: column {name} of table {source}.")
    if column.minimum is not None or column.maximum is not None:
        low = "" if column.minimum is None else f"at least {column.minimum:g}"
        high = "" if column.maximum is None else f"at most {column.maximum:g}"
        lines.append(f"Limits: {', '.join(part for part in (low, high) if part)}.")
    lines.append("Must be filled." if column.required else "May be empty: unknown.")
    if column.name in table.key:
        lines.append("Part of the key.")
    if column.example:
        lines.append(f"Example: {column.example}")
    return "\n".join(lines)


def _format(column: Column) -> str:
    """Number format of a column; everything but numbers is text, so that nothing is turned into a date or a number."""
    return {"number": "General", "integer": "0", "year": "0", "flag": "0"}.get(column.kind, "@")


def _rule(column: Column, lists: _Lists) -> Any:
    """What Excel lets one type into a column; None where anything goes."""
    from openpyxl.worksheet.datavalidation import DataValidation

    said = {"allow_blank": not column.required, "showErrorMessage": True, "errorTitle": column.name}
    if column.kind == "flag":
        return DataValidation(type="list", formula1='"0,1"', error="0 or 1", **said)
    if column.terms and column.kind != "list":
        inline = ",".join(column.terms)
        source = f'"{inline}"' if len(inline) <= MOST_INLINE else lists.named(column.terms, column.name)
        return DataValidation(type="list", formula1=source, error="Choose a word of the list.", **said)
    if column.references and column.kind == "id":
        source = lists.vocabulary(column.references)
        # A layer may bring words of its own: a strange word is warned of, not refused.
        kind = {"errorStyle": "warning", "error": "Not in the shipped vocabulary: add it to its table too."}
        return DataValidation(type="list", formula1=source, **said, **kind) if source else None
    if column.kind in ("number", "integer", "year"):
        kind_word = "decimal" if column.kind == "number" else "whole"
        low = column.minimum if column.minimum is not None else -1e300
        high = column.maximum if column.maximum is not None else 1e300
        if kind_word == "whole":
            low, high = max(low, -1e15), min(high, 1e15)
        ends = f"from {low:g} to {high:g}" if column.maximum is not None else f"of at least {low:g}"
        words = f"A number {ends}."
        return DataValidation(
            type=kind_word, operator="between", formula1=f"{low:.15g}", formula2=f"{high:.15g}", error=words, **said
        )
    return None


class _Lists:
    """The hidden sheet of words that validations point at: one column for each vocabulary."""

    def __init__(self, book: Any, content: Mapping[str, Iterable[Row]]) -> None:
        self._book, self._content = book, content
        self._columns: dict[str, list[str]] = {}

    def vocabulary(self, reference: str) -> str:
        """The range of the words of `table.column`; empty if there are none."""
        table, _, column = reference.partition(".")
        words = sorted({str(row[column]) for row in self._content.get(table, ()) if row[column] is not None})
        return self.named(words, reference) if words else ""

    def named(self, words: Sequence[str], name: str) -> str:
        """The range of a list of words."""
        from openpyxl.utils import get_column_letter

        if name not in self._columns:
            self._columns[name] = list(words)
        letter = get_column_letter(list(self._columns).index(name) + 1)
        return f"lists!${letter}$2:${letter}${len(self._columns[name]) + 1}"

    def close(self) -> None:
        """Write the sheet."""
        sheet = self._book.create_sheet("lists")
        for index, (name, words) in enumerate(self._columns.items(), start=1):
            for number, word in enumerate((name, *words), start=1):
                put(sheet.cell(number, index), word)
        sheet.sheet_state = "hidden"
