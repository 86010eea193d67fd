import pytest

from nanoclaw.channels.whatsapp.child import nodes
from nanoclaw.channels.whatsapp.child.condition import Condition
from nanoclaw.model.clock import SystemClock


@pytest.fixture
def condition() -> Condition:
    return Condition(SystemClock(), lambda: None)


@pytest.mark.parametrize(
    ("line", "state", "detail"),
    [
        (b'<failure reason="401"/>', "logged-out", "401 device removed"),
        (b'<failure message="gone 491701112223" reason="403"/>', "logged-out", "403 gone #"),
        (b'<failure location="frc" reason="405"/>', "outdated", "405"),
        (b'<failure reason="503"/>', "unreachable", "503"),
        (b'<failure reason="463"/>', "unreachable", "463"),
        (b"<failure/>", "unreachable", ""),
        (b'<stream:error code="515"/>', "connecting", "515"),
        (b'<stream:error code="401"><conflict type="device_removed"/></stream:error>', "logged-out", "401"),
        (b'<stream:error><conflict type="replaced"/></stream:error>', "replaced", "another program"),
        (b'<stream:error code="503"/>', "unreachable", "stream error 503"),
        (b'<notification from="s.whatsapp.net" type="passkey_prologue_request"/>', "passkey", "passkey"),
    ],
)
def test_what_the_server_says_is_a_state(condition: Condition, line: bytes, state: str, detail: str) -> None:
    condition.received(nodes.read(line))
    assert condition.standing().state == state
    assert condition.standing().detail.startswith(detail) or detail in condition.standing().detail


def test_a_ban_says_when_it_ends(condition: Condition) -> None:
    before = SystemClock().now()
    condition.received(nodes.read(b'<failure code="101" expire="3600" reason="402"/>'))
    standing = condition.standing()
    assert (standing.state, standing.detail) == ("banned", "402 sent to too many people")
    assert before + 3_600_000 <= standing.until <= SystemClock().now() + 3_600_000


def test_a_ban_for_good_has_no_end(condition: Condition) -> None:
    condition.received(nodes.read(b'<failure code="999" reason="402"/>'))
    assert (condition.standing().until, condition.standing().detail) == (0, "402 code 999")


def test_a_final_state_is_not_covered_by_what_follows_from_it(condition: Condition) -> None:
    condition.received(nodes.read(b'<failure reason="405"/>'))
    condition.set("unreachable", "the connection broke")
    assert condition.state == "outdated"
    assert condition.is_final


def test_the_client_gives_up_after_failures_that_it_does_not_know(condition: Condition) -> None:
    condition.received(nodes.read(b'<failure reason="503"/>'))
    assert not condition.given_up
    condition.received(nodes.read(b'<failure reason="400"/>'))
    assert condition.given_up


def test_every_node_proves_the_connection(condition: Condition) -> None:
    condition.set("connected")
    assert condition.standing().proven == 0.0
    condition.received(nodes.read(b'<iq from="s.whatsapp.net" type="result"/>'))
    assert 0.0 <= condition.standing().proven < 5
    assert condition.state == "connected"
