"""The demo on a newcomer's machine: settings that need no thought, and one sign-in link for each role."""

import base64
import json
import os
import secrets
import socket
import sys
import uuid
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from badges.demo.cast import GARDENS
from badges.demo.world import World
from badges.errors import Misconfigured, NotFound
from badges.people.models import Membership, Person, Structure
from badges.permissions import Role
from badges.ports import Ports
from badges.settings import Settings
from badges.sharing.models import Holding
from badges.web.account.demo import demo_token

FOLDER = Path("instance")
PORT = "5000"
GUNICORN = str(Path(sys.executable).parent / "gunicorn")
ROLES = (
    (Role.SUPERVISOR, "marc", "notes what was seen"),
    (Role.WORKER, "amina", "answers, keeps and shows"),
    (Role.REVIEWER, "nadia", "decides"),
    (Role.COACH, "lea", "talks things over"),
    (Role.TUTOR, "sophie", "checks on the spot"),
    (Role.ADMIN, "claire", "people, import, issuer, revoke"),
    (Role.OPERATOR, "", "runs the platform, sees no personal data"),
)


def environment() -> dict[str, str]:
    """Return the variables of the demo; its secrets are made once and kept in `instance/`."""
    FOLDER.mkdir(mode=0o700, exist_ok=True)
    kept = FOLDER / "demo-secrets.json"
    if not kept.exists():
        kept.touch(mode=0o600)
        kept.write_text(json.dumps({"secret": secrets.token_urlsafe(48), "kek": _new_kek()}))
    made = json.loads(kept.read_text())
    return {
        "BADGES_MODE": "demo",
        "BADGES_BASE_URL": f"http://127.0.0.1:{os.environ.get('PORT', PORT)}",
        "BADGES_DATABASE_URL": f"sqlite:///{(FOLDER / 'badges.sqlite').absolute()}",
        "BADGES_SECRET_KEY": made["secret"],
        "BADGES_KEY_ENCRYPTION_KEYS": made["kek"],
        "BADGES_MEDIA_DIR": str((FOLDER / "media").absolute()),
    }


@dataclass(frozen=True)
class DemoLink:
    """One click to be somebody."""

    role: str
    who: str
    url: str


def links(ports: Ports) -> list[DemoLink]:
    """Return a sign-in link for each role of the demo structure, in the order of the journey."""
    with ports.sessions() as session:
        return [_link(ports, session, role, key, what) for role, key, what in ROLES]


def welcome(ports: Ports, made: World | None) -> list[str]:
    """Return what is printed when the demo starts; `made` is what was just told, on the first start."""
    base_url = ports.settings.base_url
    lines = ["", f"  Vu au travail: {base_url}", "", "  Sign in with one click as:"]
    lines += [f"    {link.role:<11} {link.who:<44} {link.url}" for link in links(ports)]
    lines += ["", "  Without signing in:"]
    lines += [
        f"    {'recruiter':<11} {'reads the badge that Amina shows':<44} {url}" for url in open_pages(ports)
    ]
    if made:
        invited = f"{base_url}/invited/{made.invitation}"
        lines.append(f"    {'outside':<11} {'Hélène: decides for a one-person structure':<44} {invited}")
    return [*lines, "", "  Nothing leaves this machine. Stop with Ctrl-C; `make clean` forgets the demo.", ""]


def open_pages(ports: Ports) -> list[str]:
    """Return the addresses of the badge pages that are open now."""
    with ports.sessions() as session:
        tokens = session.scalars(select(Holding.token).where(Holding.shown_at.is_not(None)))
        return [f"{ports.settings.base_url}/b/{token}" for token in tokens]


def headless_settings(folder: Path) -> Settings:
    """Return the settings of a journey that nobody visits: its address only names the issuer."""
    return Settings(
        mode="demo",
        base_url="https://badges.example",
        database_url=f"sqlite:///{folder / 'demo.sqlite'}",
        secret_key=secrets.token_urlsafe(48),
        key_encryption_keys={"demo": secrets.token_bytes(32)},
        media_dir=folder / "media",
        relay="off",
    )


def check_port() -> None:
    """Raise `Misconfigured` with what to do when another program already listens on the demo's port."""
    port = os.environ.get("PORT", PORT)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(port)))
        except OSError as error:
            raise Misconfigured(reason=f"port {port} is taken; choose another: PORT=5001 make run") from error


def gunicorn_arguments() -> list[str]:
    """Return the command line of the demo's web server: one process, eight threads."""
    port = os.environ.get("PORT", PORT)
    return [
        GUNICORN,
        "--bind",
        f"127.0.0.1:{port}",
        "--threads",
        "8",
        "--log-level",
        "warning",
        "badges.app:create_app()",
    ]


def _link(ports: Ports, session: Session, role: Role, key: str, what: str) -> DemoLink:
    person_id, structure_id, name = _somebody(session, role, key)
    token = demo_token(ports.settings.secret_key, person_id, structure_id)
    return DemoLink(role.value, f"{name}: {what}", f"{ports.settings.base_url}/demo/{token}")


def _somebody(session: Session, role: Role, key: str) -> tuple[uuid.UUID, uuid.UUID | None, str]:
    if role is Role.OPERATOR:
        operator = session.scalars(select(Person).where(Person.is_operator)).first()
        if operator is None:
            raise NotFound
        return operator.id, None, operator.given_name
    part = next(part for part in GARDENS.parts if part.key == key)
    person, structure_id = session.execute(
        select(Person, Membership.structure_id)
        .join(Membership, Membership.person_id == Person.id)
        .join(Structure, Structure.id == Membership.structure_id)
        .where(Structure.public_name == GARDENS.public_name, Membership.role == role)
        .where(Person.given_name == part.given_name, Person.family_name == part.family_name)
    ).one()
    return person.id, structure_id, person.given_name


def _new_kek() -> str:
    return "demo:" + base64.b64encode(secrets.token_bytes(32)).decode()
