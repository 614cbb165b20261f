"""The page on which a user brings tables: each fault at its cell, and the layers that are kept."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.responses import JSONResponse, RedirectResponse, Response

from didymium.app import pages, uploads
from didymium.app.tables import SHOWN
from didymium.app.team import may
from didymium.data.layer_files import VISIBILITIES
from didymium.errors import BadInput, NotFound
from didymium.schema import TABLES

if TYPE_CHECKING:
    from starlette.requests import Request

READERS = threading.BoundedSemaphore(2)
"""Files that are judged at the same time."""


async def page(request: Request) -> Response:
    """The form, and the layers that are kept."""
    return _page(request)


def _page(request: Request, *, status: int = 200, fault: str = "", name: str = "", rows: Any = ()) -> Response:
    t, site = pages.words_of(request), pages.site_of(request)
    return pages.shown(
        request,
        "upload.html.j2",
        t,
        status=status,
        title=t("Bring tables"),
        tables=[(n, TABLES[n].title_ja if t.lang == "ja" else TABLES[n].title) for n in sorted(TABLES)],
        visibilities=[(word, t.term("visibility", word)) for word in VISIBILITIES],
        most=uploads.MOST_UPLOAD >> 20,
        fault=fault,
        name=name,
        rows=rows[:SHOWN],
        whole=len(rows),
        kept=uploads.kept(site.uploads) if site.sees_all else None,
        may_manage=may(request, "admin"),
    )


async def bring(request: Request) -> Response:
    """Judge a file and keep it, or say all its faults."""
    t, site = pages.words_of(request), pages.site_of(request)
    async with request.form(max_files=1, max_fields=8, max_part_size=1 << 16) as form:
        if form.get("token") != site.token:
            return pages.too_old(request, t)
        file = form.get("file")
        words = {key: str(form.get(key, "")) for key in ("table", "visibility")}
        data = await file.read() if isinstance(file, UploadFile) else b""
        filename = str(file.filename or "") if isinstance(file, UploadFile) else ""
    wants_json = "application/json" in request.headers.get("accept", "")
    if not READERS.acquire(blocking=False):
        fault = t("Other files are being read. Try again in a moment.")
        return (
            JSONResponse({"error": fault}, status_code=503) if wants_json else _page(request, status=503, fault=fault)
        )
    try:
        name, faults = await run_in_threadpool(uploads.take, site.uploads, filename, data, **words)
    except BadInput as wrong:
        if wants_json:
            return JSONResponse({"kept": "", "error": str(wrong), "faults": []}, status_code=422)
        return _page(request, status=422, fault=str(wrong))
    finally:
        READERS.release()
    status = 200 if name else 422
    if wants_json:
        return JSONResponse({"kept": name, "faults": faults}, status_code=status)
    return _page(request, status=status, name=name, rows=faults)


async def manage(request: Request) -> Response:
    """Use a kept layer, set it aside, or remove it."""
    t, site = pages.words_of(request), pages.site_of(request)
    form = await request.form(max_files=0, max_fields=4)
    if form.get("token") != site.token:
        return pages.too_old(request, t)
    if not may(request, "admin") or not site.sees_all:
        return pages.not_allowed(request, t)
    name, what = request.path_params["name"], request.path_params["what"]
    if what not in ("use", "aside", "remove") or name not in {one.name for one in uploads.kept(site.uploads)}:
        return await pages.missing(request, NotFound("no layer"))
    others = tuple(one for one in site.used if one != name)
    try:
        if what == "remove":
            await run_in_threadpool(uploads.remove, site.uploads, name)
        else:
            await run_in_threadpool(site.use, (*others, name) if what == "use" else others)
    except BadInput as wrong:
        return pages.refused(request, t, wrong)
    return RedirectResponse(f"/data/upload?lang={t.lang}", status_code=303)
