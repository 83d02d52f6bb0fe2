"""The whole web application with one page in front that does nothing: the most its server can do."""

from collections.abc import Callable, Iterable
from typing import Any

from badges.app import create_app
from benchmarks.pages import TRIVIAL

_badges = create_app()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer as the product does, but for the trivial page."""
    if environ["PATH_INFO"] == TRIVIAL:
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "2")])
        return [b"ok"]
    return _badges(environ, start_response)
