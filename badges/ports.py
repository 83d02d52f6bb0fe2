"""Everything the domain borrows from the outside world, chosen once in `app.py` and handed around."""

from dataclasses import dataclass

from sqlalchemy.orm import Session, sessionmaker

from badges.clock import Clock
from badges.evidence.storage import MediaStorage
from badges.issuer.artwork import Artwork
from badges.issuer.service_signing import Issuing
from badges.issuer.signer import Signer
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
    signer: Signer
    artwork: Artwork
    fetcher: Fetcher

    @property
    def issuing(self) -> Issuing:
        """What issuing borrows of all this."""
        return Issuing(
            self.sessions, self.clock, self.vault, self.signer, self.artwork, self.settings.base_url
        )
