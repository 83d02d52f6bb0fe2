"""Verbs of the issuer, in one place: from an approved claim to a signed badge, and what follows."""

import uuid

from badges.issuer.service_keys import Compromise, mark_key_compromised, reseal_all, rotate_key
from badges.issuer.service_profile import create_profile, open_profile
from badges.issuer.service_renew import mend, rename_recipient
from badges.issuer.service_reserve import reserve
from badges.issuer.service_seal import complete
from badges.issuer.service_signing import Issuing
from badges.issuer.service_status import publish_status_list, revoke
from badges.recognition import queries as recognition

__all__ = [
    "Compromise",
    "Issuing",
    "complete",
    "create_profile",
    "issue",
    "mark_key_compromised",
    "mend",
    "open_profile",
    "publish_status_list",
    "rename_recipient",
    "reseal_all",
    "reserve",
    "revoke",
    "rotate_key",
]


def issue(issuing: Issuing, claim_id: uuid.UUID) -> uuid.UUID:
    """Turn an approved claim into exactly one signed credential and return its id.

    Reserve, lint, sign, seal, each resumable: called again after any crash, or twice at once, it ends with
    the same one credential and the same bytes. The structure becomes an issuer with its first badge.
    Raises `NotFound` when the claim is not approved; see `reserve` and `complete` for the rest.
    """
    with issuing.sessions() as session:
        structure_id = recognition.approved(session, claim_id).structure_id
    create_profile(issuing, structure_id)
    credential_id = reserve(issuing, claim_id)
    complete(issuing, credential_id)
    return credential_id
