"""`didymium serve`: the questions as pages, on this machine."""

from __future__ import annotations

from pathlib import Path

import click

from didymium.errors import BadInput


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), default=8321, show_default=True, help="Port on this machine.")
@click.option(
    "--store",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    envvar="DIDYMIUM_STORE",
    help="Folder for runs and caches. Default: the user's data folder.",
)
@click.option(
    "--layer",
    type=click.Path(path_type=Path),
    metavar="PATH",
    multiple=True,
    help="A folder of CSV files or a workbook whose rows override the shipped data. Repeatable; later ones win.",
)
@click.option(
    "--proxy",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="TOML",
    help="For a team behind a reverse proxy that signs people in: hosts, addresses, roles (see docs/app.md).",
)
def serve(port: int, store: Path | None, layer: tuple[Path, ...], proxy: Path | None) -> None:
    """Open the questions as pages at http://127.0.0.1:PORT, for this machine alone."""
    try:
        import uvicorn

        from didymium.app import create
        from didymium.app.team import read_team
    except ModuleNotFoundError as lacks:
        raise BadInput(
            f"the pages need {lacks.name}, which is not installed.", cure='Install it: pip install "didymium[app]".'
        ) from None
    from didymium.questions import answering
    from didymium.results import default_store

    hosts = (f"127.0.0.1:{port}", f"localhost:{port}")
    team = read_team(proxy) if proxy else None
    app = create(answering.dataset(layer), store or default_store(), hosts=hosts, layers=layer, team=team, warm=True)
    listen = str(team.listen) if team else "127.0.0.1"
    click.echo(f"https://{team.host}/" if team else f"http://127.0.0.1:{port}/  (Ctrl+C to end)")
    uvicorn.run(
        app,
        host=listen,
        port=port,
        log_level="warning",
        ws="none",  # no page speaks it; another package that brings a library for it would open that door
        server_header=False,
        proxy_headers=False,  # whose address a request comes from is judged by us
        limit_concurrency=400,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=5,
    )
