"""What tests of pages share: a server's state over a store of its own, and a browser without scripts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient
from tests.app.test_pages import HOST

import didymium.data
from didymium.app.guard import Guard
from didymium.app.site import Site, _routes


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site(didymium.data.open(), tmp_path_factory.mktemp("store"), token="secret")


@pytest.fixture(scope="module")
def browser(site: Site) -> Iterator[TestClient]:
    with TestClient(Guard(_routes(site), frozenset({HOST})), base_url=f"http://{HOST}") as client:
        yield client
