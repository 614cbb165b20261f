"""A kept run as one file for reviewers, and the sheet of their comments on its way back."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from didymium.cli.options import Shared
from didymium.errors import BadInput, StoreError

if TYPE_CHECKING:
    from didymium.results import RunStore

SHEET = "comments.csv"
MOST_BYTES = 5_000_000
_EPOCH = (1980, 1, 1, 0, 0, 0)  # no clock in the package: the same run gives the same bytes

_README = """# Run {run_id}: {command}

For reviewers. Nothing here was written for this package: it is the run as it is kept, and what is on record of it.

- manifest.json: what was asked, of which data, by which version, and the hash of result.json
- result.json: the answer; rows.csv and table-*.csv hold the same rows for a spreadsheet
- sources.csv, assumptions.csv: those that the answer names, as they stand in the data
- card.json: eight factors of credibility, graded from what is on record
- checks.json: residuals and gap of each solved programme, computed again without a solver
- comments.csv: yours. One row for each comment; run_id and comment_id name it; state is open, answered, accepted or
  rejected. Send it back: `didymium runs comments {run_id} --from comments.csv`

To compute the answer again: `didymium runs repeat {run_id}` with Didymium {version}.
What the model leaves out stands in the warnings of result.json and in the method pages of the documentation.
"""


def package(store: RunStore, run_id: str, shared: Shared) -> tuple[bytes, list[str]]:
    """The bytes of the package and the names of what is in it.

    Raises StoreError for a run that is not whole, or made with confidential rows unless these were asked for.
    """
    from didymium.cli.card import graded
    from didymium.cli.proving import Proofs
    from didymium.cli.repeating import data_of
    from didymium.questions.forms import csv_text, json_text
    from didymium.results.audit import COMMENT_COLUMNS

    where = str(store.path / run_id)
    manifest, body = store.manifest(run_id), store.read(run_id)
    secret = [
        str(one["name"])
        for one in manifest.dataset.get("layer_records", ())
        if one["visibility"] == "confidential" and one["sha256"]
    ]
    if secret and not shared.include_confidential:
        raise StoreError(
            f"the run was made with confidential rows ({', '.join(secret)}).",
            where=where,
            cure="Ask again with --redact and pack that run, or say --include-confidential.",
        )
    result = store.load(run_id)
    ds = data_of(manifest, where, shared)

    def named(table: str, key: str, ids: tuple[str, ...]) -> list[dict[str, Any]]:
        return [dict(row) for row in ds.rows(table) if row.get(key) in ids]

    first = {**dict.fromkeys(COMMENT_COLUMNS, ""), "run_id": run_id, "comment_id": "1", "state": "open"}
    files: dict[str, str | bytes] = {
        "README.md": _README.format(run_id=run_id, command=manifest.command, version=manifest.versions["didymium"]),
        "manifest.json": manifest.to_bytes(),
        "result.json": body,
        "rows.csv": csv_text(result.rows),
        **{f"table-{name}.csv": csv_text(rows) for name, rows in sorted(result.tables.items()) if rows},
        "sources.csv": csv_text(named("sources", "source_id", result.source_ids)),
        "assumptions.csv": csv_text(named("assumptions", "assumption_id", result.assumptions)),
        "card.json": json_text(graded(store, run_id, shared)),
        "checks.json": json_text(list(Proofs(store, shared).rows(run_id))),
        SHEET: csv_text([first]),
    }
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), content, zipfile.ZIP_DEFLATED)
    return held.getvalue(), list(files)


def sheet_text(path: Path) -> str:
    """The text of a sheet of comments: of the file itself, or of the sheet in a package. UTF-8, five megabytes."""
    if path.suffix.lower() == ".zip":
        try:
            with zipfile.ZipFile(path) as archive:
                member = archive.getinfo(SHEET)
                if member.file_size > MOST_BYTES:
                    raise BadInput(f"{SHEET} is larger than {MOST_BYTES:,} bytes", where=path.name)
                with archive.open(member) as opened:
                    body = opened.read(MOST_BYTES + 1)
        except KeyError as none:
            raise BadInput(f"there is no {SHEET} in it", where=path.name, cure="Send the package back whole.") from none
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as bad:
            raise BadInput(f"it is not a readable package ({bad})", where=path.name) from bad
    else:
        with path.open("rb") as file:
            body = file.read(MOST_BYTES + 1)
    if len(body) > MOST_BYTES:
        raise BadInput(f"it is larger than {MOST_BYTES:,} bytes", where=path.name)
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as bad:
        raise BadInput(f"byte {bad.start} is not UTF-8", where=path.name, cure="Save it as CSV UTF-8.") from bad
