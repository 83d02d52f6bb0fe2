"""Named places where a test may kill the process, to prove that what follows can be resumed."""

import os


def crash_point(name: str) -> None:
    """End the process at once, like a power cut, when BADGES_CRASH_AT is `name`; else do nothing."""
    if os.environ.get("BADGES_CRASH_AT") == name:
        os._exit(137)
