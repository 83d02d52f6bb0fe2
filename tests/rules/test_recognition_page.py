"""docs/workflow.md says what the tables say."""

from pathlib import Path

from badges.recognition.rules import WORKFLOW, ClaimState, Step
from badges.recognition.rules_workflow import workflow_page

PAGE = Path(__file__).parents[2] / "docs" / "workflow.md"


def test_the_page_is_the_one_the_tables_write() -> None:
    assert PAGE.read_text("utf-8") == workflow_page(), "run: badges docs workflow > docs/workflow.md"


def test_the_page_names_every_step_and_every_state() -> None:
    text = workflow_page()
    assert all(f"| {step.value} |" in text for step in Step)
    assert all(state.value in text for state in ClaimState)
    assert all(text.count(f": {step.value}\n") == len(move.start) for step, move in WORKFLOW.items())
