"""Issuing many badges as one: reserved together, signed outside any lock, sealed together."""

import uuid
from collections.abc import Sequence

from badges.issuer import service
from badges.issuer.service_signing import Issuing


def issue_many(issuing: Issuing, claim_ids: Sequence[uuid.UUID]) -> tuple[uuid.UUID, ...]:
    """Turn approved claims into exactly one signed credential each and return their ids."""
    return tuple(service.issue(issuing, claim_id) for claim_id in claim_ids)
