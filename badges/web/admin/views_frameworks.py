"""Frameworks for administrators: what the structure works with, in plain words, and newer versions."""

from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from badges.frameworks import queries, service
from badges.frameworks.rules import text_in
from badges.web.access import actor, ports
from badges.web.admin.blueprint import bp
from badges.web.database import db
from badges.web.i18n import language


@bp.get("/frameworks")
def frameworks() -> ResponseReturnValue:
    """Show the frameworks in use and those that could be."""
    offers = queries.offers(db.session(), actor(), language())
    return render_template("admin/frameworks.html", offers=offers)


@bp.get("/frameworks/<uuid:version_id>")
def framework(version_id: UUID) -> ResponseReturnValue:
    """Show one version: its skills, what is seen at each level, and when it is enough."""
    found = queries.browse(db.session(), actor(), version_id)
    groups = dict.fromkeys(skill.group_id for skill in found.skills)
    by_group = {
        text_in(next(skill.group_label for skill in found.skills if skill.group_id == group), language()): [
            skill for skill in found.skills if skill.group_id == group
        ]
        for group in groups
    }
    return render_template(
        "admin/framework.html",
        framework=found,
        version_id=version_id,
        groups=by_group,
        said=lambda texts: text_in(texts, language()),
    )


@bp.post("/frameworks/<uuid:version_id>/adopt")
def adopt_framework(version_id: UUID) -> ResponseReturnValue:
    """Work with this version from now on."""
    service.adopt(db.session(), ports().clock, actor(), version_id)
    flash(gettext("Your structure now works with this version. What was seen before stays as it is."), "ok")
    return redirect(url_for("admin.frameworks"), code=303)
