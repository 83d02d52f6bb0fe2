"""Baking a badge into its picture: the chunk spliced in, against decoding and encoding with Pillow."""

import io
import json

from PIL import Image

from badges.openbadges.bake import bake, unbake
from benchmarks import credential
from benchmarks.book import Book
from benchmarks.job import picture, pillow_bake
from benchmarks.measure import each, medians
from benchmarks.signing import bare_sign
from benchmarks.world import Databases

SECTION = "Pictures"


def run(book: Book, databases: Databases, *, quick: bool) -> None:
    """Measure both ways on the same picture and the same credential."""
    image = picture(databases)
    values = credential.samples(1).values[0]
    signed = credential.template().sign(values, credential.PROOF, bare_sign)
    text = signed.decode()
    times = medians(
        {
            "bake, splice": each(bake, [image] * 500, [signed] * 500),
            "bake, Pillow": each(pillow_bake, [image] * 3, [text] * 3),
            "unbake": each(unbake, [bake(image, signed)] * 500),
        },
        rounds=5 if quick else 21,
    )
    baked = bake(image, signed)
    with Image.open(io.BytesIO(baked)) as ours, Image.open(io.BytesIO(image)) as before:
        same_pixels = ours.tobytes() == before.tobytes() and ours.mode == before.mode
        read = ours.text["openbadgecredential"]  # type: ignore[attr-defined]
    book.prove(
        "Pillow reads the same badge and the same pixels from our picture; we read theirs",
        holds=same_pixels
        and read == text
        and json.loads(unbake(pillow_bake(image, text))) == json.loads(text),
    )
    for name, cost in times.items():
        book.figure(SECTION, name, cost.processor * 1e6, "µs", f"{len(image) / 1024:.0f} kB picture")
    book.ratio("bake_png_vs_pillow", times["bake, Pillow"].processor / times["bake, splice"].processor)
