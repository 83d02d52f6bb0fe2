"""How PyLD is run: offline, with our contexts, by one thread at a time."""

from copy import deepcopy
from threading import RLock
from typing import Any, Final

from pyld.context_resolver import ContextResolver

from badges.openbadges.contexts import Extra, held_context
from badges.openbadges.terms import RELATIVE

# PyLD silently completes a relative IRI with some base; ours is one that no document can use.
BASE: Final = f"{RELATIVE}//relative/"

# PyLD's context caches are not safe for threads. Ours only ever holds the pinned contexts.
PYLD_LOCK: Final = RLock()
_CACHE: Final[dict[str, Any]] = {}


def pyld_options(extra: Extra) -> dict[str, Any]:
    """Return the options of every PyLD call: the pinned contexts and `extra`, never a fetch."""

    def load(url: str, _options: object) -> dict[str, object]:
        return {
            "contentType": "application/ld+json",
            "contextUrl": None,
            "documentUrl": url,
            "document": deepcopy(held_context(url, extra)),
        }

    cache: dict[str, Any] = {} if extra else _CACHE
    resolver = ContextResolver(cache, load)
    return {
        "base": BASE,
        "documentLoader": load,
        "contextResolver": resolver,
        "processingMode": "json-ld-1.1",
    }
