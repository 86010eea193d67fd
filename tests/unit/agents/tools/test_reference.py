"""The page about the tools is what the tools are."""

from pathlib import Path

from nanoclaw.agents.tools.reference import PAGE, size_for_the_model, tools_reference


def test_the_page_is_made_of_the_tools() -> None:
    page = Path(__file__).parents[4] / PAGE
    assert page.read_text() == tools_reference(), "python -m nanoclaw.agents.tools.reference writes it"


def test_the_tools_take_up_little_of_each_request() -> None:
    assert size_for_the_model() < 6000
