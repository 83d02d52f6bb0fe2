"""What Alembic runs: our tables, on the connection that `upgrade` hands over."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

import badges.audit
import badges.evidence.models
import badges.frameworks.models
import badges.issuer.models
import badges.outbox
import badges.people.models
import badges.recognition.models
import badges.sharing.models  # noqa: F401 - all of them fill Base.metadata
from badges.db import Base, EnumText, UtcDateTime

_LOCK_TIMEOUTS = ("SET lock_timeout = '4s'", "SET statement_timeout = '60s'")


def render_item(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """Write our column types as the plain SQL types they are, so that old migrations stand alone."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, EnumText):
        return "sa.String(40)"
    return False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_item=render_item,
    render_as_batch=True,
    compare_type=True,
    transaction_per_migration=True,
)
if connection.dialect.name == "postgresql":
    for statement in _LOCK_TIMEOUTS:
        connection.exec_driver_sql(statement)
    connection.commit()
with context.begin_transaction():
    context.run_migrations()
