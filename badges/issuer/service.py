"""Verbs of the issuer, in one place: from an approved claim to a signed badge, and what follows."""

import uuid

from badges.issuer.service_bulk import issue_approved, issue_many
from badges.issuer.service_keys import Compromise, mark_key_compromised, reseal_all, rotate_key
from badges.issuer.service_profile import create_profile, open_profile
from badges.issuer.service_renew import mend, rename_recipient
from badges.issuer.service_seal import complete, complete_many
from badges.issuer.service_signing import Issuing
from badges.issuer.service_status import publish_status_list, revoke
from badges.issuer.service_suspend import list_as_withdrawn, reinstate, suspend
from badges.issuer.service_validity import renew, set_validity

__all__ = [
    "Compromise",
    "Issuing",
    "complete",
    "complete_many",
    "create_profile",
    "issue",
    "issue_approved",
    "issue_many",
    "list_as_withdrawn",
    "mark_key_compromised",
    "mend",
    "open_profile",
    "publish_status_list",
    "reinstate",
    "rename_recipient",
    "renew",
    "reseal_all",
    "revoke",
    "rotate_key",
    "set_validity",
    "suspend",
]


def issue(issuing: Issuing, claim_id: uuid.UUID) -> uuid.UUID:
    """Turn one approved claim into exactly one signed credential and return its id, as `issue_many` does."""
    (credential_id,) = issue_many(issuing, [claim_id])
    return credential_id
