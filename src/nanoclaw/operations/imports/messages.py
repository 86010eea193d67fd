"""v1's messages as history here: what people wrote, and what the assistant answered."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from nanoclaw.model.clock import Milliseconds
from nanoclaw.operations.imports.errors import ImportConflictError
from nanoclaw.operations.imports.groups import Move
from nanoclaw.operations.imports.report import Report
from nanoclaw.store.importing import History, Pages
from nanoclaw.store.v1 import V1Message

_LONGEST_NAME = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """The pages of one chat, and what v1's assistant put before its words there."""

    move: Move
    pages: Pages
    prefix: str


def take_messages(
    found: Iterable[V1Message],
    moves: Iterable[Move],
    open_pages: Callable[[Move], Pages],
    history: History,
    report: Report,
) -> dict[str, Milliseconds]:
    """Take in what is not there yet, oldest first; when the last message of a person came in each chat.

    Raises:
        ImportConflictError: a chat has messages here that wait for their answer, and more would come before them.
    """
    chats = {move.jid: Taken(move=move, pages=open_pages(move), prefix=_prefix(move)) for move in moves}
    open_before = {jid for jid, chat in chats.items() if history.is_open(chat.pages.chat)}
    new: set[str] = set()
    last: dict[str, Milliseconds] = {}
    for message in found:
        chat = chats.get(message.jid)
        if chat is None:
            report.leave_out("messages", "their chat is not registered", message.jid)
        elif message.at is None or not 0 < len(message.id) <= _LONGEST_NAME:
            report.leave_out("messages", "they have no id or no time", message.jid)
        elif _take(message, message.at, chat, report, last):
            new.add(message.jid)
    if blocked := sorted(new & open_before):
        raise ImportConflictError(
            f"Messages wait for their answer in {', '.join(blocked)}, and history would be put before them",
            hint="Start the assistant and let it answer them, then stop it and import again. Nothing was changed.",
        )
    for jid in new:
        history.pass_over(chats[jid].pages.chat)
    return last


def count_unanswered(last: Mapping[str, Milliseconds], answered: Mapping[str, Milliseconds]) -> int:
    """In how many chats v1 had not come to the last message of a person."""
    return sum(1 for jid, at in last.items() if jid in answered and at > answered[jid])


def _take(message: V1Message, at: Milliseconds, chat: Taken, report: Report, last: dict[str, Milliseconds]) -> bool:
    """Take one in; whether it is new."""
    said = message.text.removeprefix(chat.prefix).strip()
    if message.from_assistant or (message.from_me and message.text.startswith(chat.prefix)):
        new, what = chat.pages.outgoing(message.id, said or message.text, at), "replies"
    else:
        last[message.jid] = at
        sender = (message.sender or "?", message.sender_name or message.sender or "?")
        new, what = chat.pages.incoming(message.id, sender, message.text, at, message.quote), "messages"
    report.count(what if new else "known_messages")
    return new


def _prefix(move: Move) -> str:
    """On a number shared with its owner, v1's assistant wrote ``Andy: `` before its words."""
    return f"{move.trigger.removeprefix('@')}:"
