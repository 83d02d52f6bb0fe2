"""What happens when a decision is posted, for a reviewer of the house and for an invited one alike."""

from datetime import timedelta
from uuid import UUID

from badges.permissions import Actor
from badges.recognition import service
from badges.recognition.rules import REFUSAL_REASONS, RETURN_REASONS, Step
from badges.web.access import ports
from badges.web.claims.forms import ApproveForm, RefuseForm, ReturnForm
from badges.web.database import db
from badges.web.forms import read

REASONS_OF = {Step.RETURN: RETURN_REASONS, Step.REFUSE: REFUSAL_REASONS}


def approve(by: Actor, claim_id: UUID, grace: timedelta = timedelta(0)) -> None:
    """Approve what the form says was shown. Raises what `service.approve` raises, and `FormFault`."""
    form = read(ApproveForm)
    service.approve(
        db.session(), ports().clock, by, claim_id, form["version"], shown=form["shown"], grace=grace
    )


def decide(step: Step, by: Actor, claim_id: UUID) -> None:
    """Return or refuse with the words of the form. Raises `FormFault` and the verbs' errors."""
    form = read(ReturnForm if step is Step.RETURN else RefuseForm)
    verb = service.return_claim if step is Step.RETURN else service.refuse
    verb(db.session(), ports().clock, by, claim_id, form["version"], form["reason"], form["comment"])
