"""Finds the data folders (drawings, schemas) both in a checkout and in an installed wheel."""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def data_dir(name: str) -> Path:
    """Return the folder of data called `name`, e.g. "badge_designs".

    A wheel carries it inside the package (`badges/_data/<name>`); a checkout has it at its root.
    Raises FileNotFoundError when neither is there: the installation is broken.
    """
    for candidate in (PACKAGE / "_data" / name, PACKAGE.parent / name):
        if candidate.is_dir():
            return candidate
    raise FileNotFoundError(name)
