"""How large a document may be before canonicalising it would cost too much."""

from typing import Final

MAX_OBJECTS: Final = 1_000
MAX_VALUES_OF_ONE_MEMBER: Final = 1_000
MAX_CONTEXTS: Final = 8
"""In one list. Real badges have two or three; each one named, even twice, costs milliseconds."""
