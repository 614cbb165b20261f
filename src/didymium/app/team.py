"""A team behind a reverse proxy: who a request is from, what they may do, and whether they see confidential layers.

The proxy has people sign in (OIDC) and passes who they are in headers. A header proves nothing by itself, so a request
counts only if it comes from the proxy's address and carries the secret that only the proxy knows. Off unless asked for.
"""

from __future__ import annotations

import hmac
import ipaddress
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field, IPvAnyAddress, ValidationError

from didymium.errors import BadInput

if TYPE_CHECKING:
    from starlette.requests import Request

ROLES = ("view", "edit", "admin")
"""Each may do what those before it may: look; start work and bring tables; decide which layers are used."""
SHORTEST_SECRET = 32
_NAME = re.compile(r"[\w.@+-]{1,128}")
_HeaderName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]


class _Groups(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    view: tuple[str, ...] = ()
    edit: tuple[str, ...] = ()
    admin: tuple[str, ...] = ()


class Team(BaseModel):
    """What the file of a team says. `host` is the name that people's browsers ask for, served by the proxy as https."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = Field(pattern=r"^[a-z0-9.-]+(:[0-9]+)?$")
    proxies: tuple[IPvAnyAddress, ...] = Field(min_length=1)
    secret_file: Path
    listen: IPvAnyAddress = ipaddress.ip_address("127.0.0.1")
    secret_header: _HeaderName = "x-didymium-proxy"
    user_header: _HeaderName = "x-auth-request-user"
    groups_header: _HeaderName = "x-auth-request-groups"
    roles: _Groups
    confidential: tuple[str, ...] = ()
    secret: str = Field(default="", repr=False, exclude=True)


@dataclass(frozen=True, slots=True)
class Person:
    """Who asks: name, the highest of their roles, and whether confidential layers are shown to them."""

    name: str
    role: str
    sees_confidential: bool


class Refused(Exception):
    """Nobody who may ask: `status` and one line."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


def read_team(path: Path) -> Team:
    """The team of a file. Raises BadInput."""
    try:
        said = tomllib.loads(path.read_text("utf-8"))
        team = Team.model_validate(said)
        secret = (path.parent / team.secret_file).read_text("utf-8").strip()
    except ValidationError as wrong:
        first = wrong.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise BadInput(f"{place}: {first['msg']}.", where=path.name, cure="See docs/app.md, A team.") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as wrong:
        raise BadInput(f"cannot be read ({wrong}).", where=path.name, cure="See docs/app.md, A team.") from None
    if "secret" in said or len(secret) < SHORTEST_SECRET:
        raise BadInput(
            "the secret stands in a file of its own and has 32 characters or more.",
            where=str(team.secret_file),
            cure="Make one: openssl rand -hex 32.",
        )
    return team.model_copy(update={"secret": secret})


def person(team: Team, address: str, headers: Iterable[tuple[bytes, bytes]]) -> Person:
    """Who a request is from; `address` is that of the machine which sent it. Raises Refused."""
    said: dict[str, list[str]] = {}
    for raw, value in headers:
        name = raw.decode("latin-1").lower()
        # some proxies take x_user for x-user: one that lets a user's own through is not to be believed
        said.setdefault(name.replace("_", "-"), []).append("" if "_" in name else value.decode("latin-1"))
    try:
        is_proxy = ipaddress.ip_address(address) in {ipaddress.ip_address(str(one)) for one in team.proxies}
    except ValueError:
        is_proxy = False
    secret = said.get(team.secret_header, [])
    is_known = len(secret) == 1 and hmac.compare_digest(secret[0].encode(), team.secret.encode())
    if not (is_proxy and is_known):
        raise Refused(403, "Only the proxy may ask here.")
    names, groups = said.get(team.user_header, []), said.get(team.groups_header, [])
    if len(names) > 1 or len(groups) > 1:
        raise Refused(403, "The proxy says twice who asks.")
    if not names or not _NAME.fullmatch(names[0]):
        raise Refused(401, "Nobody is signed in.")
    member = {part.strip() for part in (groups[0] if groups else "").split(",") if part.strip()}
    roles = [role for role in ROLES if member & set(getattr(team.roles, role))]
    if not roles:
        raise Refused(403, "None of your groups may look here.")
    return Person(names[0], roles[-1], bool(member & set(team.confidential)))


def may(request: Request, role: str) -> bool:
    """Whether who asks has a role. Without a team, whoever uses this machine may do everything."""
    who: Person | None = request.scope.get("person")
    return who is None or ROLES.index(who.role) >= ROLES.index(role)
