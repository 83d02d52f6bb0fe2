"""The headline job, its floor and its peers: 10,000 approved claims issued through the real service."""

import hashlib
import io
import itertools
import json
import random
import sqlite3
import time
import uuid
from collections.abc import Iterator
from statistics import median

from nacl.bindings import crypto_sign
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from sqlalchemy import LargeBinary, String, Text, Uuid, select
from sqlalchemy.engine import make_url
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from badges import audit
from badges.backup.queries_store import verify_store
from badges.db import build_engine
from badges.errors import BadgesError
from badges.issuer.models import Achievement, Credential, IssuerKey, IssuerProfile
from badges.openbadges import proof
from badges.openbadges.bake import unbake
from badges.openbadges.jsonld import canonicalize
from badges.openbadges.keys import did_document, public_from_multibase
from badges.openbadges.loads import Document, load_json
from badges.ports import Ports
from benchmarks import peers, wave, world
from benchmarks.book import Book
from benchmarks.measure import seconds
from benchmarks.signing import SECRET
from benchmarks.world import Databases

SECTION = "The headline job"
KINDS = {"sqlite": "SQLite", "postgres": "PostgreSQL"}
CLAIMS, ROUNDS, NAIVE, READ_BACK = 10_000, 3, 200, 200
QUICK_CLAIMS, QUICK_NAIVE, SAMPLED = 500, 20, 2_000


def run(book: Book, databases: Databases, kinds: list[str], *, quick: bool) -> None:
    """Measure job and floor on each kind of database; the ratios are those of SQLite, the default."""
    claims, rounds = (QUICK_CLAIMS, 1) if quick else (CLAIMS, ROUNDS)
    for kind in kinds:
        job, bodies = _job(book, databases, kind, claims, rounds)
        floor = _floor(book, databases, kind, bodies, claims, rounds)
        book.figure(SECTION, f"job / floor, {KINDS[kind]}", job / floor, "x")
        if kind == "sqlite":
            book.ratio("issue_10k_vs_floor", job / floor)
            naive = _naive(book, databases, bodies[: QUICK_NAIVE if quick else NAIVE])
            book.ratio("issue_10k_vs_naive", naive * claims / job)
            _compare_with_javascript(book, bodies[:READ_BACK], claims, job, rounds=1 if quick else 5)


def _compare_with_javascript(book: Book, bodies: list[str], claims: int, job: float, *, rounds: int) -> None:
    """Only sign, in JavaScript, what the job did all the rest for too: the same credentials."""
    if peers.javascript_absent():
        return
    rate = peers.javascript([_unsigned(text) for text in bodies], [], rounds=rounds).sign_rate
    book.figure(SECTION, f"@digitalbazaar/vc only signs {claims:,}", claims / rate, "s", f"{rate:,.0f}/s")
    book.ratio("issue_10k_vs_js_signing", claims / rate / job)


def check_store(book: Book, databases: Databases, url: str, claims: int, what: str) -> None:
    """Prove that each claim has one credential, that they verify, and that the journal is whole.

    Up to 10,000 by `badges verify-store`; above, every line of the journal and 2,000 credentials at random.
    """
    ports = world.open_ports(url, databases.folder)
    if claims <= CLAIMS:
        report, tried = verify_store(ports), "all"
        faults = [str(fault) for checked in report.checks for fault in checked.faults]
    else:
        tried = f"{SAMPLED:,} at random"
        faults = list(_sampled_faults(ports))
    with ports.sessions() as session:
        claimed = session.scalars(select(Credential.claim_id).where(Credential.sealed_at.is_not(None))).all()
    ports.sessions.kw["bind"].dispose()
    book.prove(
        f"{what}: {claims:,} claims, as many credentials, {tried} verify, journal whole {faults[:3] or ''}",
        holds=len(claimed) == len(set(claimed)) == claims + 2 * world.ACHIEVEMENTS and not faults,
    )


def _sampled_faults(ports: Ports) -> Iterator[str]:
    with ports.sessions() as session:
        yield from map(str, audit.verify(session).faults)
        (key,) = session.scalars(select(IssuerKey)).all()
        public = public_from_multibase(key.public_multibase)
        ids = session.scalars(select(Credential.id)).all()
        for credential_id in random.Random(5).sample(ids, SAMPLED):  # noqa: S311 - a sample
            text = session.scalars(select(Credential.signed).where(Credential.id == credential_id)).one()
            document = load_json(text or "")
            try:
                proof.check(document, document["proof"][0], public)
            except BadgesError as fault:
                yield f"{credential_id}: {fault}"


def _job(book: Book, databases: Databases, kind: str, claims: int, rounds: int) -> tuple[float, list[str]]:
    found, bodies = [], []
    for number in range(rounds):
        with databases.copy(kind, claims) as url:
            found.append(wave.measured(url, databases.folder, 0))
            if number == rounds - 1:
                check_store(book, databases, url, claims, f"{KINDS[kind]}, one process")
                bodies = _read_back(book, databases, url, kind)
    whole = median(one["seconds"] for one in found)
    sealed = median(one["sealed_after"] for one in found)
    name = f"{claims:,} claims, {KINDS[kind]}, one process"
    book.figure(SECTION, name, whole, "s", f"{claims / whole:,.0f}/s, until nothing is owed")
    book.figure(SECTION, f"{name}, all sealed", sealed, "s", f"{claims / sealed:,.0f}/s")
    processor = median(one["processor"] for one in found)
    book.figure(SECTION, f"{name}, processor", processor, "s", f"{processor / claims * 1e6:.0f} µs each")
    peak, rest = max(one["memory"] for one in found), found[0]["rest"]
    book.figure(SECTION, f"{name}, memory", peak / 2**20, "MiB", f"{rest / 2**20:.0f} MiB before")
    return whole, bodies


def _read_back(book: Book, databases: Databases, url: str, kind: str) -> list[str]:
    """Read all credentials from the database, and have strangers verify some at random."""
    ports = world.open_ports(url, databases.folder)
    with ports.sessions() as session:
        bodies = list(session.scalars(select(Credential.signed).where(Credential.signed.is_not(None))))
        did = _did_document(session)
    ports.sessions.kw["bind"].dispose()
    some = random.Random(3).sample(bodies, min(READ_BACK, len(bodies)))  # noqa: S311 - a sample
    if not peers.javascript_absent():
        js = peers.javascript([], [json.loads(text) for text in some], rounds=0, did_document=did)
        book.prove(
            f"{KINDS[kind]}: @digitalbazaar/vc verifies {len(some)} of them, read back {js.refusals or ''}",
            holds=len(js.verdicts) == len(some) and all(js.verdicts),
        )
    return bodies


def _did_document(session: Session) -> Document:
    profile = session.scalars(select(IssuerProfile)).one()
    keys = session.scalars(select(IssuerKey).where(IssuerKey.profile_id == profile.id))
    return did_document(profile.did, [public_from_multibase(key.public_multibase) for key in keys])


def _floor(book: Book, databases: Databases, kind: str, bodies: list[str], claims: int, rounds: int) -> float:
    """Measure what no issuer can do without: a signature and a hash each, and all bodies on the disk."""
    canonical = [canonicalize(_unsigned(text)).encode() for text in bodies[:500]]
    rows = [(str(uuid.uuid4()), body) for body in itertools.islice(itertools.cycle(bodies), claims)]
    many = list(itertools.islice(itertools.cycle(canonical), claims))

    def compute() -> None:
        for text in many:
            crypto_sign(hashlib.sha256(text).digest() * 2, SECRET)

    store = _store_sqlite if kind == "sqlite" else _store_postgres
    computed = median(seconds(compute) for _ in range(rounds + 2))
    stored = median(store(databases, rows) for _ in range(rounds + 2))
    note = f"sign and hash {computed:.3f}, insert and commit {stored:.3f}"
    book.figure(SECTION, f"floor of {claims:,}, {KINDS[kind]}", computed + stored, "s", note)
    return computed + stored


def _store_sqlite(databases: Databases, rows: list[tuple[str, str]]) -> float:
    path = databases.folder / f"floor-{uuid.uuid4().hex}.sqlite"
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE floor (id TEXT PRIMARY KEY, body TEXT)")
    begun = time.perf_counter()
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany("INSERT INTO floor VALUES (?, ?)", rows)
    connection.execute("COMMIT")
    taken = time.perf_counter() - begun
    connection.close()
    path.unlink()
    return taken


def _store_postgres(databases: Databases, rows: list[tuple[str, str]]) -> float:
    import psycopg  # noqa: PLC0415 - only where there is a server

    parts = make_url(databases.postgres)
    with psycopg.connect(
        host=parts.host, port=parts.port, user=parts.username, password=parts.password, dbname=parts.database
    ) as connection:
        connection.execute("CREATE TABLE badges_bench_floor (id UUID PRIMARY KEY, body TEXT COMPRESSION lz4)")
        connection.commit()
        begun = time.perf_counter()
        with connection.cursor().copy("COPY badges_bench_floor FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        connection.commit()
        taken = time.perf_counter() - begun
        connection.execute("DROP TABLE badges_bench_floor")
    return taken


class _Naive(DeclarativeBase):
    pass


class _NaiveCredential(_Naive):
    """What a first version of such a service stores, with the baked picture."""

    __tablename__ = "naive_credentials"

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    worker: Mapped[str] = mapped_column(String(64), index=True)
    number: Mapped[str] = mapped_column(String(64), unique=True)
    body: Mapped[str] = mapped_column(Text)
    picture: Mapped[bytes] = mapped_column(LargeBinary)


def _naive(book: Book, databases: Databases, bodies: list[str]) -> float:
    """Return the seconds of one credential by PyLD, Pillow writing the picture anew, and a commit each."""
    documents, image = [_unsigned(text) for text in bodies], picture(databases)
    engine = build_engine(f"sqlite:///{databases.folder / f'naive-{uuid.uuid4().hex}.sqlite'}")
    _Naive.metadata.create_all(engine)

    def issue(document: Document) -> None:
        body = peers.pyld_sign(document).decode()
        with Session(engine) as session:
            session.connection(execution_options={"badges_writes": True})
            session.add(
                _NaiveCredential(
                    id=uuid.uuid4(), worker=document["credentialSubject"]["id"], number=document["id"],
                    body=body, picture=pillow_bake(image, body),
                )
            )  # fmt: skip
            session.commit()

    taken = seconds(lambda: [issue(document) for document in documents]) / len(documents)
    with Session(engine) as session:
        stored = session.scalars(select(_NaiveCredential.picture)).all()
    engine.dispose()
    book.prove(
        f"naive: {len(documents)} credentials stored, each inside its picture",
        holds=len({unbake(one) for one in stored}) == len(documents),
    )
    note = f"{len(documents)} measured, its cost is linear"
    book.figure(SECTION, "naive Python, one credential", taken * 1e3, "ms", note)
    return taken


def picture(databases: Databases) -> bytes:
    """Return the picture of an achievement that the service drew: a PNG of 512 pixels."""
    ports = world.open_ports(databases.filled("sqlite", QUICK_CLAIMS), databases.folder)
    with ports.sessions() as session:
        found = session.scalars(select(Achievement.image_png)).all()
    ports.sessions.kw["bind"].dispose()
    return found[0]


def pillow_bake(image: bytes, text: str) -> bytes:
    """Bake as most programs do: decode the picture, encode it again with the badge inside."""
    info, out = PngInfo(), io.BytesIO()
    info.add_itxt("openbadgecredential", text)
    with Image.open(io.BytesIO(image)) as opened:
        opened.save(out, "PNG", pnginfo=info)
    return out.getvalue()


def _unsigned(text: str) -> Document:
    document: Document = json.loads(text)
    del document["proof"]
    return document
