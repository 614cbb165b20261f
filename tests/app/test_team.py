"""A team behind a proxy: who is believed, and what each role may do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

import didymium.data
from didymium.app import create
from didymium.app.team import Person, Refused, person, read_team
from didymium.errors import BadInput

SECRET = "s" * 40
TEAM = """
host = "didymium.example"
proxies = ["192.0.2.7"]
secret_file = "secret.txt"
confidential = ["cleared"]

[roles]
view = ["staff"]
edit = ["analysts"]
admin = ["leads"]
"""


def made(folder: Path, text: str = TEAM, secret: str = SECRET) -> Path:
    (folder / "secret.txt").write_text(secret + "\n", encoding="utf-8")
    (folder / "team.toml").write_text(text, encoding="utf-8")
    return folder / "team.toml"


def said(user: str = "ann", groups: str = "staff", secret: str = SECRET) -> dict[str, str]:
    return {"x-didymium-proxy": secret, "x-auth-request-user": user, "x-auth-request-groups": groups}


def judged(team: Any, headers: list[tuple[str, str]], address: str = "192.0.2.7") -> Person:
    return person(team, address, [(k.encode(), v.encode("latin-1")) for k, v in headers])


def test_the_highest_role_counts(tmp_path: Path) -> None:
    team = read_team(made(tmp_path))
    assert judged(team, list(said().items())) == Person("ann", "view", False)
    assert judged(team, list(said(groups="staff, leads").items())) == Person("ann", "admin", False)
    assert judged(team, list(said(groups="analysts,cleared").items())) == Person("ann", "edit", True)


@pytest.mark.parametrize(
    ("changed", "address", "status"),
    [
        ({}, "192.0.2.8", 403),
        ({}, "127.0.0.1", 403),
        ({}, "", 403),
        ({"x-didymium-proxy": "guess"}, "192.0.2.7", 403),
        ({"x-didymium-proxy": ""}, "192.0.2.7", 403),
        ({"x-auth-request-user": ""}, "192.0.2.7", 401),
        ({"x-auth-request-user": "ann,bob"}, "192.0.2.7", 401),
        ({"x-auth-request-user": "ann\r\nx: y"}, "192.0.2.7", 401),
        ({"x-auth-request-groups": ""}, "192.0.2.7", 403),
        ({"x-auth-request-groups": "others"}, "192.0.2.7", 403),
        ({"X_Auth_Request_User": "root"}, "192.0.2.7", 403),
        ({"x-auth-request_groups": "leads"}, "192.0.2.7", 403),
    ],
)
def test_who_is_not_believed(tmp_path: Path, changed: dict[str, str], address: str, status: int) -> None:
    team = read_team(made(tmp_path))
    with pytest.raises(Refused) as refused:
        judged(team, list({**said(), **changed}.items()), address)
    assert refused.value.status == status


@pytest.mark.parametrize("name", ["x-auth-request-user", "x-auth-request-groups", "x-didymium-proxy"])
def test_what_is_said_twice_is_not_believed(tmp_path: Path, name: str) -> None:
    with pytest.raises(Refused):
        judged(read_team(made(tmp_path)), [*said().items(), (name, said()[name])])


@pytest.mark.parametrize(
    "text",
    [
        TEAM.replace("proxies = [", "proxies = [] #"),
        TEAM.replace("192.0.2.7", "everywhere"),
        TEAM.replace("host =", "hosts ="),
        TEAM + "owner = ['x']\n",
        f'secret = "{SECRET}"\n{TEAM}',
        "host = ",
    ],
)
def test_a_file_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadInput):
        read_team(made(tmp_path, text))


def test_a_short_secret_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="32 characters"):
        read_team(made(tmp_path, secret="short"))


def test_the_secret_is_not_shown(tmp_path: Path) -> None:
    team = read_team(made(tmp_path))
    assert SECRET not in repr(team) and SECRET not in str(team.model_dump())


def client(tmp_path: Path, address: str = "192.0.2.7", **headers: str) -> TestClient:
    app = create(didymium.data.open(), tmp_path / "store", hosts=(), team=read_team(made(tmp_path)), token="t")
    return TestClient(app, base_url="https://didymium.example", client=(address, 5), headers=headers)


def test_roles_over_http(tmp_path: Path) -> None:
    ours = {"origin": "https://didymium.example"}
    form = {"token": "t", "question": "nothing"}
    browser = client(tmp_path)
    assert browser.get("/data", headers=said()).status_code == 200
    assert "Signed in: ann (" in browser.get("/data?lang=en", headers=said()).text
    assert browser.get("/data").status_code == 403
    assert browser.get("/data", headers=said(secret="x" * 40)).status_code == 403
    assert browser.get("/data", headers={**said(), "host": "other.example"}).status_code == 403
    assert browser.post("/jobs", data=form, headers={**said(), **ours}).text == "You may look, not change.\n"
    cleared = said(groups="analysts,cleared")
    assert browser.post("/jobs", data=form, headers={**cleared, **ours}).status_code == 404
    assert browser.post("/jobs", data=form, headers={**cleared, "origin": "http://didymium.example"}).status_code == 403
    where = "/data/upload/x/use"
    assert browser.post(where, data=form, headers={**cleared, **ours}).status_code == 403
    assert browser.post(where, data=form, headers={**said(groups="leads,cleared"), **ours}).status_code == 404
    uncleared = said(groups="leads")
    token = browser.get("/data/upload", headers=uncleared).text.split('name="token" value="')[1].split('"')[0]
    assert browser.post(where, data={"token": token}, headers={**uncleared, **ours}).status_code == 403
    assert client(tmp_path, "192.0.2.9").get("/data", headers=said()).status_code == 403


def test_without_a_team_a_proxy_is_refused_and_its_headers_mean_nothing(tmp_path: Path) -> None:
    app = create(didymium.data.open(), tmp_path, hosts=("127.0.0.1:8321",))
    browser = TestClient(app, base_url="http://127.0.0.1:8321")
    got = browser.get("/data", headers={"x-forwarded-for": "192.0.2.1"})
    assert got.status_code == 403 and "--proxy" in got.text
    assert "Signed in" not in browser.get("/data?lang=en", headers=said()).text
