"""The steps of a verification on networks that only their own channels know."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nanoclaw.control.client import ControlClient
from nanoclaw.control.shapes import ChannelShape
from nanoclaw.control.trial_shapes import ProbeShape
from nanoclaw.model.clock import SystemClock
from nanoclaw.operations.verify import channels
from nanoclaw.operations.verify.channels import channel_steps
from nanoclaw.operations.verify.contract import Field, Order, Party, StepFailedError, StepSkippedError
from nanoclaw.settings.home import Home
from nanoclaw.stub_model.script import Script
from nanoclaw.stub_model.server import StubModel
from tests.fakes.control_thread import ServerThread, serving
from tests.fakes.service import FakeService


class Installation:
    """An installation whose one channel is a pager."""

    def __init__(self, home: Home, server: ServerThread) -> None:
        self.client = ControlClient(home.control_socket)
        self.service = server.service
        party = Party(folder="verify-1-a", trigger="@Verify", nonce="n", secret="s", web=False)  # noqa: S106 - nothing secret is in it
        self.field = Field(
            order=_order(home),
            client=self.client,
            status=self.client.status(),
            model=StubModel(Script(), SystemClock()),
            first=party,
            second=party,
            real=None,
        )

    def is_(self, status: str, **more: str) -> None:
        self.service.states = [ChannelShape(name="pager", status=status, **more)]

    def proves(self, outcome: str, **more: str) -> None:
        self.service.trials.probes["pager"] = ProbeShape(channel="pager", outcome=outcome, **more)

    def step(self) -> list[str]:
        ((name, title, look),) = channel_steps(self.client.status())
        assert (name, title) == ("channel-pager", "Message, trigger, answer on pager")
        return look(self.field)


def _order(home: Home) -> Order:
    nobody: Any = None
    return Order(
        home=home,
        clock=SystemClock(),
        real_model=False,
        daemon=(),
        environment={},
        hold=nobody,
        mount_allowlist=home.root / "none",
    )


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    home = Home(tmp_path)
    home.create()
    with serving(home.control_socket, FakeService()) as server:
        yield Installation(home, server)


def test_a_channel_proves_itself_and_what_was_not_tried_is_said(installation: Installation) -> None:
    installation.is_("up")
    installation.proves("passed", detail="there and back in 0.1 s")
    proven, left = installation.step()
    assert proven == "there and back in 0.1 s"
    assert left.startswith("no message was sent")


def test_one_without_a_proof_is_skipped_and_not_called_good(installation: Installation) -> None:
    installation.is_("up")
    installation.proves("skipped", detail="it has no probe of its own")
    with pytest.raises(StepSkippedError, match="no message was sent"):
        installation.step()


def test_a_proof_that_fails_is_a_failed_step_with_what_to_do(installation: Installation) -> None:
    installation.is_("up")
    installation.proves("failed", detail="nobody answers", hint="Look at the cable.")
    with pytest.raises(StepFailedError, match="pager: nobody answers") as caught:
        installation.step()
    assert (caught.value.hint, caught.value.check) == ("Look at the cable.", "channels")


def test_a_channel_that_is_down_says_why_and_what_to_do(installation: Installation) -> None:
    installation.is_("down", condition="unpaired", detail="No account is linked.", hint="`nanoclaw auth pager`")
    with pytest.raises(StepFailedError, match=r"not up \(unpaired\): No account is linked\.") as caught:
        installation.step()
    assert caught.value.hint == "`nanoclaw auth pager`"


def test_a_channel_that_is_connecting_is_waited_for(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channels, "CONNECT_SECONDS", 0.5)
    installation.is_("starting")
    installation.proves("passed", detail="there and back")
    with pytest.raises(StepFailedError, match=r"not up \(starting\)"):
        installation.step()
    states = iter(["starting", "starting", "starting"])
    real = installation.service.status

    async def status() -> Any:
        installation.is_(next(states, "up"))
        return await real()

    installation.service.status = status  # type: ignore[method-assign]
    assert installation.step()[0] == "there and back"
