"""Linking an account: codes for the owner, until there is a session or it is clear that there will be none."""

import asyncio
from collections.abc import Callable
from typing import Literal

from nanoclaw.channels.whatsapp.child.binding import Library
from nanoclaw.channels.whatsapp.child.calls import Calls
from nanoclaw.channels.whatsapp.child.condition import Condition
from nanoclaw.channels.whatsapp.child.protobufs import neonize_pb2
from nanoclaw.channels.whatsapp.link import Code, Line, NotPaired, Paired

_FIRST, _NEXT = 60.0, 20.0
_CODE_LASTS = 160.0
_CHROME = 1
_Why = Literal["timeout", "outdated", "passkey", "unreachable", "refused", "failed"]
_BY_STATE: dict[str, _Why] = {
    "outdated": "outdated",
    "passkey": "passkey",
    "unreachable": "unreachable",
    "banned": "refused",
    "logged-out": "refused",
}


class Pairing:
    """One attempt; a process makes no second one. All but the library's calls happens in the loop."""

    def __init__(self, library: Library, calls: Calls, condition: Condition, say: Callable[[Line], None]) -> None:
        self._library = library
        self._calls = calls
        self._condition = condition
        self._say = say
        self._phone = ""
        self._codes = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self.goes_on = False
        """The owner has a code and time to use it."""

    def begin(self, phone: str) -> None:
        """Codes will come. ``phone``: digits, or nothing for QR codes."""
        self._phone = "".join(letter for letter in phone if letter.isdecimal())
        self.goes_on = True

    def code(self, code: str) -> None:
        """The library has a new QR code."""
        if not self.goes_on:
            # Nobody asked: there was a session a moment ago, and there is none in the database.
            self._condition.set("logged-out", "the session is not in the database any more")
            return
        self._codes += 1
        if not self._phone:
            self._say(Code(qr=code, expires=_FIRST if self._codes == 1 else _NEXT))
        elif self._codes == 1:
            task = asyncio.get_running_loop().create_task(self._ask_for_code(), name="pairing-code")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _ask_for_code(self) -> None:
        wanted = neonize_pb2.PairPhoneParams(
            phone=self._phone, showPushNotification=True, clientType=_CHROME, clientDisplayName="Chrome (Linux)"
        ).SerializeToString()
        try:
            data = await self._calls.run(30, lambda: self._library.ask("PairPhone", wanted))
        except TimeoutError:
            self.fail("unreachable", "the server gave no pairing code in time")
            return
        answer = neonize_pb2.PairPhoneReturnFunction.FromString(data)
        if answer.Error or not answer.Code:
            self.fail("refused", "the server gives no pairing code for this number")
        elif self.goes_on:
            self._say(Code(pairing=answer.Code, expires=_CODE_LASTS))

    def ended(self, word: str) -> None:
        """The library's last word on pairing."""
        if word == "success":
            return
        if word == "err-client-outdated":
            self.fail("outdated", "")
        elif "passkey" in word:
            self.fail("passkey", "")
        elif word == "timeout":
            self.fail("timeout", "")
        else:
            self.fail(_BY_STATE.get(self._condition.state, "failed"), self._condition.standing().detail)

    def ended_otherwise(self) -> None:
        """The client is in a state that leads to no session."""
        if self.goes_on:
            self.fail(_BY_STATE.get(self._condition.state, "failed"), self._condition.standing().detail)

    def fail(self, why: _Why, detail: str) -> None:
        """It is over: say so once, and that there is no session."""
        if not self.goes_on:
            return
        self.goes_on = False
        detail = detail or self._condition.standing().detail
        self._say(NotPaired(why=why, detail=detail))
        self._condition.begin_again(why if why in {"outdated", "passkey"} else "unpaired", detail)

    def account(self) -> None:
        """There is a session on disk."""
        if self.goes_on:
            self.goes_on = False
            self._say(Paired(me=self._condition.me))
