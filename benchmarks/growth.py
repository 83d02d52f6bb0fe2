"""How the cost grows: with the number of claims, with the number of worker processes, on each database."""

from benchmarks import wave
from benchmarks.book import Book
from benchmarks.job import KINDS, check_store
from benchmarks.world import Databases

SECTION = "Growth"
SIZES, QUICK_SIZES = (1_000, 10_000, 100_000), (200, 500)
WORKERS = (1, 2)
MORE_WORKERS = {10_000: (1, 2, 4), 500: (1, 2, 4)}


def run(book: Book, databases: Databases, kinds: list[str], *, quick: bool) -> None:
    """Measure `badges worker` with several processes; each store is verified whole afterwards."""
    for kind in kinds:
        for size in QUICK_SIZES if quick else SIZES:
            for workers in MORE_WORKERS.get(size, WORKERS):
                _measure(book, databases, kind, size, workers)


def _measure(book: Book, databases: Databases, kind: str, size: int, workers: int) -> None:
    with databases.copy(kind, size) as url:
        found = wave.measured(url, databases.folder, workers)
        what = f"{KINDS[kind]}, {size:,} claims, {workers} worker{'s'[: workers > 1]}"
        check_store(book, databases, url, size, what)
    per_second = size / found["seconds"]
    each = found["seconds"] / size * 1e6
    book.figure(SECTION, what, found["seconds"], "s", f"{per_second:,.0f}/s, {each:.0f} µs each")
