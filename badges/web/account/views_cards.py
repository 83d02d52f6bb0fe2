"""Printed cards: asked for once more, shown once, stopped when lost."""

import base64
from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from badges.people import queries_cards, service_cards
from badges.permissions import Role
from badges.web.access import actor, ports
from badges.web.account.blueprint import cards
from badges.web.database import db
from badges.web.qr import qr_svg


@cards.get("/<uuid:worker_id>/card")
def ask(worker_id: UUID) -> ResponseReturnValue:
    """Say what a new card does before it is made."""
    return render_template(
        "account/new_card.html",
        holder=queries_cards.holder(db.session(), actor(), worker_id),
        person_url=_person_page(worker_id),
    )


@cards.post("/<uuid:worker_id>/card")
def issue(worker_id: UUID) -> ResponseReturnValue:
    """Make a card and show it, this once, to be printed."""
    card = service_cards.issue_card(db.session(), ports().clock, actor(), worker_id)
    address = f"{ports().settings.base_url}/card/{card.token}"
    picture = "data:image/svg+xml;base64," + base64.b64encode(qr_svg(address)).decode()
    return render_template(
        "account/printed_card.html", card=card, picture=picture, person_url=_person_page(worker_id)
    )


@cards.post("/<uuid:worker_id>/card/stop")
def stop(worker_id: UUID) -> ResponseReturnValue:
    """Stop a lost card."""
    service_cards.stop_card(db.session(), ports().clock, actor(), worker_id)
    flash(gettext("The card is stopped. Whoever finds it can do nothing with it."), "ok")
    return redirect(url_for("cards.ask", worker_id=worker_id), code=303)


def _person_page(worker_id: UUID) -> str:
    """Return where whoever prints reads about this worker."""
    roles = actor().roles
    if Role.ADMIN in roles:
        return url_for("admin.person", person_id=worker_id)
    return url_for("coach.worker" if Role.COACH in roles else "supervisor.worker", worker_id=worker_id)
