"""Brief → Excel workbook: one plain sheet for each table, numbers as numbers, units in the headings."""

from __future__ import annotations

import datetime
import io
import re
import zipfile
from typing import Any

from didymium.brief.document import Brief, Cell, Column, Figure, Interval, Paragraph, Points, Table, Tiles

_EPOCH = (1980, 1, 1, 0, 0, 0)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}$")


def render_xlsx(brief: Brief) -> bytes:
    """All tables of the brief, those behind the figures too, a front sheet and the sources. Same brief, same bytes."""
    from openpyxl import Workbook

    t = brief.words
    book = Workbook()
    front = book.active
    front.title = t("Brief")
    places: list[tuple[str, str, str]] = []
    tables = 0
    for section in brief.sections:
        for block in section.blocks:
            if isinstance(block, Figure):
                name, table = t("Figure {n}", n=block.number), block.table
            elif isinstance(block, Table):
                tables += 1
                name, table = t("Table {n}", n=tables), block
            else:
                continue
            _sheet(book.create_sheet(name), table, brief)
            places.append((name, section.title, table.caption))
    _sources(book.create_sheet(t("Sources")), brief)
    _front(front, brief, places)
    day = datetime.datetime(brief.as_of.year, brief.as_of.month, brief.as_of.day)  # noqa: DTZ001 - a workbook holds days, no zones
    book.properties.creator = f"Didymium {brief.version}"
    book.properties.title = f"{brief.title} – {brief.subtitle}"
    book.properties.created = day
    made = io.BytesIO()
    book.save(made)
    return _settled(made.getvalue(), day)


def _front(sheet: Any, brief: Brief, places: list[tuple[str, str, str]]) -> None:
    """Title, what the brief rests on, findings, and where to find which table."""
    t = brief.words
    notices = [b.text for b in brief.sections[0].blocks if isinstance(b, Paragraph) and b.tone == "warning"]
    rows: list[tuple[str, str]] = [
        (brief.title, ""),
        (brief.subtitle, ""),
        *((notice, "") for notice in notices),
        ("", ""),
        (t("Dataset"), brief.dataset),
        (t("Brief"), brief.id),
        (t("Software"), f"Didymium {brief.version}"),
        *((t("Run, {name}", name=run.name), run.run_id) for run in brief.runs),
        ("", ""),
    ]
    for block in brief.sections[0].blocks:
        if isinstance(block, Tiles):
            rows += [(i.label, " · ".join(x for x in (i.value, i.interval, i.note) if x)) for i in block.items]
        elif isinstance(block, Points):
            rows += [("", ""), (block.heading, ""), *(("", i.text) for i in block.items)]
    rows += [("", ""), (t("Sheets"), "")]
    for row in rows:
        sheet.append([_text(x) for x in row])
    for name, section, caption in places:
        sheet.append([_text(name), _text(f"{section}: {caption}")])
        sheet.cell(sheet.max_row, 1).hyperlink = f"#'{name}'!A1"
    _bold(sheet, 1, size=14)
    sheet.column_dimensions["A"].width = 34
    sheet.column_dimensions["B"].width = 110


def _sheet(sheet: Any, table: Table, brief: Brief) -> None:
    """One table: heading row frozen, intervals in columns of their own, sources by number."""
    t = brief.words
    spread = [any(isinstance(row[i], Interval) for row in table.rows) for i in range(len(table.columns))]
    head: list[str] = []
    for column, is_spread in zip(table.columns, spread, strict=True):
        head.append(column.heading)
        if is_spread:
            head += [
                t("{heading}, 10th percentile", heading=column.heading),
                t("{heading}, 90th percentile", heading=column.heading),
            ]
    if table.has_cites:
        head.append(t("Sources"))
    sheet.append([_text(h) for h in head])
    for n, row in enumerate(table.rows):
        cells: list[tuple[Cell, Column]] = []
        for cell, column, is_spread in zip(row, table.columns, spread, strict=True):
            if isinstance(cell, Interval):
                cells += [(cell.value, column), (cell.low, column), (cell.high, column)]
            else:
                cells += [(cell, column)] + [(None, column)] * (2 if is_spread else 0)
        sheet.append(
            [_value(cell, column) for cell, column in cells]
            + ([_text(", ".join(map(str, table.cites[n])))] if table.has_cites else [])
        )
        for i, (cell, column) in enumerate(cells, start=1):
            if cell is not None:
                sheet.cell(n + 2, i).number_format = _format(cell, column)
    _bold(sheet, 1)
    sheet.freeze_panes = "A2"
    _widths(sheet)


def _sources(sheet: Any, brief: Brief) -> None:
    t = brief.words
    sheet.append([t("Number"), t("Id"), t("Title"), t("Producer"), t("Link"), t("Licence")])
    for source in brief.sources:
        sheet.append(
            [source.number, *(_text(x) for x in (source.id, source.title, source.producer, source.url, source.licence))]
        )
    _bold(sheet, 1)
    sheet.freeze_panes = "A2"
    _widths(sheet)


def _text(text: str) -> str:
    """Text that a spreadsheet never takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _value(cell: Cell, column: Column) -> Any:
    if isinstance(cell, str):
        if column.kind == "date" and _ISO_DAY.match(cell):
            return datetime.date.fromisoformat(cell)
        return _text(cell) or None
    if column.kind == "year" and isinstance(cell, float):
        return round(cell)
    return cell


def _format(cell: Cell, column: Column) -> str:
    if column.kind == "date":
        return "yyyy-mm-dd"
    if column.kind == "year" or not isinstance(cell, int | float):
        return "General"
    if column.kind == "share":
        return "0.0%"
    size = abs(cell)
    return (
        "#,##0"
        if size >= 100 or column.kind == "count" or size == 0
        else "0.0"
        if size >= 10
        else "0.00"
        if size >= 0.1
        else "0.0000"
    )


def _bold(sheet: Any, row: int, size: int = 11) -> None:
    from openpyxl.styles import Alignment, Font

    for cell in sheet[row]:
        cell.font = Font(bold=True, size=size)
        cell.alignment = Alignment(wrap_text=size == 11, vertical="bottom")


def _widths(sheet: Any) -> None:
    """Columns as wide as their longest cell, within reason."""
    from openpyxl.styles import Alignment
    from openpyxl.utils import get_column_letter

    from didymium.figures.theme import columns

    for index, cells in enumerate(sheet.iter_cols(min_row=2), start=1):
        longest = max((columns(str(c.value)) for c in cells if c.value is not None), default=0.0)
        heading = max((columns(w) for w in str(sheet.cell(1, index).value).split()), default=0.0)
        sheet.column_dimensions[get_column_letter(index)].width = min(max(longest, heading, 8.0) + 2, 60)
        if longest > 58:
            for cell in cells:
                cell.alignment = Alignment(wrap_text=True, vertical="top")


def _settled(book: bytes, day: datetime.datetime) -> bytes:
    """The same workbook without the clock: fixed times in the archive, the day of the brief as date of change."""
    made = io.BytesIO()
    stamp = day.strftime("%Y-%m-%dT00:00:00Z")
    with zipfile.ZipFile(io.BytesIO(book)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in sorted(old.namelist(), key=lambda n: (n != "[Content_Types].xml", n)):
            content = old.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + stamp.encode(), content)
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            new.writestr(entry, content)
    return made.getvalue()
