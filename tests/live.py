"""The whole application served for real on a free local port, relay thread included."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from flask import Flask
from werkzeug.serving import make_server

from badges.app import create_app
from badges.settings import Settings


def settings_for(database_url: str, media: Path, *, base_url: str = "http://127.0.0.1:5000") -> Settings:
    """Settings of a test application: everything real, the relay stopped unless asked for."""
    return Settings(
        mode="test",
        base_url=base_url,
        database_url=database_url,
        secret_key="test-" + "s" * 40,
        key_encryption_keys={"test": b"k" * 32},
        media_dir=media,
        relay="off",
    )


@contextmanager
def serve(settings: Settings) -> Iterator[tuple[str, Flask]]:
    """Serve the application with its relay; give its address and itself."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    app = create_app(replace(settings, base_url=address, relay="thread"))
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield address, app
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=10)
        app.extensions["badges.relay"].stop()
        app.extensions["badges"].sessions.kw["bind"].dispose()
