"""The bench is not run here; that it measures every ratio the house promises is."""

import re
from pathlib import Path

import pytest

from benchmarks.book import LIMITS, Book, WrongResult

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
PROMISED = {
    "sign_template_vs_raw": 4, "sign_template_vs_pyld": 100, "sign_template_vs_js": 75,
    "sign_untemplated_vs_pyld": 25, "sign_untemplated_vs_js": 20, "verify_vs_pyld": 22, "verify_vs_js": 15,
    "verify_vs_raw": 7, "issue_10k_vs_floor": 4, "issue_10k_vs_js_signing": 20, "issue_10k_vs_naive": 80,
    "bake_png_vs_pillow": 2_000,
}  # fmt: skip


def test_every_promised_ratio_has_its_limit_and_is_measured_in_one_place() -> None:
    assert {name: limit.bound for name, limit in LIMITS.items()} == PROMISED
    sources = "".join(path.read_text("utf-8") for path in sorted(BENCHMARKS.glob("*.py")))
    assert sorted(re.findall(r'book\.ratio\(\s*"(\w+)"', sources)) == sorted(PROMISED)


def test_a_ratio_that_misses_its_limit_or_is_not_measured_fails_the_run() -> None:
    book = Book()
    for name, limit in LIMITS.items():
        book.ratio(name, limit.bound)
    assert book.misses() == []
    book.ratio("verify_vs_raw", 7.01)
    book.ratio("verify_vs_js", 14.9)
    del book.ratios["bake_png_vs_pillow"]
    assert book.misses() == ["verify_vs_js", "verify_vs_raw", "bake_png_vs_pillow"]
    assert "MISSED" in book.table()
    with pytest.raises(KeyError):
        book.ratio("another", 1)


def test_a_wrong_result_stops_the_run() -> None:
    book = Book()
    book.prove("right", holds=True)
    with pytest.raises(WrongResult, match="wrong"):
        book.prove("wrong", holds=False)
    assert book.proofs == ["right"]
