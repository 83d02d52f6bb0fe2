"""The files of a badge to take away; the token is signed when it is asked for."""

from sqlalchemy.orm import Session

from badges.issuer import service_jwt
from badges.issuer.models import Credential
from badges.issuer.service import Issuing
from badges.sharing import queries_files
from badges.sharing.queries_files import BadgeFile


def badge_file(issuing: Issuing, session: Session, credential: Credential, kind: str) -> BadgeFile:
    """Return a badge as `kind`: "json", "png", "svg", or "jwt", its VC-JWT (OB 3.0, 5.3 and 8.2).

    Raises `StillPreparing`; for a token also `NotExportable` (withdrawn or paused) and `KeyUnreadable`.
    """
    if kind == "jwt":
        return queries_files.token_file(session, credential, service_jwt.export(issuing, credential.id))
    return queries_files.badge_file(session, credential, kind)
