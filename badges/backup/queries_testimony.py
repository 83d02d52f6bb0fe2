"""What a witness tells, believed only where it can be checked before anything is put back."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from badges.errors import BadgesError, WitnessDoubtful
from badges.issuer.rules_witness import HeadSeen, ListSeen, SealedIssuer
from badges.issuer.service_signing import Issuing
from badges.issuer.service_witness import check_seal, testimony
from badges.issuer.witness import Witness
from badges.openbadges import keys, proof
from badges.openbadges.loads import load_json
from badges.openbadges.status import decode


@dataclass(frozen=True)
class CheckedList:
    """A list whose signature is ours, and the places that are on in it."""

    seen: ListSeen
    on: frozenset[int]


@dataclass(frozen=True)
class Testimony:
    """All that a witness tells, checked."""

    head: HeadSeen
    issuers: Mapping[UUID, SealedIssuer]
    lists: tuple[CheckedList, ...]


def checked(issuing: Issuing, witness: Witness) -> Testimony:
    """Return what `witness` tells, every file of it checked.

    Issuers were sealed by our own vault; lists are signed, by a key that a sealed issuer held for issuing
    or has disowned since, and stand at our own address. Raises `WitnessDoubtful` for the first that fails.
    """
    told = testimony(witness)
    for one in told.issuers:
        check_seal(issuing.vault, one)
    issuers = {one.id: one for one in told.issuers}
    return Testimony(told.head, issuers, tuple(_checked(issuing, one, issuers) for one in told.lists))


def _checked(issuing: Issuing, seen: ListSeen, issuers: Mapping[UUID, SealedIssuer]) -> CheckedList:
    issuer = issuers.get(seen.profile_id)
    if issuer is None:
        raise WitnessDoubtful(name=seen.name, reason="it is of an issuer that the witness does not keep")
    try:
        on = _on(issuing, seen, issuer)
    except WitnessDoubtful:
        raise
    except (BadgesError, KeyError, IndexError, TypeError) as fault:
        raise WitnessDoubtful(name=seen.name, reason=f"it is not a list that we signed ({fault})") from fault
    return CheckedList(seen, on)


def _on(issuing: Issuing, seen: ListSeen, issuer: SealedIssuer) -> frozenset[int]:
    document = load_json(seen.signed)
    subject, (given,) = document["credentialSubject"], document["proof"]
    did, _, public = given["verificationMethod"].partition("#")
    expected = (issuing.addresses.status_list(seen.id), issuer.body["profile"]["did"], seen.purpose)
    if (document["id"], document["issuer"], subject["statusPurpose"]) != expected or did != expected[1]:
        raise WitnessDoubtful(name=seen.name, reason="it is about something else")
    if public not in {key["public_multibase"] for key in issuer.body["keys"]}:
        raise WitnessDoubtful(name=seen.name, reason="the key that signed it was never ours")
    proof.check(document, given, keys.public_from_multibase(public))
    bits = decode(subject["encodedList"])
    if len(bits) * 8 != seen.size:
        raise WitnessDoubtful(name=seen.name, reason="its size is another")
    return frozenset(
        at * 8 + bit for at, byte in enumerate(bits) if byte for bit in range(8) if byte & 0x80 >> bit
    )
