"""The picture of a run: what one credential costs by each way, and how the whole job grows."""

import json
import sys
from pathlib import Path
from typing import Any

ONE = "One credential"
JS = "sign, @digitalbazaar/vc (256 MB semi-space)"
BARS = {
    "sign, bare Ed25519": "bare Ed25519",
    "sign, template": "badges, template",
    "sign, any document": "badges, any document",
    JS: "@digitalbazaar/vc",
    "sign, PyLD": "PyLD",
}
INK, OURS, THEIRS = "#1f2933", "#1b6e53", "#8a94a0"


def draw(results: Path, picture: Path) -> None:
    """Draw the results of a whole run as an SVG."""
    import matplotlib as mpl  # noqa: PLC0415 - only a whole run draws

    mpl.use("svg")
    mpl.rcParams.update({"svg.hashsalt": "badges", "svg.fonttype": "none", "axes.titlesize": 11})
    from matplotlib import pyplot as plt  # noqa: PLC0415

    found = json.loads(results.read_text())
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.8), layout="constrained")
    _bars(left, found["figures"])
    _growth(right, found["figures"])
    figure.savefig(picture, metadata={"Date": None})
    plt.close(figure)


def _bars(axes: Any, figures: list[dict[str, Any]]) -> None:
    values = {one["name"]: one for one in figures if one["section"] == ONE}
    names = [name for name in BARS if name in values]
    costs = [1e6 / values[name]["value"] if name == JS else values[name]["value"] for name in names]
    colours = [OURS if "badges" in BARS[name] else THEIRS for name in names]
    bars = axes.barh([BARS[name] for name in names], costs, color=colours)
    axes.bar_label(bars, labels=[f" {cost:,.0f} µs" for cost in costs], color=INK)
    axes.set_xscale("log")
    axes.set_xlim(right=max(costs) * 5)
    axes.invert_yaxis()
    axes.set_title("Sign one credential, to its bytes", color=INK)
    axes.set_xlabel("microseconds, logarithmic")
    axes.spines[["top", "right"]].set_visible(False)


def _growth(axes: Any, figures: list[dict[str, Any]]) -> None:
    lines: dict[tuple[str, str], list[tuple[int, float]]] = {}
    for one in figures:
        if one["section"] == "Growth":
            kind, claims, workers = one["name"].split(", ")
            size = int(claims.removesuffix(" claims").replace(",", ""))
            lines.setdefault((kind, workers), []).append((size, one["value"]))
    for (kind, workers), points in lines.items():
        if len(points) > 1:
            style = "-" if kind == "SQLite" else "--"
            axes.plot(*zip(*sorted(points), strict=True), style, marker="o", label=f"{kind}, {workers}")
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.yaxis.set_major_formatter("{x:g}")
    axes.set_title("Issue claims, through the whole service", color=INK)
    axes.set_xlabel("claims")
    axes.set_ylabel("seconds")
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)


if __name__ == "__main__":
    draw(Path(sys.argv[1]), Path(sys.argv[2]))
