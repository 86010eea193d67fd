"""The way out, by Apprise: imported when something leaves and not before, because it is large."""

import asyncio
import logging
import threading
from collections.abc import Callable
from typing import Self

from nanoclaw.operations.alerts.contract import Level, Message, Route, Sent
from nanoclaw.operations.alerts.reasons import explain

_SEND_SECONDS = 60
_NOT_UNDERSTOOD = Sent(
    problem="the address is not understood",
    hint="It is like mailtos://user:password@example.org?to=me@example.org; docs/how-to/be-alerted.md has examples.",
)
_SAID_AT_MOST = 200


async def send(route: Route, message: Message) -> Sent:
    """Send, within a minute. A thread of its own, which no stop of the daemon waits for, does it."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Sent] = loop.create_future()

    def tell(sent: Sent) -> None:
        if not done.done():
            done.set_result(sent)

    def work() -> None:
        sent = send_now(route, message)
        try:
            loop.call_soon_threadsafe(tell, sent)
        except RuntimeError:
            # The loop has ended: nobody waits.
            return

    threading.Thread(target=work, name="alert", daemon=True).start()
    try:
        async with asyncio.timeout(_SEND_SECONDS):
            return await done
    except TimeoutError:
        return Sent(problem=f"the service did not answer within {_SEND_SECONDS} seconds", hint="It is tried again.")


def send_now(route: Route, message: Message) -> Sent:
    """Send, and wait for it. Never raises: libraries of others work here, and whatever breaks is a failure to send."""
    said = _Listener(threading.get_ident())
    try:
        with said:
            return _send(route, message, said)
    except Exception as error:  # noqa: BLE001 - the boundary around code of others
        return explain(f"{type(error).__name__}: {error}")


def _send(route: Route, message: Message, said: "_Listener") -> Sent:
    from apprise import Apprise, AppriseAsset, NotifyFormat, NotifyType  # noqa: PLC0415 - a fifth of a second, rarely needed

    kinds = {
        Level.INFO: NotifyType.INFO,
        Level.WARNING: NotifyType.WARNING,
        Level.ERROR: NotifyType.FAILURE,
        Level.CRITICAL: NotifyType.FAILURE,
    }
    asset = AppriseAsset(app_id="NanoClaw", app_desc="NanoClaw", app_url="", async_mode=False)
    ways = Apprise(asset=asset)
    if not ways.add(route.url.get_secret_value().strip()) or not len(ways):
        return _NOT_UNDERSTOOD
    if ways.notify(
        body=message.text, title=message.title, notify_type=kinds[message.level], body_format=NotifyFormat.TEXT
    ):
        return Sent()
    return explain(said.text())


class _Listener(logging.Handler):
    """Hears what the library says of its failure, in one thread, and keeps it from every log: it holds addresses."""

    def __init__(self, thread: int) -> None:
        super().__init__(logging.DEBUG)
        self._thread = thread
        self._said: list[str] = []

    def __enter__(self) -> Self:
        logger = logging.getLogger("apprise")
        logger.propagate = False
        logger.setLevel(logging.DEBUG)
        logger.addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        logging.getLogger("apprise").removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the newest lines."""
        if record.thread == self._thread:
            self._said = [*self._said, record.getMessage()][-_SAID_AT_MOST:]

    def text(self) -> str:
        """All of them, for the one who looks for a reason in them."""
        # What was sent is told there too, and says nothing of why it failed.
        return "\n".join(line for line in self._said if "Payload" not in line)


Sender = Callable[[Route, Message], Sent]
"""What :func:`send_now` is, and what else may stand in its place."""
