"""Imported only by the server that children are forked from: it issues one badge, so that they begin warm."""

import tempfile
from pathlib import Path

from badges import migrations
from badges.issuer import service
from tests.conftest import StillClock
from tests.crash.children import MIDNIGHT
from tests.crash.stores import approve, make_crowd, open_store, settings_for

with tempfile.TemporaryDirectory() as folder:
    settings = settings_for(f"sqlite:///{folder}/warm.sqlite", Path(folder) / "store")
    with open_store(settings, StillClock(MIDNIGHT)) as ports:
        migrations.upgrade(ports.sessions.kw["bind"])
        with ports.sessions() as session:
            (claim,) = approve(session, ports.clock, make_crowd(session, ports.clock), 1)
        service.issue(ports.issuing, claim)
