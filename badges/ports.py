"""Everything the domain borrows from the outside world, chosen once in `app.py` and handed around."""

from dataclasses import dataclass

from sqlalchemy.orm import Session, sessionmaker

from badges.clock import Clock
from badges.evidence.storage import MediaStorage
from badges.issuer.artwork import Artwork
from badges.issuer.service_signing import Issuing
from badges.issuer.signer import Signer
from badges.issuer.vault import KeyVault
from badges.issuer.witness import Witness
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
    witness: Witness | None = None

    @property
    def issuing(self) -> Issuing:
        """What issuing borrows of all this."""
        return Issuing(
            sessions=self.sessions,
            clock=self.clock,
            vault=self.vault,
            signer=self.signer,
            artwork=self.artwork,
            base_url=self.settings.base_url,
            witness=self.witness,
        )
