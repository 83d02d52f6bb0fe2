"""One https download that cannot reach a private address, grow without end, or last."""

import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooSlow
from contextlib import suppress
from typing import Any, Final

import requests
from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter
from requests_hardened import ip_filter
from requests_hardened.ip_filter_adapter import IPFilterAdapter
from urllib3 import PoolManager
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPSConnectionPool
from urllib3.exceptions import HTTPError

from badges.errors import AddressRefused, DocumentTooLarge, Unresolvable
from badges.sharing.rules_addresses import is_public_ip

AGENT: Final = "badges-verifier/1 (+Open Badges 3.0)"
CHUNK: Final = 16 * 1024
AT_ONCE: Final = 8

# The system resolves names and cannot be interrupted: a thread is left waiting, never a caller.
_workers = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="fetch")


def download(
    url: str, *, accept: str, limit: int, seconds: float, adapter: "Adapter | None" = None
) -> tuple[str, bytes]:
    """Return the media type and body of `url`: at most `limit` decoded bytes, within `seconds` in all.

    `adapter` connects: by default `PublicOnly`, which resolves once, checks and pins the address, so that a
    name cannot change between check and use.
    Raises `AddressRefused`, `DocumentTooLarge`, or `Unresolvable` for anything but a plain 200.
    """
    leash = Leash(seconds)
    try:
        return _workers.submit(_download, url, accept, limit, leash, adapter or PublicOnly).result(
            timeout=seconds
        )
    except ip_filter.InvalidIPAddress:
        raise AddressRefused from None
    except (TooSlow, requests.RequestException, HTTPError, OSError):
        raise Unresolvable(url=url) from None
    finally:
        leash.cut()


def _download(url: str, accept: str, limit: int, leash: "Leash", adapter: "Adapter") -> tuple[str, bytes]:
    with requests.Session() as session:
        session.trust_env = False
        session.mount("https://", adapter(leash))
        headers = {"Accept": accept, "Accept-Encoding": "gzip, identity", "User-Agent": AGENT}
        timeout = leash.left()
        with session.get(
            url, headers=headers, stream=True, allow_redirects=False, timeout=timeout
        ) as response:
            if response.status_code != requests.codes.ok:
                raise Unresolvable(url=url)
            kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
            return kind, read_bounded(response, limit)


def read_bounded(response: Response, limit: int) -> bytes:
    """Return the decoded body of a streamed response; `DocumentTooLarge` above `limit` bytes."""
    body = bytearray()
    for chunk in response.raw.stream(CHUNK, decode_content=True):
        body += chunk
        if len(body) > limit:
            raise DocumentTooLarge(limit=limit)
    return bytes(body)


class Leash:
    """Cuts the connections it holds when time is over, even in the middle of a handshake or a header."""

    def __init__(self, seconds: float) -> None:
        self._ends = time.monotonic() + seconds
        self._held: list[socket.socket] = []
        self._over = False
        self._lock = threading.Lock()

    def left(self) -> float:
        """Return the seconds that remain, never quite zero."""
        return max(self._ends - time.monotonic(), 0.001)

    def hold(self, connection: socket.socket) -> None:
        """Remember a connection by its own handle, so that wrapping it in TLS changes nothing."""
        with self._lock:
            if self._over:
                raise TimeoutError
            self._held.append(connection.dup())

    def cut(self) -> None:
        """End every connection held; none can be held afterwards."""
        with self._lock:
            self._over = True
            for connection in self._held:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
                connection.close()
            self._held.clear()


Adapter = Callable[[Leash], BaseAdapter]


class PublicOnly(IPFilterAdapter):  # type: ignore[misc]
    """The library's filter, which resolves and pins, and our own narrower rule on what it pinned."""

    def __init__(self, leash: Leash) -> None:
        self._leash = leash
        super().__init__(is_https_proto=True)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Give connections to the leash as soon as they are open."""
        super().init_poolmanager(*args, **options)
        manager: PoolManager = self.poolmanager
        manager.pool_classes_by_scheme = {"https": leashed_pool(self._leash)}

    def build_connection_pool_key_attributes(
        self, request: PreparedRequest, verify: Any, cert: Any = None
    ) -> tuple[Any, Any]:
        """Refuse, on top of the library, whatever is not global unicast. Raises `AddressRefused`."""
        host, pool = super().build_connection_pool_key_attributes(request, verify, cert)
        if not is_public_ip(host["host"]):
            raise AddressRefused
        return host, pool


def leashed_pool(leash: Leash) -> type[HTTPSConnectionPool]:
    """Return a pool whose connections are held by `leash`."""

    class Connection(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            connection = super()._new_conn()
            leash.hold(connection)
            return connection

    class Pool(HTTPSConnectionPool):
        ConnectionCls = Connection

    return Pool
