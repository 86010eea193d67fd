"""What of an answer is for the chat."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanoclaw.agents.outcomes import AgentLostError, Fault, FaultKind, public_text


@pytest.mark.parametrize(
    ("text", "public"),
    [
        ("Hello", "Hello"),
        ("<internal>thinking</internal>Hello", "Hello"),
        ("  Hello <internal>a\nb</internal> there ", "Hello  there"),
        ("<INTERNAL>x</Internal>Hi", "Hi"),
        ("<internal>only</internal>", ""),
        ("Hi <internal>never closed", "Hi"),
        ("<internal>a</internal>Hi<internal>b</internal>", "Hi"),
        ("Hi </internal> there", "Hi </internal> there"),
        ("", ""),
    ],
)
def test_internal_parts_and_surrounding_space_are_not(text: str, public: str) -> None:
    assert public_text(text) == public


@given(st.text(), st.text(), st.text())
def test_what_is_internal_never_gets_out(before: str, secret: str, after: str) -> None:
    marked = f"<internal>S3CR3T{secret.replace('<', '')}</internal>"
    assert "S3CR3T" not in public_text(before.replace("<", "") + marked + after.replace("S3CR3T", ""))


def test_a_lost_agent_says_what_its_fault_says() -> None:
    error = AgentLostError(Fault(kind=FaultKind.SILENT, what="It was silent", hint="Wait."))
    assert (str(error), error.hint, error.fault.lasting) == ("It was silent", "Wait.", False)
