"""The JSON of the control API and of ``--json``: stable shapes, held by ``tests/contracts/test_shapes.py``.

Times are ISO 8601 in UTC with milliseconds, ``2026-11-22T10:00:00.000Z``. A field is never removed or given another
meaning within a major version; new ones may come.
"""

import re
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

_TEXT_LIMIT = 1_048_576
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII | re.IGNORECASE)


def _time(value: str) -> str:
    if not _TIME.fullmatch(value):
        raise ValueError("not an ISO 8601 time with a zone, such as 2026-11-22T10:00:00Z")
    try:
        datetime.fromisoformat(value.upper())
    except ValueError as error:
        raise ValueError("not a time that exists") from error
    return value.upper()


IsoTime = Annotated[
    str | None,
    AfterValidator(lambda value: None if value is None else _time(value)),
    Field(json_schema_extra={"format": "date-time"}),
]
"""A moment with a zone, or null."""


class Shape(BaseModel):
    """What every shape has in common: nothing unknown is taken, nothing can be changed."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Outcome(StrEnum):
    """How a sent message fared within the time it was given."""

    ANSWERED = "answered"
    NOT_TRIGGERED = "not_triggered"
    FAILED = "failed"
    STOPPED = "stopped"
    TIMED_OUT = "timed_out"


class SendRequest(Shape):
    """A message to a group's local chat. ``wait_seconds`` 0 returns as soon as the message is on disk."""

    group: Annotated[str, Field(max_length=64)] = "main"
    sender: Annotated[str, Field(max_length=80)] = ""
    text: Annotated[str, Field(min_length=1, max_length=_TEXT_LIMIT)]
    wait_seconds: Annotated[float, Field(ge=0, le=3600)] = 0
    client_id: Annotated[str, Field(max_length=80)] = ""
    """Chosen by the client: the same id twice is the same message. Empty: a new one."""
    files: Annotated[list[Annotated[str, Field(min_length=1, max_length=4096)]], Field(max_length=10)] = []
    """Absolute paths on the daemon's machine, of files to send along."""


class ReplyShape(Shape):
    """One reply. ``state`` is pending, sending, sent or failed."""

    id: int
    text: str
    state: str


class Timings(Shape):
    """Milliseconds since the message came in; null for what has not happened."""

    accepted: float | None = None
    turn_started: float | None = None
    model_request: float | None = None
    first_reply: float | None = None
    delivered: float | None = None


class SendResult(Shape):
    """What became of a sent message. ``turn_id`` is null when it woke nobody."""

    outcome: Outcome
    message_id: int
    turn_id: int | None = None
    replies: list[ReplyShape] = []
    timings_ms: Timings = Timings()
    error: str | None = None


class ChatShape(Shape):
    """A chat as its channel names it."""

    channel: str
    chat: str
    name: str = ""
    last_activity: str | None = None
    primary: bool = False
    """Whether the tasks and the news of its group go here, if the owner said so; else to the one used last."""


class GroupShape(Shape):
    """A registered group."""

    folder: str
    name: str
    trigger: str
    requires_trigger: bool
    is_main: bool
    temporary: bool = False
    """Made by ``verify``, and gone with it."""
    chats: list[ChatShape] = []
    session_id: str | None = None
    options: dict[str, str] = {}
    """The group's own settings, as ``groups set`` takes them; what stands at its default is absent."""


class GroupList(Shape):
    """All registered groups, main first, and the chats that wrote but are not registered."""

    groups: list[GroupShape]
    unregistered: list[ChatShape] = []


class AddGroupRequest(Shape):
    """A group to register. ``chat`` empty: the folder's name. ``trigger`` null: the assistant's own."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    folder: Annotated[str, Field(pattern="^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]
    channel: Annotated[str, Field(min_length=1, max_length=40)] = "local"
    chat: Annotated[str, Field(max_length=200)] = ""
    trigger: Annotated[str | None, Field(max_length=60)] = None
    requires_trigger: bool = True
    is_main: bool = False


class ChangeGroupRequest(Shape):
    """What to change about a group: ``name``, ``trigger``, ``requires_trigger`` (yes or no), or an option by name.

    An empty text puts an option back to its default.
    """

    changes: Annotated[dict[str, Annotated[str, Field(max_length=4000)]], Field(min_length=1, max_length=40)]


class ChatVerb(StrEnum):
    """What to do with a chat of a group."""

    ADD = "add"
    REMOVE = "remove"
    PRIMARY = "primary"


class ChangeChatsRequest(Shape):
    """One chat to add to a group, to take from it, or to make its primary one."""

    verb: ChatVerb
    channel: Annotated[str, Field(min_length=1, max_length=40)]
    chat: Annotated[str, Field(min_length=1, max_length=200)]


class OptionShape(Shape):
    """An option that each group may set, and what it allows, in words."""

    name: str
    allowed: str


class OptionList(Shape):
    """Every option of a group."""

    options: list[OptionShape]


class MessageLine(Shape):
    """One line of history, either direction. ``id`` is ``in-N`` or ``out-N``."""

    id: str
    time: str
    direction: str
    channel: str
    chat: str
    group: str | None
    sender: str
    text: str
    state: str


class MessageQuery(Shape):
    """Which lines of history: of one group or of all, at most ``limit``, none older than ``since``.

    With ``search``, the newest lines that hold all its words: text in double quotes is a phrase, a word that ends in
    ``*`` a beginning.
    """

    group: Annotated[str | None, Field(max_length=64)] = None
    limit: Annotated[int, Field(ge=1, le=1000)] = 50
    since: IsoTime = None
    search: Annotated[str | None, Field(min_length=1, max_length=400)] = None


class MessageList(Shape):
    """Lines of history, oldest first."""

    messages: list[MessageLine]


class SandboxShape(Shape):
    """The sandbox in use and whether it works."""

    kind: str
    usable: bool
    ready: bool
    version: str = ""
    problem: str = ""
    hint: str = ""
    notes: list[str] = []


class ChannelShape(Shape):
    """A channel and whether it is up. ``link`` opens it, where it has a page; it lets whoever has it in.

    ``status`` is starting, up or down; ``condition`` why it is not up, empty where nothing more is known: unreachable,
    broken, paused, unpaired, logged-out, replaced, banned, outdated, refused. ``detail`` says it in a sentence,
    ``hint`` what to do about it. It is so since ``since``.
    """

    name: str
    status: str
    detail: str = ""
    condition: str = ""
    hint: str = ""
    since: str | None = None
    link: str | None = None


class AgentShape(Shape):
    """A living agent. ``state`` is starting, idle, working or closing."""

    group: str
    state: str
    since: str


class QueueShape(Shape):
    """What waits."""

    waiting_turns: int
    running_turns: int
    undelivered_replies: int
    agents_at_once: int


class ErrorShape(Shape):
    """An error that the owner should know of."""

    at: str
    what: str
    hint: str = ""


class Status(Shape):
    """How everything is. With ``running`` false only the parts that can be read from disk are filled in."""

    running: bool
    version: str
    home: str
    pid: int | None = None
    started_at: str | None = None
    model_key: str = ""
    """Where the credential was found; empty when there is none."""
    sandbox: SandboxShape | None = None
    channels: list[ChannelShape] = []
    agents: list[AgentShape] = []
    queue: QueueShape | None = None
    groups: list[str] = []
    last_errors: list[ErrorShape] = []


class LiveEvent(Shape):
    """One line of the event stream of a group's local chat.

    ``kind``: ``message`` (``sender`` wrote), ``turn`` (``state`` says what became of it), ``model_request``, ``tool``
    (``text`` names it), ``text`` (a piece of the answer being written), ``reply`` (the whole answer, delivered),
    ``typing`` (``state`` is on or off).
    """

    kind: str
    turn_id: int | None = None
    message_id: int | None = None
    state: str = ""
    text: str = ""
    sender: str = ""


class Problem(Shape):
    """Why a request was refused: the body of every answer with status 400 and above."""

    error: str
    hint: str = ""


class Done(Shape):
    """It was done; ``changed`` says whether that made a difference."""

    changed: bool = True
