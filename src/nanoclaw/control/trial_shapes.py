"""The JSON of verifying: temporary groups that last as long as the connection on which they were asked for."""

from typing import Annotated

from pydantic import Field

from nanoclaw.control.shapes import ChatShape, Shape


class TrialRequest(Shape):
    """``model_url`` is a scripted model on this machine's loopback address, for two of the groups.

    With ``real`` there is a third, whose calls go to the configured service and cost what they cost.
    """

    model_url: Annotated[str, Field(pattern=r"^http://127\.0\.0\.1:[1-9][0-9]{0,4}$")]
    real: bool = False


class TrialGroup(Shape):
    """A temporary group. ``diverted``: its calls go to the scripted model."""

    folder: str
    trigger: str
    diverted: bool
    chats: list[ChatShape]


class TrialShape(Shape):
    """The groups of one trial. They are erased when the connection ends, whichever way."""

    groups: list[TrialGroup]


class ProbeShape(Shape):
    """What a channel's own probe said. ``outcome`` is passed, failed, or skipped where it has none."""

    channel: str
    outcome: str
    detail: str = ""
    hint: str = ""
