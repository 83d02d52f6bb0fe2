"""`make bench`: measure, check every result, print a table, write results.json; 1 when a limit is missed."""

import argparse
import os
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import click

from benchmarks import growth, images, job, lists, measure, pages, peers, plot, signing
from benchmarks.book import Book
from benchmarks.world import Databases

RESULTS = measure.ROOT / "benchmarks/results.json"
PICTURE = measure.ROOT / "docs/bench.svg"
SECTIONS = ("signing", "job", "images", "lists", "growth", "pages")
"""In this order: the pictures of `images` are those that `job` had drawn."""


def main() -> int:
    """Run the sections asked for, all of them unless told otherwise."""
    asked = _arguments()
    book, begun, machine = Book(), time.monotonic(), measure.machine()
    click.echo(
        f"{machine['processor']}, {machine['cores']} cores, load {machine['load']}; {machine['system']}"
    )
    kinds = ["sqlite", "postgres"] if asked.postgres else ["sqlite"]
    if not asked.postgres:
        book.skip("PostgreSQL: give --postgres or BADGES_TEST_POSTGRES, the URL of a server")
    if absent := peers.javascript_absent():
        book.skip(f"the JavaScript peers: {absent}")
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        databases = Databases(Path(folder), asked.postgres)
        try:
            for section in asked.sections:
                click.echo(f"... {section}")
                _run(section, book, databases, kinds, quick=asked.quick)
        finally:
            databases.close()
    about = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"), "quick": asked.quick, "machine": machine,
        "seconds": round(time.monotonic() - begun), "versions": measure.versions(),
    }  # fmt: skip
    click.echo(book.table())
    click.echo("\n" + ", ".join(f"{name} {version}" for name, version in about["versions"].items()))
    book.write(asked.out, **about)
    if set(asked.sections) >= {"signing", "job", "growth"} and not asked.quick:
        plot.draw(asked.out, PICTURE)
    return _judged(book, quick=asked.quick or len(asked.sections) < len(SECTIONS))


def _run(section: str, book: Book, databases: Databases, kinds: list[str], *, quick: bool) -> None:
    match section:
        case "signing":
            signing.run(book, quick=quick)
        case "job":
            job.run(book, databases, kinds, quick=quick)
        case "images":
            images.run(book, databases, quick=quick)
        case "lists":
            lists.run(book, quick=quick)
        case "growth":
            growth.run(book, databases, kinds, quick=quick)
        case "pages":
            pages.run(book, databases, quick=quick)


def _judged(book: Book, *, quick: bool) -> int:
    misses = book.misses()
    if quick:
        click.echo("\nA part or a quick run: it checks that all results are right, its ratios mean little.")
        return 0
    if misses:
        click.echo(f"\nBeyond their limit or not measured: {', '.join(misses)}")
    return 1 if misses else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small numbers: is every result right?")
    parser.add_argument(
        "--postgres", default=os.environ.get("BADGES_TEST_POSTGRES", ""), help="URL of a server"
    )
    parser.add_argument("--only", dest="sections", nargs="+", choices=SECTIONS, default=list(SECTIONS))
    parser.add_argument("--folder", type=Path, default=None, help="where the databases are made; a real disk")
    parser.add_argument("--out", type=Path, default=RESULTS, help="where the results are written")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
