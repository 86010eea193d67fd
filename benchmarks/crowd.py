"""A home as it is after years: a thousand groups, a million messages, their turns, replies and model calls.

Rows go in by the store's own schema, its full-text tables by the store's own statements. The texts are made of invented
words as often as words of a language are: the commonest in most messages, half of them in hardly any.
"""

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate, islice

import apsw

from nanoclaw.model.groups import GroupFolder
from nanoclaw.settings.home import Home
from nanoclaw.store.connection import open_connection
from nanoclaw.store.sql import load_queries

_VOCABULARY = 50_000
_WORDS_STEEPNESS = 1.0
_GROUPS_STEEPNESS = 0.8
_SYLLABLES = [consonant + vowel for consonant in "bdfgklmnprstvz" for vowel in "aeiou"]
_SPAN_MS = 3 * 365 * 86_400_000
_WAKING_SHARE = 0.1
_BLOCK = 5_000
_MESSAGE = """INSERT INTO messages (id, chat_id, external_id, sender_id, sender_name, text, from_assistant, sent_at,
    received_at, turn_id) VALUES (?, ?, ?, ?, ?, ?, 0, ?, ?, ?)"""
_TURN = """INSERT INTO turns (id, chat_id, group_id, state, trigger_id, through_id, created_at, started_at, finished_at)
    VALUES (?, ?, ?, 'answered', ?, ?, ?, ?, ?)"""
_REPLY = """INSERT INTO outbox (id, chat_id, turn_id, client_id, text, state, attempts, created_at, sent_at)
    VALUES (?, ?, ?, ?, ?, 'sent', 1, ?, ?)"""
_CALL = """INSERT INTO model_calls (group_id, model, status, started_at, finished_at, input_tokens, output_tokens,
    cache_read_tokens, cache_write_tokens, cost_usd) VALUES (?, 'scripted', 200, ?, ?, 900, 90, 9000, 0, 0.01)"""
_GROUP = """INSERT INTO groups (folder, name, trigger, requires_trigger, is_main, created_at)
    VALUES (?, ?, '@Andy', 1, 0, ?) RETURNING id"""
_CHAT = "INSERT INTO chats (channel, address, name, group_id, last_activity) VALUES ('local', ?, ?, ?, ?) RETURNING id"


@dataclass(frozen=True, slots=True, kw_only=True)
class CrowdGroup:
    """A group with its only chat. The first ones have the longest histories."""

    folder: GroupFolder
    group: int
    chat: int


@dataclass(slots=True)
class Words:
    """Invents words and texts; the same seed, the same texts."""

    chance: random.Random
    words: list[str] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Invent the vocabulary, the commonest word first."""
        made: dict[str, None] = {}
        while len(made) < _VOCABULARY:
            # Common words are short.
            length = 1 + min(4, len(made) // 60) if len(made) < 240 else self.chance.randint(3, 5)
            made["".join(self.chance.choices(_SYLLABLES, k=length))] = None
        self.words = list(made)
        self.weights = list(accumulate(1 / (rank + 2) ** _WORDS_STEEPNESS for rank in range(_VOCABULARY)))

    def texts(self) -> Iterator[str]:
        """Messages of three to sixty words, most of about ten."""
        while True:
            drawn = iter(self.chance.choices(self.words, cum_weights=self.weights, k=50_000))
            while len(text := list(islice(drawn, min(60, 3 + int(self.chance.expovariate(1 / 9)))))) > 2:
                yield " ".join(text)


def fill(home: Home, *, groups: int, messages: int, seed: int = 1) -> tuple[list[CrowdGroup], Words]:
    """Fill the database of a home whose daemon has been there and is down."""
    chance = random.Random(seed)  # noqa: S311 - texts, no secrets
    words = Words(chance)
    connection = open_connection(home.database)
    try:
        for pragma in ("synchronous = OFF", "foreign_keys = OFF", "cache_size = -200000"):
            connection.execute(f"PRAGMA {pragma}")
        with connection:
            places = [_place(connection, f"crowd-{number}") for number in range(groups)]
        _History(connection, places, words).write(messages)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()
    for place in places:
        home.group(place.folder).mkdir(mode=0o700)
    return places, words


def _place(connection: apsw.Connection, folder: str) -> CrowdGroup:
    group = _identity(connection, _GROUP, (folder, folder.title(), _now()))
    chat = _identity(connection, _CHAT, (folder, folder.title(), group, _now()))
    return CrowdGroup(folder=GroupFolder(folder), group=group, chat=chat)


def _identity(connection: apsw.Connection, statement: str, values: tuple[str | int, ...]) -> int:
    ((identity,),) = connection.execute(statement, values).fetchall()
    assert isinstance(identity, int)
    return identity


class _History:
    """What was said in all chats, in the order in which it was said."""

    def __init__(self, connection: apsw.Connection, places: list[CrowdGroup], words: Words) -> None:
        self._connection = connection
        self._places = places
        self._texts = words.texts()
        self._chance = words.chance
        self._inbox, self._outbox = load_queries("inbox"), load_queries("outbox")
        self._turn = 0

    def write(self, messages: int) -> None:
        weights = list(accumulate(1 / (rank + 10) ** _GROUPS_STEEPNESS for rank in range(len(self._places))))
        said = self._chance.choices(range(len(self._places)), cum_weights=weights, k=messages)
        wakes = [self._chance.random() < _WAKING_SHARE for _ in said]
        turns = _turns(said, wakes)
        begin, step = _now() - _SPAN_MS, _SPAN_MS // messages
        for first in range(0, messages, _BLOCK):
            with self._connection:
                block = range(first, min(first + _BLOCK, messages))
                self._messages(block, said, turns, begin, step)
                self._answers([number for number in block if wakes[number]], said, begin, step)
        cursors = "UPDATE chats SET cursor = ifnull((SELECT max(through_id) FROM turns WHERE chat_id = chats.id), 0)"
        self._connection.execute(cursors)

    def _messages(self, block: range, said: list[int], turns: list[int | None], begin: int, step: int) -> None:
        texts = list(islice(self._texts, len(block)))
        rows, index = [], []
        for number, text in zip(block, texts, strict=True):
            place, at, person = self._places[said[number]], begin + number * step, number % 7
            name = (f"m{number}", f"person-{person}", f"Person {person}")
            rows.append((number + 1, place.chat, *name, text, at, at, turns[number]))
            index.append({"message": number + 1, "text": text, "group": place.group})
        self._connection.executemany(_MESSAGE, rows)
        self._connection.executemany(self._inbox["index_text"], index)

    def _answers(self, woken: list[int], said: list[int], begin: int, step: int) -> None:
        """For each message that woke an agent a turn, a reply and a model call."""
        for number, text in zip(woken, islice(self._texts, len(woken)), strict=True):
            self._turn += 1
            turn, place, at = self._turn, self._places[said[number]], begin + number * step
            message = number + 1
            ended = at + 2_000
            self._connection.execute(_TURN, (turn, place.chat, place.group, message, message, at, at, ended))
            self._connection.execute(_REPLY, (turn, place.chat, turn, f"turn-{turn}-0", text, ended, ended))
            self._connection.execute(self._outbox["index_text"], {"reply": turn, "text": text, "chat": place.chat})
            self._connection.execute(_CALL, (place.group, at, ended))


def _turns(said: list[int], wakes: list[bool]) -> list[int | None]:
    """The turn that claimed each message: that of the next message in its chat that woke the agent."""
    numbers = list(accumulate(map(int, wakes)))
    following: dict[int, int] = {}
    found: list[int | None] = [None] * len(said)
    for number in range(len(said) - 1, -1, -1):
        if wakes[number]:
            following[said[number]] = numbers[number]
        found[number] = following.get(said[number])
    return found


def _now() -> int:
    return time.time_ns() // 1_000_000
