"""Files that survive a power cut: whole under their name, or not there at all."""

import os
import tempfile
from pathlib import Path


def write_durably(target: Path, content: bytes) -> None:
    """Have `content` stand at `target`, in a folder that exists; readable by nobody but us.

    Written beside, brought to the disk, renamed, and the name brought to the disk too. Raises `OSError`, and
    then nothing is left behind.
    """
    handle, beside = tempfile.mkstemp(dir=target.parent, prefix=".writing-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(beside).replace(target)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise
    bring_to_disk(target.parent)


def bring_to_disk(path: Path) -> None:
    """Wait until a file, or the names in a folder, have reached the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
