"""Letters by SMTP, with the standard library."""

import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from badges.errors import Unavailable
from badges.people.mailer import Letter

_TIMEOUT_SECONDS = 15
_PORTS = {"smtp": 587, "smtps": 465}


@dataclass(frozen=True)
class SmtpMailer:
    """Sends through `url`: smtps://user:password@host or smtp://host (STARTTLS whenever offered)."""

    url: str
    sender: str

    def send(self, letter: Letter) -> None:
        """Send `letter` over TLS. Raises `Unavailable`; header injection is refused by EmailMessage."""
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self.sender, letter.to, letter.subject
        message.set_content(letter.body)
        try:
            with self._connect() as smtp:
                smtp.send_message(message)
        except (OSError, smtplib.SMTPException) as error:
            raise Unavailable from error

    def _connect(self) -> smtplib.SMTP:
        parts = urlsplit(self.url)
        host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
        if parts.scheme == "smtps":
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                host, port, timeout=_TIMEOUT_SECONDS, context=ssl.create_default_context()
            )
        else:
            smtp = smtplib.SMTP(host, port, timeout=_TIMEOUT_SECONDS)
            if smtp.ehlo()[0] and smtp.has_extn("starttls"):
                smtp.starttls(context=ssl.create_default_context())
        if parts.username:
            smtp.login(unquote(parts.username), unquote(parts.password or ""))
        return smtp
