from pathlib import Path

from nanoclaw.cli.reference import commands_reference
from nanoclaw.control.reference import control_reference

DOCS = Path(__file__).parents[3] / "docs" / "reference"


def test_the_page_on_commands_is_what_the_parser_says() -> None:
    assert (DOCS / "commands.md").read_text() == commands_reference(), "python -m nanoclaw.cli.reference"


def test_the_page_on_the_control_api_is_what_the_routes_say() -> None:
    assert (DOCS / "control-api.md").read_text() == control_reference(), (
        "python -m nanoclaw.control.reference writes it"
    )
