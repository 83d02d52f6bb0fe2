"""A badge inside an SVG: one element right after the opening tag (OB 3.0, 5.3.2)."""

import re
from typing import Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from badges.errors import NoCredential, NotBakeable, SeveralCredentials, Unreadable

NAMESPACE: Final = "https://purl.imsglobal.org/ob/v3p0"
ELEMENT: Final = f"{{{NAMESPACE}}}credential"
SVG_ROOT: Final = "{http://www.w3.org/2000/svg}svg"
# What may stand before the root element, then its opening tag with quoted attribute values.
OPENING: Final = re.compile(
    rb"(?P<before>\s*(?:<\?.*?\?>\s*|<!--.*?-->\s*|<!DOCTYPE[^>\[]*>\s*)*<svg)"
    rb"(?P<attributes>(?:\s+[\w:.-]+\s*=\s*(?:\"[^\"]*\"|'[^']*'))*)\s*>",
    re.DOTALL,
)


def bake_svg(image: bytes, credential: bytes) -> bytes:
    """Return `image` carrying the JSON or compact JWS `credential`; the drawing byte for byte.

    Raises `NotBakeable` when `image` is not a plain UTF-8 SVG, or already carries a badge.
    """
    try:
        root = _parsed(image)
    except Unreadable:
        raise NotBakeable(reason="not an SVG file") from None
    opening = OPENING.match(image.removeprefix(b"\xef\xbb\xbf"))
    if root.tag != SVG_ROOT or opening is None or b"xmlns:openbadges" in opening["attributes"]:
        raise NotBakeable(reason="not a plain SVG file, or one that already holds a badge")
    rest = image.removeprefix(b"\xef\xbb\xbf")[opening.end() :]
    namespace = f' xmlns:openbadges="{NAMESPACE}">'.encode()
    return opening["before"] + opening["attributes"] + namespace + _element(credential) + rest


def unbake_svg(image: bytes) -> bytes:
    """Return the text of the one badge in `image`, JSON or compact JWS.

    Raises `NoCredential`, `SeveralCredentials`, or `Unreadable` for anything but harmless XML.
    """
    found = list(_parsed(image).iter(ELEMENT))
    if not found:
        raise NoCredential
    if len(found) > 1:
        raise SeveralCredentials
    text = found[0].get("verify") or "".join(found[0].itertext())
    return text.strip().encode()


def _element(credential: bytes) -> bytes:
    if not credential.lstrip().startswith(b"{"):
        return b'<openbadges:credential verify="' + credential + b'"/>'
    # The end mark of CDATA can only stand inside a JSON text, where > may be written as an escape.
    escaped = credential.replace(b"]]>", b"]]\\u003e")
    return b"<openbadges:credential><![CDATA[" + escaped + b"]]></openbadges:credential>"


def _parsed(image: bytes) -> Element:
    try:
        root: Element = ElementTree.fromstring(image)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        raise Unreadable from None
    return root
