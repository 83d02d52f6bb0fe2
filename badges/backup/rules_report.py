"""What a look through the whole store found, for people and for machines."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Final

SHOWN: Final = 20


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it should be, or one that somebody should know of."""

    subject: str
    reason: str


@dataclass(frozen=True)
class Checked:
    """One promise, on how many things it was tried, what breaks it, and what is merely worth knowing."""

    promise: str
    looked_at: int
    faults: tuple[Finding, ...] = ()
    notes: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class StoreReport:
    """Every promise that was tried, and the head of the journal."""

    journal_head: str
    checks: tuple[Checked, ...]
    seconds: float

    @property
    def sound(self) -> bool:
        """True when no promise is broken."""
        return not any(check.faults for check in self.checks)

    def to_json(self) -> str:
        """Return it as JSON."""
        return json.dumps({"sound": self.sound} | asdict(self), indent=1)

    def lines(self) -> Iterator[str]:
        """Yield what a person reads; of many findings of one kind the first twenty."""
        for check in self.checks:
            yield f"{'NOT ok' if check.faults else 'ok':<7}{check.looked_at:>8}  {check.promise}"
            for word, found in (("fault", check.faults), ("note", check.notes)):
                for one in found[:SHOWN]:
                    yield f"          {word}: {one.subject}: {one.reason}"
                if len(found) > SHOWN:
                    yield f"          and {len(found) - SHOWN} more"
        verdict = "The store is sound" if self.sound else "The store is NOT sound"
        yield f"{verdict} ({self.seconds:.1f} s). Head of the journal: {self.journal_head}"
