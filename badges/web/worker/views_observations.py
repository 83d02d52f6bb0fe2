"""What was seen of me: what waits for my answer first, then everything, and my answer to each."""

from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from badges.errors import FactTooLong, NotFound
from badges.evidence import queries, service
from badges.evidence.models import AnswerKind
from badges.evidence.queries import ObservationView
from badges.recognition.queries_progress import progress
from badges.web.access import actor, ports
from badges.web.database import db
from badges.web.errors import say
from badges.web.forms import read
from badges.web.i18n import language
from badges.web.observation_cards import cards
from badges.web.worker.blueprint import bp
from badges.web.worker.forms_observations import AnswerForm


@bp.get("/my/observations")
def observations() -> ResponseReturnValue:
    """Show what waits for an answer, oldest first, then everything that was noted, newest first."""
    shown = cards(db.session(), queries.of_worker(db.session(), actor(), _me()), language())
    return render_template(
        "worker/observations.html",
        waiting=[card for card in reversed(shown) if card.view.awaits_answer],
        answered=[card for card in shown if not card.view.awaits_answer],
        lines=progress(db.session(), ports().clock, actor(), _me(), language()),
    )


@bp.get("/my/observations/<uuid:observation_id>")
def observation(observation_id: UUID) -> ResponseReturnValue:
    """Show one observation and ask: that's right, I disagree, let's talk about it."""
    return _page(observation_id)


@bp.post("/my/observations/<uuid:observation_id>/answer")
def answer(observation_id: UUID) -> ResponseReturnValue:
    """Keep the answer; a disagreement says at once who will talk about it."""
    typed = read(AnswerForm)
    kind, sentence = typed["answer"], typed["sentence"]
    try:
        service.answer(db.session(), ports().clock, actor(), observation_id, kind, sentence)
    except FactTooLong as error:
        return _page(observation_id, sentence=sentence, fault=say(error)), 422
    if kind is not AnswerKind.AGREE:
        if sentence:
            flash(gettext("Your words are kept."), "ok")
        return redirect(url_for("worker.observation", observation_id=observation_id), code=303)
    flash(gettext("Noted. You can change your answer until a decision is made."), "ok")
    following = next(iter(queries.awaiting_answer(db.session(), actor())), None)
    if following is not None:
        return redirect(url_for("worker.observation", observation_id=following.id), code=303)
    return redirect(url_for("worker.observations"), code=303)


def _page(observation_id: UUID, *, sentence: str | None = None, fault: str = "") -> str:
    view = queries.observation(db.session(), actor(), observation_id)
    if view.worker_id != actor().person_id:
        raise NotFound
    waiting = [one.id for one in queries.awaiting_answer(db.session(), actor())]
    following = [one for one in waiting if one != view.id]
    (card,) = cards(db.session(), (view,), language())
    return render_template(
        "worker/observation.html",
        card=card,
        place=waiting.index(view.id) + 1 if view.id in waiting else 0,
        total=len(waiting),
        following=following[0] if following else None,
        coaches=_coaches(view),
        sentence=view.answer_sentence if sentence is None else sentence,
        fault=fault,
    )


def _coaches(view: ObservationView) -> str:
    structure_id = actor().structure_id
    assert structure_id is not None  # noqa: S101 - the view was found in it
    names = queries.coaches_of(db.session(), structure_id, view.worker_id)
    return str(gettext(" or ")).join(names)


def _me() -> UUID:
    person_id = actor().person_id
    assert person_id is not None  # noqa: S101 - only workers come here
    return person_id
