"""Which addresses a server may follow when a stranger gives them: public sites over https, nothing else."""

import re
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final
from urllib.parse import urlsplit

from badges.errors import AddressRefused

LONGEST: Final = 2_000
# A name with a dot and a last label of letters: never an IP address in any of its spellings.
PUBLIC_NAME: Final = re.compile(
    r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])"
)
MISLEADING: Final = re.compile(r"[\x00-\x20\x7f\\]")
GLOBAL_UNICAST: Final = IPv6Network("2000::/3")
# Reserved, but taken for public by the ipaddress module of older Pythons.
RESERVED: Final = (IPv4Network("192.0.0.0/24"), IPv6Network("3fff::/20"))


def public_address(url: str) -> str:
    """Return `url` in a plain form that may be fetched; raise `AddressRefused` otherwise.

    https on port 443 of a named host; no user, no control character, space or backslash, no IP address.
    Where the name leads is checked again at the moment of connecting (`is_public_ip`).
    """
    text = url.strip()
    if len(text) > LONGEST or MISLEADING.search(text):
        raise AddressRefused
    try:
        parts = urlsplit(text)
        host = (parts.hostname or "").encode("idna").decode().rstrip(".")
        port = parts.port
    except (ValueError, UnicodeError):
        raise AddressRefused from None
    if (
        parts.scheme != "https"
        or "@" in parts.netloc
        or port not in {None, 443}
        or not PUBLIC_NAME.fullmatch(host)
    ):
        raise AddressRefused
    return parts._replace(netloc=host, fragment="").geturl()


def is_public_ip(text: str) -> bool:
    """Tell whether an IP address is one that the whole Internet can reach, and no tunnel to another one."""
    address = ip_address(text.strip("[]"))
    if any(address in network for network in RESERVED):
        return False
    if isinstance(address, IPv6Address):
        wrapped = address.ipv4_mapped or address.sixtofour or address.teredo
        return not wrapped and address in GLOBAL_UNICAST and address.is_global
    return address.is_global and not address.is_multicast
