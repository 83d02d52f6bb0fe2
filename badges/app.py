"""The application factory: the one place where adapters are chosen and wired."""

from pathlib import Path

import structlog
from flask import Flask, Response, request
from flask_compress import Compress
from flask_wtf import CSRFProtect
from sqlalchemy.orm import Session, sessionmaker
from werkzeug.middleware.proxy_fix import ProxyFix

from badges import logs, migrations
from badges.clock import TIME_ZONE, Clock, SystemClock
from badges.db import build_engine, configure_engine, engine_options, session_factory
from badges.engine import Relay
from badges.errors import Misconfigured
from badges.evidence.storage import LocalStorage
from badges.issuer.artwork_png import DrawnArtwork
from badges.issuer.signer import LOCAL, LocalSigner, Signer, Signers
from badges.issuer.vault import KeyVault, LocalVault
from badges.issuer.witness import LocalWitness
from badges.people.mailer import ConsoleMailer
from badges.people.mailer_smtp import SmtpMailer
from badges.ports import Ports
from badges.settings import Settings, from_environ
from badges.sharing.fetcher import GuardedFetcher
from badges.web import context, errors, headers, i18n
from badges.web.blueprints import BLUEPRINTS
from badges.web.database import db

"""The one of all our structures (France, Belgium, Italy); the database is in UTC."""
MAX_BODY_BYTES = 40 * 1024 * 1024
MAX_FORM_PARTS = 1_000
COMPRESSED = (
    "text/html",
    "text/css",
    "text/javascript",
    "application/javascript",
    "image/svg+xml",
    "application/json",
    "application/vc+ld+json",
)
STATIC_SECONDS = 365 * 24 * 3600

log = structlog.get_logger(__name__)


def create_app(settings: Settings | None = None, *, clock: Clock | None = None) -> Flask:
    """Return the web application for `settings` (default: the environment).

    Raises `Misconfigured` when the settings are incoherent: it is better not to start.
    """
    logs.configure()
    settings = settings or from_environ()
    app = Flask("badges.web")
    _configure(app, settings)
    db.init_app(app)
    with app.app_context():
        configure_engine(db.engine)
        ports = build_ports(settings, session_factory(db.engine), clock=clock)
    app.extensions["badges"] = ports
    CSRFProtect(app)
    Compress(app)
    app.after_request(_hold_static)
    for part in (headers, i18n, errors, context):
        part.init_app(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    if settings.relay == "thread":
        app.extensions["badges.relay"] = relay = Relay(ports)
        relay.start()
    return app


def build_ports(
    settings: Settings, sessions: sessionmaker[Session] | None = None, *, clock: Clock | None = None
) -> Ports:
    """Choose the adapters for `settings`; commands use it without a web application."""
    vault = LocalVault(settings.key_encryption_keys)
    mailer = SmtpMailer(settings.smtp_url, settings.mail_from) if settings.smtp_url else ConsoleMailer()
    return Ports(
        settings=settings,
        clock=clock or SystemClock(),
        sessions=sessions or session_factory(build_engine(settings.database_url)),
        storage=LocalStorage(Path(settings.media_dir)),
        mailer=mailer,
        vault=vault,
        signer=_signers(settings, vault),
        artwork=DrawnArtwork(),
        fetcher=GuardedFetcher(),
        witness=LocalWitness(settings.witness_dir) if settings.witness_dir else None,
    )


def _signers(settings: Settings, vault: KeyVault) -> Signers:
    """Choose where keys are made; keys that were made elsewhere before go on signing there."""
    custodians: dict[str, Signer] = {LOCAL: LocalSigner(vault)}
    if settings.pkcs11_module:
        try:
            from badges.issuer.signer_pkcs11 import PKCS11, Pkcs11Signer  # noqa: PLC0415 - an optional extra
        except ImportError as fault:
            raise Misconfigured(reason="BADGES_PKCS11_MODULE needs the extra badges[pkcs11]") from fault
        custodians[PKCS11] = Pkcs11Signer(settings.pkcs11_module, settings.pkcs11_token, settings.pkcs11_pin)
    return Signers(settings.signer, custodians)


def _configure(app: Flask, settings: Settings) -> None:
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SECRET_KEY_FALLBACKS=list(settings.secret_key_fallbacks),
        SESSION_COOKIE_NAME="__Host-badges" if settings.secure else "badges",
        SESSION_COOKIE_SECURE=settings.secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=settings.session_absolute,
        SESSION_REFRESH_EACH_REQUEST=False,
        MAX_CONTENT_LENGTH=MAX_BODY_BYTES,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        MAX_FORM_PARTS=MAX_FORM_PARTS,
        SEND_FILE_MAX_AGE_DEFAULT=STATIC_SECONDS,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(settings.database_url),
        COMPRESS_ALGORITHM=["br", "gzip"],
        COMPRESS_MIMETYPES=list(COMPRESSED),
        COMPRESS_STREAMS=False,
        BABEL_DEFAULT_TIMEZONE=TIME_ZONE,
        WTF_CSRF_TIME_LIMIT=12 * 3600,
        WTF_CSRF_SSL_STRICT=settings.secure,
        BABEL_TRANSLATION_DIRECTORIES=str(Path(__file__).parent / "translations"),
    )
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    app.jinja_env.add_extension("jinja2.ext.do")


def _hold_static(response: Response) -> Response:
    """Read a small text file whole: Flask-Compress leaves streams open or alone."""
    if request.endpoint == "static" and response.mimetype in COMPRESSED:
        response.direct_passthrough = False
        response.make_sequence()
    return response


def migrated(ports: Ports) -> Ports:
    """Bring the database of `ports` to the newest schema and return them."""
    engine = ports.sessions.kw["bind"]
    migrations.upgrade(engine)
    return ports
