"""Linking the owner's WhatsApp account: what the child says of it becomes steps for a person."""

import asyncio
import re
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress

from nanoclaw.channels.contract import PairingCode, PairingDone, PairingError, PairingFault, PairingStep
from nanoclaw.channels.whatsapp.child_contract import OrderFailedError
from nanoclaw.channels.whatsapp.link import (
    Code,
    Done,
    Logout,
    NotPaired,
    Order,
    Pair,
    Paired,
    Person,
    Standing,
    StopPairing,
)

_PHONE = re.compile(r"[1-9][0-9]{6,14}", re.ASCII)
_STOP_SECONDS = 2.0
_SILENCE_SECONDS = 60.0
"""The longest between the order and the first code, and after the last one has expired."""
_LINKED = frozenset({"connected", "connecting", "unreachable", "replaced"})
"""Standings in which a child that knows who it is has a session that is worth something."""

_SCAN = "On your telephone: WhatsApp, Settings, Linked devices, Link a device; then scan this picture."
_TYPE = (
    "On your telephone: WhatsApp, Settings, Linked devices, Link a device, Link with phone number instead; then type"
    " this."
)


class PhonePairing:
    """Pairing and logging out, by orders to the child. ``hear`` is called with what the child says of itself.

    One pairing at a time: a second one is refused while the first is being read.
    """

    def __init__(self, order: Callable[[Order], Awaitable[Done]], *, silence: float = _SILENCE_SECONDS) -> None:
        self._order = order
        self._silence = silence
        self._standing = Standing(state="starting")
        self._started = asyncio.Event()
        self._ears: asyncio.Queue[Code | Paired | NotPaired | Standing] | None = None

    def hear(self, said: Code | Paired | NotPaired | Standing) -> None:
        """What the child said. Cheap; also while nobody pairs."""
        if isinstance(said, Standing):
            self._standing = said
            if said.state != "starting":
                self._started.set()
        if self._ears is not None:
            self._ears.put_nowait(said)

    async def pair(self, phone: str = "") -> AsyncGenerator[PairingStep]:
        """Codes, then that it is done. ``phone``: digits with country code; a ``+`` and gaps between them are taken.

        Raises:
            PairingError: nobody was linked.
        """
        number = _digits(phone)
        if self._ears is not None:
            raise PairingError(
                "Someone is pairing already",
                hint="Finish it there, or close it and try again.",
                fault=PairingFault.BUSY,
            )
        self._ears = asyncio.Queue()
        try:
            await self._begin(number)
            async for step in self._steps(self._ears):
                yield step
        except (GeneratorExit, asyncio.CancelledError):
            await self._stop()
            raise
        finally:
            self._ears = None

    async def logout(self) -> None:
        """End the session at the server, and forget it.

        Raises:
            OrderFailedError: the server could not be told.
        """
        await self._order(Logout(order=0))

    async def _begin(self, number: str) -> None:
        try:
            async with asyncio.timeout(self._silence):
                await self._started.wait()
        except TimeoutError:
            raise _not_paired("failed", "it does not start") from None
        if self._standing.state in _LINKED and (self._standing.me.phone or self._standing.me.lid):
            raise already_paired()
        try:
            await self._order(Pair(order=0, phone=number))
        except OrderFailedError as error:
            fault = PairingFault.UNREACHABLE if error.again else PairingFault.REFUSED
            raise PairingError(f"Pairing could not begin: {error}", hint=_HINTS[fault], fault=fault) from error

    async def _stop(self) -> None:
        """Best effort: the codes end by themselves within minutes."""
        with suppress(OrderFailedError, TimeoutError):
            async with asyncio.timeout(_STOP_SECONDS):
                await self._order(StopPairing(order=0))

    async def _steps(self, ears: "asyncio.Queue[Code | Paired | NotPaired | Standing]") -> AsyncGenerator[PairingStep]:
        patience = self._silence
        while True:
            try:
                async with asyncio.timeout(patience):
                    said = await ears.get()
            except TimeoutError:
                raise _not_paired("timeout", "") from None
            match said:
                case Code():
                    patience = said.expires + self._silence
                    yield _step(said)
                case Paired():
                    yield _done(said.me)
                    return
                case NotPaired():
                    raise _not_paired(said.why, said.detail)
                case Standing(state="failed", detail=detail):
                    # A child that ended or hung cannot say more.
                    raise _not_paired("failed", detail)
                case Standing():
                    continue


def already_paired() -> PairingError:
    """Why there is nothing to pair."""
    return PairingError(
        "A WhatsApp account is linked already",
        hint="`nanoclaw auth status` shows it. To link another one: `nanoclaw auth logout whatsapp` first.",
        fault=PairingFault.ALREADY,
    )


_WORDS: dict[str, tuple[str, PairingFault]] = {
    "timeout": ("Nobody used a code in time, so WhatsApp gives out no more", PairingFault.TIMEOUT),
    "outdated": ("WhatsApp no longer accepts this version of the client", PairingFault.OUTDATED),
    "passkey": ("This WhatsApp account demands a passkey, which this client cannot give", PairingFault.PASSKEY),
    "unreachable": ("WhatsApp cannot be reached", PairingFault.UNREACHABLE),
    "refused": ("WhatsApp refused to link", PairingFault.REFUSED),
    "failed": ("The WhatsApp client failed", PairingFault.BROKEN),
}
_HINTS = {
    PairingFault.TIMEOUT: "Have the telephone at hand with WhatsApp open at Linked devices, and try again.",
    PairingFault.OUTDATED: "Update NanoClaw (docs/how-to/upgrade.md) and try again; WhatsApp shuts old clients out.",
    PairingFault.PASSKEY: "In WhatsApp on the telephone: Settings, Account, Passkeys, remove it; link; then add it"
    " again. Or use another number for the assistant.",
    PairingFault.UNREACHABLE: "Check the network of this machine (it needs HTTPS to web.whatsapp.com); try again.",
    PairingFault.REFUSED: "Check the number and the account on the telephone; wait some hours after many tries.",
    PairingFault.BROKEN: "Try again; `nanoclaw doctor` and `nanoclaw logs` say more.",
}


def _not_paired(why: str, detail: str) -> PairingError:
    words, fault = _WORDS[why]
    return PairingError(f"{words}{f' ({detail})' if detail else ''}", hint=_HINTS[fault], fault=fault)


def _step(code: Code) -> PairingCode:
    if code.pairing:
        return PairingCode(code=_grouped(code.pairing), expires=code.expires, words=_TYPE)
    return PairingCode(qr=code.qr, expires=code.expires, words=_SCAN)


def _done(me: Person) -> PairingDone:
    # The account's own chat with itself is where its owner writes to the assistant.
    account = me.phone or me.lid
    return PairingDone(account=account, owner=account, chat=account, name=me.name)


def _grouped(code: str) -> str:
    """As the telephone shows it: ABCD-EFGH."""
    plain = code.replace("-", "")
    return f"{plain[:4]}-{plain[4:]}" if len(plain) == 8 else code


def _digits(phone: str) -> str:
    digits = re.sub(r"[\s().+-]", "", phone)
    if phone and not _PHONE.fullmatch(digits):
        raise PairingError(
            "That is no telephone number with its country code",
            hint="Write it like +49 170 1112223: the country code, then the number without its first 0.",
            fault=PairingFault.REFUSED,
        )
    return digits
