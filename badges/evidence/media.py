"""Where photos come in: any file from outside becomes pixels only, or is refused by name."""

import json
import os
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from badges.errors import BadgesError, PhotoDamaged, PhotoTooLarge, PhotoUnreadable

MAX_BYTES = 12 * 1024 * 1024
MEDIA_TYPE = "image/jpeg"
_AT_ONCE = 2
_TIMEOUT_SECONDS = 20
_WORKER = Path(__file__).with_name("media_worker.py")
_ERRORS: dict[str, type[BadgesError]] = {"unreadable": PhotoUnreadable, "too-large": PhotoTooLarge}


@dataclass(frozen=True)
class CleanPhoto:
    """A JPEG of at most 1280 px a side, upright, in sRGB, that holds nothing but pixels."""

    content: bytes
    width: int
    height: int


class PhotoCleaner(Protocol):
    """Turns what somebody sent into a clean photo."""

    def clean(self, content: bytes) -> CleanPhoto:
        """Decode, turn upright, drop all metadata, shrink, encode again: same bytes in, same photo out.

        Raises `PhotoUnreadable` (not a JPEG, PNG, WEBP or HEIC), `PhotoTooLarge` or `PhotoDamaged`.
        """


@dataclass(frozen=True)
class WorkerProcess:
    """Decodes in a process of its own, with little time and memory and no way to write or to speak.

    A decoder that crashes or never ends on a hostile file takes nothing else with it.
    """

    slots: threading.BoundedSemaphore

    def clean(self, content: bytes) -> CleanPhoto:
        """Run the worker on `content`."""
        if len(content) > MAX_BYTES:
            raise PhotoTooLarge
        with self.slots:
            header, jpeg = _answer(content)
        if "error" in header:
            raise _ERRORS.get(str(header["error"]), PhotoDamaged)
        return CleanPhoto(jpeg, int(header["width"]), int(header["height"]))


def _answer(content: bytes) -> tuple[dict[str, str | int], bytes]:
    try:
        done = subprocess.run(  # noqa: S603 - our own worker, fixed arguments
            [sys.executable, "-I", "-B", str(_WORKER)],
            input=content,
            capture_output=True,
            timeout=_TIMEOUT_SECONDS,
            check=False,
            env={"MALLOC_ARENA_MAX": "1", "PATH": os.defpath},
        )
    except subprocess.TimeoutExpired:
        return {"error": "damaged"}, b""
    if done.returncode != 0:
        return {"error": "damaged"}, b""
    header, _, jpeg = done.stdout.partition(b"\n")
    return json.loads(header), jpeg


CLEANER = WorkerProcess(threading.BoundedSemaphore(_AT_ONCE))
