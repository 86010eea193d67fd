"""What an agent did by its tools in a turn: how much of its allowance is left, and which call this is."""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from nanoclaw.agents.tools.contract import Caller, Reason, ToolRefusedError
from nanoclaw.model.turns import TurnId

_TURNS_KEPT = 50


class Allowance(StrEnum):
    """What is limited in a turn."""

    CALLS = "calls of tools"
    MESSAGES = "messages"
    REACTIONS = "reactions"
    FILES = "files"
    QUESTIONS = "questions"
    TASK_CHANGES = "changes of tasks"
    GROUP_CHANGES = "changes of groups"


LIMITS: Mapping[Allowance, int] = {
    # More than any work needs: it bounds what a program that went wild inside can cost, and write into the audit.
    Allowance.CALLS: 500,
    Allowance.MESSAGES: 30,
    Allowance.REACTIONS: 30,
    Allowance.FILES: 10,
    Allowance.QUESTIONS: 5,
    Allowance.TASK_CHANGES: 20,
    Allowance.GROUP_CHANGES: 10,
}


@dataclass(slots=True)
class TurnTally:
    """The account of one try of one turn."""

    _spent: Counter[Allowance] = field(default_factory=Counter)
    _done: Counter[str] = field(default_factory=Counter)
    _exceeded: set[str] = field(default_factory=set)

    def spend(self, allowance: Allowance, count: int = 1) -> None:
        """Use so many up, also when the call is refused later.

        Raises:
            ToolRefusedError: not as many are left in this turn.
        """
        if self._spent[allowance] + count > LIMITS[allowance]:
            raise ToolRefusedError(
                f"A turn has {LIMITS[allowance]} {allowance}, and this is more than is left",
                hint="Say the rest in your answer, or go on when you are asked again.",
                reason=Reason.LIMIT,
            )
        self._spent[allowance] += count

    def is_news(self, tool: str, reason: str) -> bool:
        """Whether a refusal says more than those before: that a tool went over a limit is said once a turn."""
        if reason != Reason.LIMIT:
            return True
        known = tool in self._exceeded
        self._exceeded.add(tool)
        return not known

    def next_id(self, call: str) -> str:
        """The id of a call: the same for a repetition in a new try, another for a second one in this try."""
        return f"{call}-{self._done[call]}"

    def succeeded(self, call: str) -> None:
        """The call took effect: the next like it is another. One that failed may be tried again under its id."""
        self._done[call] += 1


class Tally:
    """The accounts of one agent. Turns may overlap, so that of each newer turn is kept for a while."""

    def __init__(self) -> None:
        self._turns: dict[tuple[TurnId | None, int], TurnTally] = {}

    def of(self, caller: Caller) -> TurnTally:
        """The account of the turn that the agent is in. Work that nobody asked for counts until the next turn."""
        key = (caller.turn, caller.attempt)
        if key not in self._turns:
            self._turns.pop((None, 0), None)
            self._turns[key] = TurnTally()
        for old in list(self._turns)[:-_TURNS_KEPT]:
            del self._turns[old]
        return self._turns[key]


def call_name(caller: Caller, tool: str, arguments: Mapping[str, Any]) -> str:
    """A name for a call: the turn, and a digest of what is called with which arguments."""
    said = json.dumps([tool, arguments], sort_keys=True, separators=(",", ":")).encode()
    return f"tool-{caller.turn or 0}-{hashlib.sha256(said).hexdigest()[:16]}"
