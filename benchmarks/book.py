"""The book of one run: figures, ratios with their limits, and proofs that each measured the right thing."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

HUNDRED = 100


class WrongResult(Exception):
    """What was measured did not give the right result: the run is worth nothing."""


@dataclass(frozen=True)
class Limit:
    """What a ratio must reach: at most or at least `bound`; `stretch` is what we would like."""

    bound: float
    at_most: bool
    what: str
    stretch: float | None = None

    def holds(self, value: float) -> bool:
        """Tell whether `value` is within the limit."""
        return value <= self.bound if self.at_most else value >= self.bound

    @property
    def sign(self) -> str:
        """How the limit reads."""
        return "<=" if self.at_most else ">="


def at_most(bound: float, what: str, *, stretch: float | None = None) -> Limit:
    """Return the limit of a cost: `what` is how it reads in the table."""
    return Limit(bound, at_most=True, what=what, stretch=stretch)


def at_least(bound: float, what: str, *, stretch: float | None = None) -> Limit:
    """Return the limit of a gain."""
    return Limit(bound, at_most=False, what=what, stretch=stretch)


LIMITS = {
    "sign_template_vs_raw": at_most(4, "sign from a template, in raw Ed25519 signatures"),
    "sign_template_vs_pyld": at_least(100, "sign from a template, times faster than PyLD"),
    "sign_template_vs_js": at_least(75, "sign from a template, times faster than @digitalbazaar/vc"),
    "sign_untemplated_vs_pyld": at_least(25, "sign any document, times faster than PyLD"),
    "sign_untemplated_vs_js": at_least(20, "sign any document, times faster than @digitalbazaar/vc"),
    "verify_vs_pyld": at_least(22, "verify, times faster than PyLD"),
    "verify_vs_js": at_least(15, "verify, times faster than @digitalbazaar/vc"),
    "verify_vs_raw": at_most(7, "verify, in raw Ed25519 verifications"),
    "issue_10k_vs_floor": at_most(4, "10,000 claims issued, in floors", stretch=2.5),
    "issue_10k_vs_js_signing": at_least(20, "10,000 issued, times faster than JS only signs", stretch=30),
    "issue_10k_vs_naive": at_least(80, "10,000 issued, times faster than naive Python", stretch=120),
    "bake_png_vs_pillow": at_least(2_000, "bake a PNG, times faster than Pillow writes it anew"),
}
"""The ratios of the run, each between two figures of the same run on the same machine."""


@dataclass
class Book:
    """What one run found."""

    figures: list[dict[str, Any]] = field(default_factory=list)
    ratios: dict[str, float] = field(default_factory=dict)
    proofs: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)

    def figure(self, section: str, name: str, value: float, unit: str, note: str = "") -> None:
        """Write down one figure."""
        self.figures.append({"section": section, "name": name, "value": value, "unit": unit, "note": note})

    def ratio(self, name: str, value: float) -> None:
        """Write down one ratio that has a limit."""
        if name not in LIMITS:
            raise KeyError(name)
        self.ratios[name] = value

    def prove(self, what: str, *, holds: bool) -> None:
        """Write down that a figure measured the right thing, or stop the run."""
        if not holds:
            raise WrongResult(what)
        self.proofs.append(what)

    def skip(self, what: str) -> None:
        """Write down, and say aloud, what could not be measured here."""
        click.echo(f"\n!!! NOT MEASURED: {what}\n")
        self.skipped.append(what)

    def value(self, section: str, name: str) -> float:
        """Return a figure written down before."""
        return next(one["value"] for one in self.figures if (one["section"], one["name"]) == (section, name))

    def misses(self) -> list[str]:
        """Return the ratios beyond their limit, and those that were not measured."""
        return [
            name for name, limit in LIMITS.items()
            if name not in self.ratios or not limit.holds(self.ratios[name])
        ]  # fmt: skip

    def table(self) -> str:
        """Return the whole book for people."""
        lines = []
        for section in dict.fromkeys(one["section"] for one in self.figures):
            lines += ["", section, "-" * len(section)]
            for one in self.figures:
                if one["section"] == section:
                    note = f"  ({one['note']})" if one["note"] else ""
                    lines.append(f"  {one['name']:<58} {_shown(one['value']):>12} {one['unit']}{note}")
        lines += ["", "Ratios", "------"]
        for name, limit in LIMITS.items():
            lines.append(self._ratio_line(name, limit))
        lines += ["", f"{len(self.proofs)} results checked:"]
        lines += [f"  {proof}" for proof in self.proofs]
        lines += [f"  NOT MEASURED: {what}" for what in self.skipped]
        return "\n".join(lines)

    def write(self, path: Path, **about: Any) -> None:
        """Write the whole book for programs."""
        limits = {
            name: {
                "limit": limit.bound,
                "at_most": limit.at_most,
                "stretch": limit.stretch,
                "what": limit.what,
            }
            for name, limit in LIMITS.items()
        }  # fmt: skip
        whole = {
            **about, "ratios": self.ratios, "limits": limits, "misses": self.misses(),
            "figures": self.figures, "checked": self.proofs, "skipped": self.skipped,
        }  # fmt: skip
        path.write_text(json.dumps(whole, indent=2, ensure_ascii=False) + "\n")

    def _ratio_line(self, name: str, limit: Limit) -> str:
        measured = name in self.ratios
        value = _shown(self.ratios[name]) if measured else "-"
        verdict = "not measured" if not measured else "ok" if limit.holds(self.ratios[name]) else "MISSED"
        stretch = f", stretch {limit.stretch:g}" if limit.stretch else ""
        return f"  {name:<26} {value:>10}  {limit.sign} {limit.bound:<6g} {verdict:<12} {limit.what}{stretch}"


def _shown(value: float) -> str:
    """Three digits, and no exponent."""
    return f"{value:,.0f}" if value >= HUNDRED else f"{value:.3g}"
