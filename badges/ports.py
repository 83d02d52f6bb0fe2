"""Everything the domain borrows from the outside world, chosen once in `app.py` and handed around."""

from dataclasses import dataclass

from sqlalchemy.orm import Session, sessionmaker

from badges.clock import Clock
from badges.evidence.storage import MediaStorage
from badges.issuer.artwork import Artwork
from badges.issuer.vault import KeyVault
from badges.people.mailer import Mailer
from badges.settings import Settings
from badges.sharing.fetcher import Fetcher


@dataclass(frozen=True)
class Ports:
    """The adapters in use. Web pages, jobs and commands all receive the same object."""

    settings: Settings
    clock: Clock
    sessions: sessionmaker[Session]
    storage: MediaStorage
    mailer: Mailer
    vault: KeyVault
    artwork: Artwork
    fetcher: Fetcher
