"""Importing a roster in three steps: the file, a check where nothing is saved yet, the import."""

import contextlib
import csv
import io
import re
from uuid import UUID

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from badges.errors import InvalidInput, TooLarge
from badges.people import service_roster
from badges.people.rules_roster import RowAction
from badges.people.rules_roster_file import MAX_BYTES, MAX_ROWS
from badges.people.service_roster import Check
from badges.web.access import actor, ports
from badges.web.admin.blueprint import bp
from badges.web.admin.roster_table import COLUMN_WORDS, shown_rows
from badges.web.database import db
from badges.web.errors import say, status_of
from badges.web.forms import FormState

_CORRECTION = re.compile(r"cell-(\d{1,6})-([a-z_]{1,20})")
_RISKY = ("=", "+", "-", "@", "\t", "\r")


@bp.get("/people/import")
def roster() -> ResponseReturnValue:
    """Ask for the file."""
    return render_template("admin/import_file.html", form=FormState(), columns=COLUMN_WORDS, most=MAX_ROWS)


@bp.post("/people/import")
def send_roster() -> ResponseReturnValue:
    """Take the file and lead to the check; a file that cannot be read is refused with the reason."""
    name, data = _sent()
    if not data:
        form = FormState({}, {"file": [gettext("Choose a file first.")]})
        return render_template("admin/import_file.html", form=form, columns=COLUMN_WORDS, most=MAX_ROWS), 422
    try:
        upload_id = service_roster.keep_upload(db.session(), ports().clock, actor(), name, data)
    except (InvalidInput, TooLarge) as error:
        form = FormState({}, {"file": [say(error)]})
        page = render_template("admin/import_file.html", form=form, columns=COLUMN_WORDS, most=MAX_ROWS)
        return page, status_of(error)
    return redirect(url_for("admin.check_roster", upload_id=upload_id), code=303)


@bp.get("/people/import/<uuid:upload_id>")
def check_roster(upload_id: UUID) -> ResponseReturnValue:
    """Show row by row what would happen, faults first."""
    check = service_roster.check_upload(db.session(), ports().clock, actor(), upload_id)
    return _table("admin/import_check.html", check, upload_id)


@bp.post("/people/import/<uuid:upload_id>/correct")
def correct_roster(upload_id: UUID) -> ResponseReturnValue:
    """Note what was typed over faulty cells, then check again."""
    corrections: dict[str, dict[str, str]] = {}
    for name, text in request.form.items():
        found = _CORRECTION.fullmatch(name)
        if found:
            corrections.setdefault(found[1], {})[found[2]] = text
    service_roster.correct_upload(db.session(), ports().clock, actor(), upload_id, corrections)
    return redirect(url_for("admin.check_roster", upload_id=upload_id), code=303)


@bp.post("/people/import/<uuid:upload_id>/import")
def import_roster(upload_id: UUID) -> ResponseReturnValue:
    """Import the good rows, forget the file, and tell what was done."""
    done = service_roster.import_upload(db.session(), ports().clock, actor(), upload_id)
    return _table("admin/import_done.html", done, upload_id)


@bp.post("/people/import/<uuid:upload_id>/drop")
def drop_roster(upload_id: UUID) -> ResponseReturnValue:
    """Forget the file."""
    service_roster.check_upload(db.session(), ports().clock, actor(), upload_id)
    service_roster.drop_upload(db.session(), actor())
    flash(gettext("The file is forgotten. Nothing was saved."), "ok")
    return redirect(url_for("admin.people"), code=303)


@bp.get("/people/import/<uuid:upload_id>/to-correct.csv")
def faulty_rows(upload_id: UUID) -> ResponseReturnValue:
    """Give the faulty rows back as a file that Excel opens, with the reason in the last column."""
    check = service_roster.check_upload(db.session(), ports().clock, actor(), upload_id)
    return Response(
        _as_csv(check),
        mimetype="text/csv",
        headers={"Content-Disposition": "attachment; filename=lignes-a-corriger.csv"},
    )


def _sent() -> tuple[str, bytes]:
    """Return the name and the bytes of the file, one byte more than we take at most."""
    sent = request.files.get("file")
    if sent is None:
        return "", b""
    with contextlib.closing(sent):
        return sent.filename or "", sent.stream.read(MAX_BYTES + 1)


def _table(template: str, check: Check, upload_id: UUID) -> str:
    everything = "all" in request.args
    return render_template(
        template,
        check=check,
        upload_id=upload_id,
        rows=shown_rows(check, everything=everything),
        columns=[(column, word) for column, word in COLUMN_WORDS if column in check.roster.columns],
        ready=check.count(RowAction.CREATE, RowAction.UPDATE),
        wrong=check.count(RowAction.ERROR),
        same=check.count(RowAction.UNCHANGED),
        added=check.count(RowAction.CREATE),
        changed=check.count(RowAction.UPDATE),
    )


def _as_csv(check: Check) -> str:
    """Write the faulty rows; a cell that a spreadsheet would run as a formula gets a guarding apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    names = list(check.roster.columns.items())
    writer.writerow([_harmless(name) for _, name in names] + [gettext("To correct")])
    for row in check.plans:
        if row.action is RowAction.ERROR:
            reasons = " ".join(gettext(reason.message, **reason.params) for reason in row.reasons)
            writer.writerow(
                [_harmless(row.raw.get(column, "")) for column, _ in names] + [_harmless(reasons)]
            )
    return "\ufeff" + out.getvalue()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_RISKY) else cell
