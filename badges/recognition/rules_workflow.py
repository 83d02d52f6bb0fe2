"""The workflow as a page for people: written from the tables, so that it never says anything else."""

from collections.abc import Iterator

from badges.permissions import TABLE, Relation
from badges.recognition.rules import WORKFLOW, ClaimState, Move, Step
from badges.recognition.rules_award import LineKey

_INTRODUCTION = """# The workflow of a claim

A claim is one worker, one skill, one level, one version of a framework. This page is written by
`badges docs workflow` from the tables in `badges/recognition/rules.py` and `badges/permissions.py`;
a test fails when it differs from them.
"""
_AFTER_STEPS = """
Nobody decides about a claim that holds their own observation, or about themselves. Who refused does
not decide the appeal. An invited reviewer decides one claim, by link, for 14 days; the link ends with
the decision. The second of two reviewers is told what the first one did. An approval can be taken back
until the badge is being made (ten seconds in the pages); an approval given on appeal cannot.

A refused claim opens again only when something new has been seen. After a closed, withdrawn or revoked
claim, a new one may begin. A claim is revoked with its badge, in the same transaction.

A claim is renewed from three months before its badge ends, and after that: the same step opens the next
claim, for which only what was seen besides counts. The badge holds until its end.
"""
_RULE = """
## The award rule

The rule of the framework is computed and shown line by line. It proposes; a person decides. An
observation counts when it holds at least one YES, nobody corrected it, no talk about it is open and it
was not set aside. A SOMETIMES or a NO never supports a level.

| line | what it asks |
|---|---|
"""
_LINES = {
    LineKey.OBSERVATIONS: "enough observations that count",
    LineKey.DAYS: "on enough different days",
    LineKey.SITUATIONS: "in enough different situations",
    LineKey.OBSERVERS: "by enough different people",
    LineKey.YES: "each behaviour of the level with enough YES",
    LineKey.SPAN: "enough days between the first and the last",
    LineKey.AGREEMENT: "the worker has agreed with each, or it was kept after a talk",
    LineKey.NO_RECENT_NO: "no NO in the last days (`recent_no_blocks_days`): it asks for a talk first",
    LineKey.PREVIOUS_LEVEL: "the level before: an approved claim, or each of its behaviours seen YES once",
    LineKey.INTERVIEW: "the day of an interview; it may still be missing when the review is asked for",
}
_AFTER_RULE = """
While a talk is open the claim is paused: it is neither submitted nor approved. The rule is applied
again, on locked rows, at the moment of approval; what it counted is frozen with the claim, and the
worker's answers no longer change.
"""
_RELATIONS = {
    "_anyone": "of the structure",
    "_self": "whom the claim is about",
    "_in_charge": "in charge of the worker",
    "_author": "who approved it",
    "_in_review": "of the structure, while it is in review",
    "_impartial": "who saw none of it and is not the worker",
    "_impartial_second": "who saw none of it, is not the worker and did not refuse it",
    "_invited": "invited for this claim",
}


def workflow_page() -> str:
    """Return docs/workflow.md."""
    return "".join([_INTRODUCTION, *_states(), *_steps(), _AFTER_STEPS, _RULE, *_rule_lines(), _AFTER_RULE])


def _states() -> Iterator[str]:
    yield "\n```mermaid\nstateDiagram-v2\n"
    for step, move in WORKFLOW.items():
        for start in _starts(move):
            yield f"    {start} --> {move.end.value}: {step.value}\n"
    yield "```\n"


def _steps() -> Iterator[str]:
    yield "\n## Steps\n\n| step | from | to | who | needs |\n|---|---|---|---|---|\n"
    for step, move in WORKFLOW.items():
        starts = ", ".join("nothing" if start == "[*]" else start for start in _starts(move))
        yield f"| {step.value} | {starts} | {move.end.value} | {_who(move)} | {_needs(step, move)} |\n"


def _starts(move: Move) -> list[str]:
    order: list[ClaimState | None] = [None, *ClaimState]
    return ["[*]" if state is None else state.value for state in order if state in move.start]


def _who(move: Move) -> str:
    return "; ".join(
        f"{role.value.replace('_', ' ')} {_relation(relation)}" for role, relation in TABLE[move.permission]
    )


def _relation(relation: Relation) -> str:
    return _RELATIONS[relation.__name__]


def _needs(step: Step, move: Move) -> str:
    needs = ["the rule met, no talk open"] if move.needs_rule else []
    needs += ["a preset reason"] if move.reasons else []
    needs += ["a few words"] if move.needs_comment else []
    needs += ["something new seen"] if step is Step.REOPEN else []
    needs += ["no badge being made"] if step is Step.TAKE_BACK else []
    return ", ".join(needs)


def _rule_lines() -> Iterator[str]:
    for key in LineKey:
        yield f"| {key.value} | {_LINES[key]} |\n"
