"""What the structure says of itself: two names kept inside, and the texts that go on every badge."""

from dataclasses import asdict

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from badges.errors import BadEmail
from badges.people import queries_people, service
from badges.people.rules import StructureTexts
from badges.people.rules_stigma import telling_words
from badges.web.access import actor, ports
from badges.web.admin.blueprint import bp
from badges.web.admin.choices import MODELS
from badges.web.admin.forms_people import StructureTextsForm
from badges.web.database import db
from badges.web.errors import say
from badges.web.forms import FormFault, FormState, read


@bp.get("/structure")
def structure() -> ResponseReturnValue:
    """Show the texts of the structure."""
    texts = queries_people.structure_texts(db.session(), actor())
    return _page(FormState(asdict(texts)), telling_words(texts.public_name, texts.public_description))


@bp.post("/structure")
def edit_structure() -> ResponseReturnValue:
    """Save the texts; words that tell of a worker's situation are asked about once."""
    try:
        values = read(StructureTextsForm)
        confirmed = values.pop("confirmed")
        texts = StructureTexts(**values)
        telling = telling_words(texts.public_name, texts.public_description)
        if telling and not confirmed:
            return _page(FormState(asdict(texts)), telling, ask=True), 422
        service.edit_structure(db.session(), ports().clock, actor(), texts)
    except FormFault as fault:
        return _page(fault.state), 422
    except BadEmail as error:
        return _page(FormState(values, {"public_email": [say(error)]})), 422
    flash(gettext("Saved. Badges already signed keep the old texts."), "ok")
    return redirect(url_for("admin.structure"), code=303)


def _page(form: FormState, telling: tuple[str, ...] = (), *, ask: bool = False) -> str:
    return render_template("admin/structure.html", form=form, telling=telling, ask=ask, models=MODELS)
