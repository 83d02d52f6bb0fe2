"""Status lists: rebuilt and signed, of 131,072 and of 1,048,576 entries, one in a hundred on."""

import hashlib
import random

from badges.openbadges import proof
from badges.openbadges.loads import dump_json
from badges.openbadges.status import bitstring, decode, is_set, status_list_credential
from benchmarks import credential, peers
from benchmarks.book import Book
from benchmarks.measure import each, medians
from benchmarks.signing import bare_sign

SECTION = "Status lists"
SIZES = (131_072, 1_048_576)
URL = f"{credential.BASE}/status/{credential.STATUS_LIST}"


def run(book: Book, *, quick: bool) -> None:
    """Measure, and have the JavaScript library read the same entries from our lists."""
    lists = []
    for size in SIZES:
        on = sorted(random.Random(size).sample(range(size), size // 100))  # noqa: S311 - any entries
        bits = bitstring(on, length=size)
        unsigned = status_list_credential(URL, credential.DID, bits, valid_from=credential.CREATED)
        encoded = unsigned["credentialSubject"]["encodedList"]

        def rebuild(on: list[int] = on, size: int = size) -> bytes:
            document = status_list_credential(
                URL, credential.DID, bitstring(on, length=size), valid_from=credential.CREATED
            )
            return dump_json(proof.signed(document, credential.PROOF, bare_sign))

        times = medians(
            {
                f"rebuild and sign {size:,} entries": (rebuild, 1),
                f"check one entry of {size:,}, bits held": each(is_set, [bits] * len(on), on),
            },
            rounds=5 if quick else 31,
        )
        for name, cost in times.items():
            book.figure(SECTION, name, cost.processor * 1e6, "µs")
        book.prove(f"{size:,} entries read back as written", holds=decode(encoded) == bits)
        lists.append((size, on, encoded))
    if peers.javascript_absent():
        return
    read = peers.javascript([], [], rounds=0, lists=[encoded for _, _, encoded in lists]).lists
    book.prove(
        "@digitalbazaar/vc-bitstring-status-list reads the same entries",
        holds=read == [{"length": size, "on": _digest(on)} for size, on, _ in lists],
    )


def _digest(on: list[int]) -> str:
    return hashlib.sha256(",".join(map(str, on)).encode()).hexdigest()
