"""What an issuer publishes: its page and identity, its keys, what it recognises, and its status lists."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from flask import Response, make_response, render_template
from flask.typing import ResponseReturnValue

from badges.issuer import queries, queries_public
from badges.issuer.rules import STATUS_TTL, Addresses
from badges.web import machine
from badges.web.access import ports
from badges.web.database import db
from badges.web.i18n import language
from badges.web.public.blueprint import bp

KEYS_LIVE: Final = timedelta(minutes=5)
PAGES_LIVE: Final = timedelta(minutes=5)
PICTURE_POLICY: Final = "default-src 'none'; sandbox"


@bp.get("/issuers/<slug>")
def issuer(slug: str) -> ResponseReturnValue:
    """Show an issuer; as a Profile to whoever asks for JSON."""
    if machine.prefers_json(unless_said=False):
        return issuer_profile(slug)
    page = queries_public.issuer_page(db.session(), slug, language())
    return _page(render_template("public/issuer.html", issuer=page))


@bp.get("/issuers/<slug>/profile.json")
def issuer_profile(slug: str) -> ResponseReturnValue:
    """Send the Profile of an issuer (OB 3.0, B.1.16)."""
    found = queries_public.issuer_document(db.session(), slug, _addresses().issuer(slug))
    return _varied(machine.document(found, "application/ld+json", lives=PAGES_LIVE))


@bp.get("/issuers/<slug>/did.json")
def did(slug: str) -> ResponseReturnValue:
    """Send the DID document of an issuer (did:web)."""
    found = queries.did_document(db.session(), slug)
    return machine.document(found, "application/did+json", lives=KEYS_LIVE)


@bp.get("/issuers/<slug>/jwks.json")
def jwks(slug: str) -> ResponseReturnValue:
    """Send the keys of an issuer as a JSON Web Key Set (RFC 7517)."""
    found = queries.key_set(db.session(), slug, ports().settings.base_url)
    return machine.document(found, "application/jwk-set+json", lives=KEYS_LIVE)


@bp.get("/issuers/<slug>/keys/<name>")
def key(slug: str, name: str) -> ResponseReturnValue:
    """Send one key as a bare JWK: what the `kid` of a JWT leads to."""
    found = queries.one_key(db.session(), slug, name, ports().settings.base_url)
    return machine.document(found, "application/jwk+json", lives=KEYS_LIVE)


@bp.get("/achievements/<uuid:achievement_id>")
def achievement(achievement_id: UUID) -> ResponseReturnValue:
    """Send an achievement as JSON-LD; as a page to whoever asks for one."""
    if machine.prefers_json(unless_said=True):
        found = queries.achievement(db.session(), achievement_id)
        return _varied(machine.document(found.document, "application/ld+json", lives=timedelta(days=1)))
    page = queries_public.achievement_page(db.session(), achievement_id, language())
    address = _addresses().achievement(achievement_id)
    return _page(render_template("public/achievement.html", achievement=page, address=address))


@bp.get("/achievements/<uuid:achievement_id>/image.<any(svg, png):kind>")
def achievement_image(achievement_id: UUID, kind: str) -> ResponseReturnValue:
    """Send the badge image, the same for every holder and for ever."""
    found = queries.achievement(db.session(), achievement_id)
    if kind == "png":
        return machine.document(found.image_png, "image/png", lives=machine.FOR_EVER)
    response = machine.document(found.image_svg, "image/svg+xml", lives=machine.FOR_EVER)
    response.headers["Content-Security-Policy"] = PICTURE_POLICY
    return response


@bp.get("/status/<uuid:status_list_id>")
def status_list(status_list_id: UUID) -> ResponseReturnValue:
    """Send a signed status list (Bitstring Status List 1.0), to be asked for again after its TTL."""
    found = queries.status_list(db.session(), status_list_id)
    response = machine.document(found.signed, "application/vc+ld+json", lives=STATUS_TTL)
    response.last_modified = found.signed_at
    return response


def _addresses() -> Addresses:
    return Addresses(ports().settings.base_url)


def _page(body: str) -> Response:
    response = make_response(body)
    response.headers["Cache-Control"] = "no-cache"
    return _varied(response)


def _varied(response: Response) -> Response:
    response.headers["Vary"] = "Accept, Accept-Language"
    return response
