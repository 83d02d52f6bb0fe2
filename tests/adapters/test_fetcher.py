"""Strangers' links: nothing private is reached, nothing grows without end, nothing lasts."""

import gzip
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from badges.errors import AddressRefused, DocumentTooLarge, Unresolvable
from badges.sharing import fetcher_http
from badges.sharing.fetcher import GuardedFetcher
from badges.sharing.fetcher_http import Leash, PublicOnly, read_bounded
from badges.sharing.rules_addresses import is_public_ip, public_address

PRIVATE_IPS = [
    "127.0.0.1", "127.9.9.9", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254",
    "100.64.0.1", "192.0.0.8", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "fd00::1", "fc00::1", "fe80::1",
    "ff02::1", "64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::1", "2002:7f00:1::", "2001:0:808:808::1",
    "2001:db8::1", "5f00::1", "3fff::1", "100::1",
]  # fmt: skip


@pytest.mark.parametrize("ip", PRIVATE_IPS)
def test_an_address_that_is_not_of_the_public_internet_is_refused(ip: str) -> None:
    assert not is_public_ip(ip)


@pytest.mark.parametrize("ip", ["93.184.216.34", "8.8.8.8", "2606:2800:220:1:248:1893:25c8:1946"])
def test_a_public_address_is_accepted(ip: str) -> None:
    assert is_public_ip(ip)


@pytest.mark.parametrize(
    "url",
    [
        "", "http://example.org/", "file:///etc/passwd", "ftp://example.org/", "gopher://example.org/",
        "javascript:alert(1)", "data:application/json,{}", "//example.org/", "example.org",
        "https://", "https:///etc/passwd", "https://localhost/", "https://127.0.0.1/", "https://2130706433/",
        "https://0x7f000001/", "https://0177.0.0.1/", "https://0x7f.1/", "https://127.1/", "https://[::1]/",
        "https://[::ffff:127.0.0.1]/", "https://１２７.０.０.１/", "https://example.org:22/", "https://example.org:8443/",
        "https://user@example.org/", "https://user:pass@example.org/", "https://example.org@127.0.0.1/",
        "https://example.org\\@127.0.0.1/", "https://example.org/\r\nHost: evil.example", "https://exa\tmple.org/",
        "https://example.org/a b", "https://example.org:99999/", "https://-bad.example/", "https://a..b.org/",
        "https://example.org/" + "a" * 2_000, "https://example.org\x00.evil.example/",
    ],
)  # fmt: skip
def test_a_link_that_is_not_plain_https_to_a_named_site_is_refused(url: str) -> None:
    with pytest.raises(AddressRefused):
        public_address(url)


@pytest.mark.parametrize(
    ("url", "plain"),
    [
        ("https://example.org/b/1?x=2#top", "https://example.org/b/1?x=2"),
        ("  https://EXAMPLE.org:443/  ", "https://example.org/"),
        ("https://exämple.org/b", "https://xn--exmple-cua.org/b"),
        ("https://example.org./b", "https://example.org/b"),
    ],
)
def test_a_good_link_is_written_in_one_plain_way(url: str, plain: str) -> None:
    assert public_address(url) == plain


DAY = timedelta(days=1)


def resolving(*answers: str) -> Callable[..., list[Any]]:
    """A resolver that gives the next of `answers` each time it is asked, then the last one."""
    left = list(answers)

    def getaddrinfo(_host: str, port: int, **_options: Any) -> list[Any]:
        ip = left.pop(0) if len(left) > 1 else left[0]
        family = socket.AF_INET6 if ":" in ip else socket.AF_INET
        return [(family, socket.SOCK_STREAM, 6, "", (ip, port))]

    return getaddrinfo


@pytest.mark.parametrize("ip", [ip for ip in PRIVATE_IPS if ip != "::ffff:8.8.8.8"])
def test_a_name_that_leads_to_a_private_address_is_refused(ip: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", resolving(ip))
    with pytest.raises(AddressRefused):
        GuardedFetcher(seconds=2).fetch("https://harmless.example.org/badge.json")


def test_a_name_that_changes_its_address_is_connected_to_where_it_was_checked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", resolving("93.184.216.34", "127.0.0.1"))
    request = requests.Request("GET", "https://rebind.example.org/").prepare()
    host, pool = PublicOnly(Leash(1)).build_connection_pool_key_attributes(request, verify=True)
    assert host["host"] == "93.184.216.34"
    assert pool["server_hostname"] == pool["assert_hostname"] == "rebind.example.org"


def test_a_name_that_does_not_resolve_is_told_as_out_of_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_arguments: Any, **_options: Any) -> list[Any]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(Unresolvable) as fault:
        GuardedFetcher(seconds=2).fetch("https://nowhere.example.org/")
    assert not isinstance(fault.value, AddressRefused)


def test_a_name_long_to_resolve_does_not_hold_the_caller(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    released = threading.Event()

    def slow(*_arguments: Any, **_options: Any) -> list[Any]:
        released.wait(5)
        raise socket.gaierror(socket.EAI_AGAIN, "later")

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    begun = time.monotonic()
    with pytest.raises(Unresolvable):
        GuardedFetcher(seconds=0.3).fetch("https://slow.example.org/")
    assert time.monotonic() - begun < 2
    released.set()


def test_proxies_and_netrc_of_the_machine_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setattr(socket, "getaddrinfo", resolving("127.0.0.1"))
    with pytest.raises(AddressRefused):
        GuardedFetcher(seconds=2).fetch("https://harmless.example.org/")


@contextmanager
def answering(serve: Callable[[socket.socket], None], *, read_first: bool = True) -> Iterator[int]:
    """A local server that treats each connection with `serve`; gives its port."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:

        def accept() -> None:
            connection, _ = server.accept()
            with closing(connection):
                try:
                    if read_first:
                        connection.recv(65536)
                    serve(connection)
                except OSError:
                    return

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        thread.join(timeout=5)


def local(port: int, limit: int) -> bytes:
    """Read a local answer with the same bounded reader as the fetcher."""
    with requests.get(f"http://127.0.0.1:{port}/", stream=True, timeout=5) as response:
        return read_bounded(response, limit)


def test_a_body_above_the_limit_is_cut_while_it_streams() -> None:
    def endless(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
        while True:
            connection.sendall(b"x" * 65536)

    with answering(endless) as port, pytest.raises(DocumentTooLarge):
        local(port, 100_000)


def test_a_compressed_bomb_is_cut_by_its_unpacked_size() -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)

    def compressed(connection: socket.socket) -> None:
        head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(bomb)}\r\n\r\n"
        connection.sendall(head.encode() + bomb)

    with answering(compressed) as port, pytest.raises(DocumentTooLarge):
        local(port, 1 << 20)


def test_a_body_within_the_limit_is_read_whole() -> None:
    def plain(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    with answering(plain) as port:
        assert local(port, 2) == b"{}"


class Local(PublicOnly):
    """Connects to a local server that bears a certificate of our own, whatever the name asked for."""

    port, certificate = 0, ""

    def build_connection_pool_key_attributes(self, request: Any, verify: Any, cert: Any = None) -> Any:
        name = {"server_hostname": "local.example.org", "assert_hostname": "local.example.org"}
        return {"scheme": "https", "host": "127.0.0.1", "port": self.port}, name

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        super().cert_verify(conn, url, self.certificate or verify, cert)


def from_local(port: int, certificate: str = "", **limits: Any) -> tuple[str, bytes]:
    """Run the whole download against a local server: only the rule about addresses is set aside."""
    adapter = type("Here", (Local,), {"port": port, "certificate": certificate})
    options: dict[str, Any] = {"accept": "*/*", "limit": 1000, "seconds": 2.0, "adapter": adapter}
    return fetcher_http.download("https://local.example.org/", **(options | limits))


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate and its key for local.example.org, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "local.example.org")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now - DAY, now + DAY)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("local.example.org")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "local.pem"
    no_password = serialization.NoEncryption()
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    path.write_bytes(made.public_bytes(pem) + key.private_bytes(pem, pkcs8, no_password))
    return path


@contextmanager
def answering_tls(certificate: Path, serve: Callable[[ssl.SSLSocket], None]) -> Iterator[int]:
    """Like `answering`, over TLS."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)

    def wrapped(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secured:
            secured.recv(65536)
            serve(secured)

    with answering(wrapped, read_first=False) as port:
        yield port


def test_a_good_answer_comes_back_with_its_kind(certificate: Path) -> None:
    def good(connection: ssl.SSLSocket) -> None:
        connection.sendall(
            b"HTTP/1.1 200 OK\r\nContent-Type: Application/JSON; charset=utf-8\r\nContent-Length: 2\r\n\r\n{}"
        )

    with answering_tls(certificate, good) as port:
        assert from_local(port, str(certificate)) == ("application/json", b"{}")


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Again", "404 Absent", "500 Oh", "204 No"])
def test_anything_but_a_plain_answer_is_out_of_reach_and_no_redirect_is_followed(
    certificate: Path, status: str
) -> None:
    def elsewhere(connection: ssl.SSLSocket) -> None:
        head = f"HTTP/1.1 {status}\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
        connection.sendall(head.encode())

    with answering_tls(certificate, elsewhere) as port, pytest.raises(Unresolvable):
        from_local(port, str(certificate))


def test_a_server_that_drips_its_headers_is_left_in_time(certificate: Path) -> None:
    ended = threading.Event()

    def drip(connection: ssl.SSLSocket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        while not ended.wait(0.05):
            connection.sendall(b"X-Slow: 1\r\n")

    begun = time.monotonic()
    with answering_tls(certificate, drip) as port:
        with pytest.raises(Unresolvable):
            from_local(port, str(certificate), seconds=0.5)
        assert time.monotonic() - begun < 3
        ended.set()


def test_a_site_without_a_good_certificate_is_out_of_reach(certificate: Path) -> None:
    with answering_tls(certificate, lambda _connection: None) as port, pytest.raises(Unresolvable):
        from_local(port)


def test_a_server_that_drips_its_handshake_is_left_in_time() -> None:
    ended = threading.Event()

    def drip(connection: socket.socket) -> None:
        connection.sendall(b"\x16\x03\x03\x40\x00")
        while not ended.wait(0.05):
            connection.sendall(b"\x02")

    begun = time.monotonic()
    with answering(drip) as port:
        with pytest.raises(Unresolvable):
            from_local(port, seconds=0.5)
        assert time.monotonic() - begun < 3
        ended.set()


def test_a_leash_holds_nothing_once_it_is_cut() -> None:
    ours, theirs = socket.socketpair()
    leash = Leash(1)
    with closing(ours), closing(theirs):
        leash.hold(ours)
        leash.cut()
        assert ours.recv(1) == b""
        with pytest.raises(TimeoutError):
            leash.hold(theirs)
