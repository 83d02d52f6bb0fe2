"""The database: one Base for every table, safe SQLite settings, and what a transaction means here."""

import enum
import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import (
    DateTime,
    Dialect,
    Engine,
    FromClause,
    MetaData,
    String,
    Text,
    TypeDecorator,
    create_engine,
    event,
    exc,
)
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.types import TypeEngine

from badges.errors import Unavailable

SQLITE_BUSY_SECONDS = 30
_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA recursive_triggers=ON",
    "PRAGMA trusted_schema=OFF",
    f"PRAGMA busy_timeout={SQLITE_BUSY_SECONDS * 1000}",
)
Member = TypeVar("Member", bound=enum.StrEnum)


class Base(DeclarativeBase):
    """The one declarative base; its naming convention lets migrations drop any constraint by name."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant in UTC on every database; naive values are refused, not guessed."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store in UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            msg = "naive datetime"
            raise ValueError(msg)
        in_utc = value.astimezone(UTC)
        return in_utc.replace(tzinfo=None) if dialect.name == "sqlite" else in_utc

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """Give back an aware instant."""
        return value if value is None or value.tzinfo else value.replace(tzinfo=UTC)


class EnumText(TypeDecorator[Member], Generic[Member]):
    """A StrEnum stored by its value: readable in the database, and a new member needs no migration."""

    impl = String(40)
    cache_ok = True

    def __init__(self, kind: type[Member]) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: Member | None, _dialect: Dialect) -> str | None:
        """Store the value."""
        return None if value is None else self.kind(value).value

    def process_result_value(self, value: str | None, _dialect: Dialect) -> Member | None:
        """Give back the member."""
        return None if value is None else self.kind(value)


def build_engine(url: str) -> Engine:
    """Make an engine for `url` with our SQLite settings or PostgreSQL timeouts."""
    engine = create_engine(url, **engine_options(url))
    configure_engine(engine)
    return engine


def engine_options(url: str) -> dict[str, Any]:
    """Return the `create_engine` options that `url` needs."""
    if make_url(url).get_backend_name() == "sqlite":
        return {"connect_args": {"check_same_thread": False, "timeout": SQLITE_BUSY_SECONDS}}
    return {
        "pool_pre_ping": True,
        "connect_args": {"options": "-c lock_timeout=10000 -c statement_timeout=30000 -c timezone=UTC"},
    }


def configure_engine(engine: Engine) -> None:
    """Attach the SQLite events: pragmas on connect, and BEGIN IMMEDIATE for write transactions.

    A deferred BEGIN that upgrades to a write lock fails at once with "database is locked" whatever the
    busy timeout says, so a transaction that means to write says so when it begins.
    """
    if engine.dialect.name != "sqlite":
        return
    event.listen(engine, "connect", _on_sqlite_connect)
    event.listen(engine, "begin", _on_sqlite_begin)


def _on_sqlite_connect(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None
    for pragma in _PRAGMAS:
        connection.execute(pragma)


def _on_sqlite_begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("badges_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN DEFERRED")


def session_factory(engine: Engine) -> sessionmaker[Session]:
    """Return the factory of sessions on `engine`; attributes stay readable after commit."""
    return sessionmaker(engine, expire_on_commit=False)


@contextmanager
def transaction(session: Session) -> Iterator[Session]:
    """Run one service verb as one write transaction: all of it is kept, or none.

    A read transaction that the session already holds is ended first, and what it loaded is forgotten, so
    that the verb decides on fresh rows. Raises `Unavailable` when the database stays locked, full or away.
    """
    session.rollback()
    session.expunge_all()
    try:
        session.connection(execution_options={"badges_writes": True})
        yield session
        session.commit()
    except exc.OperationalError as error:
        session.rollback()
        raise Unavailable from error
    except BaseException:
        session.rollback()
        raise


def insert_many(
    session: Session, table: FromClause, rows: Sequence[Mapping[str, Any]], *, json: Collection[str] = ()
) -> None:
    """Insert `rows` in one statement of the driver; all name the same columns, and all that have no default.

    The same as `session.connection().execute(insert(table), rows)` at a third of the cost: what a row has in
    common with the one before it is converted once. Columns named in `json` are given as JSON text.
    """
    if rows:
        names = list(rows[0])
        into, places = ", ".join(map(_quoted, names)), ", ".join(["{0}"] * len(names))
        statement = f"INSERT INTO {{1}} ({into}) VALUES ({places})"  # noqa: S608 - names of our own columns
        _run_many(session, statement, table, names, rows, json)


def update_many(session: Session, table: FromClause, key: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Change, for each of `rows`, the other columns that it names where the column `key` has its value."""
    if rows:
        names = [name for name in rows[0] if name != key]
        changes = ", ".join(f"{_quoted(name)} = {{0}}" for name in names)
        statement = f"UPDATE {{1}} SET {changes} WHERE {_quoted(key)} = {{0}}"  # noqa: S608 - names of our own columns
        _run_many(session, statement, table, [*names, key], rows)


def _quoted(name: str) -> str:
    return f'"{name}"'


def _run_many(
    session: Session,
    statement: str,
    table: FromClause,
    names: Sequence[str],
    rows: Sequence[Mapping[str, Any]],
    written: Collection[str] = (),
) -> None:
    connection = session.connection()
    dialect = connection.dialect
    mark = "?" if dialect.paramstyle == "qmark" else "%s"
    columns = [
        _converted(Text() if name in written else table.c[name].type, dialect, [row[name] for row in rows])
        for name in names
    ]
    ready = statement.format(mark, _quoted(str(table)))
    connection.exec_driver_sql(ready, list(zip(*columns, strict=True)))


def _converted(kind: TypeEngine[Any], dialect: Dialect, values: list[Any]) -> list[Any]:
    """Return `values` as the driver takes them."""
    convert = kind.dialect_impl(dialect).bind_processor(dialect)
    if convert is None:
        return values
    converted, last, known = [], None, convert(None)
    for value in values:
        if value is not last:
            last, known = value, convert(value)
        converted.append(known)
    return converted


def is_sqlite(session: Session) -> bool:
    """Tell whether `session` talks to SQLite, where one writer at a time needs no row locks."""
    return session.get_bind().dialect.name == "sqlite"
