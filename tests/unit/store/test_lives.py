"""Random lives of one chat: whatever comes, nothing is lost and nothing is answered twice."""

import asyncio
from collections import Counter
from collections.abc import Coroutine
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from nanoclaw.model.chats import MessageId
from nanoclaw.model.clock import Milliseconds
from nanoclaw.model.groups import Group
from nanoclaw.model.turns import Turn, TurnState
from nanoclaw.store.sql import rows
from nanoclaw.store.turns import Finish, Retry
from tests.unit.store.conftest import HERE, new_group, open_store

T = TypeVar("T")
LIMIT = 3
ENDED = {TurnState.ANSWERED, TurnState.FAILED, TurnState.STOPPED}


class Lives(RuleBasedStateMachine):
    """Receives, claims, ends, retries, delivers and restarts, and knows what must have become of each message."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.loop = asyncio.new_event_loop()
        self.store = self.wait(open_store(Path(self.folder.name) / "messages.db", catch_up=1000))
        self.group: Group = self.wait(self.store.groups.add(new_group("main", is_main=True)))
        self.triggers: list[MessageId] = []
        self.answered: Counter[MessageId] = Counter()
        self.running: list[Turn] = []
        self.cursor = 0
        self.delivered: Counter[str] = Counter()
        self.taken: dict[int, str] = {}

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    def teardown(self) -> None:
        try:
            self.finish_everything()
        finally:
            self.wait(self.store.database.close())
            self.loop.close()
            self.folder.cleanup()

    @rule(wakes=st.sampled_from([True, True, True, False]), again=st.sampled_from([False, False, False, True]))
    def receive(self, *, wakes: bool, again: bool) -> None:
        name = f"m{len(self.store.sent)}" if again and self.store.sent else None
        stored = self.wait(self.store.receive("text", external_id=name, wakes=wakes))
        assert not (stored.duplicate and name is None)
        if wakes and not stored.duplicate:
            assert stored.turn
            self.triggers.append(stored.message)

    @rule(wakes=st.booleans())
    def receive_and_claim(self, *, wakes: bool) -> None:
        self.receive(wakes=wakes, again=False)
        self.receive(wakes=True, again=False)
        self.claim()

    @rule()
    def claim(self) -> None:
        turn = self.wait(self.store.turns.claim(self.group.id))
        if turn is not None:
            assert turn.messages
            shown = {message.id for message in turn.messages}
            assert not any(shown & {message.id for message in other.messages} for other in self.running)
            assert not any(self.answered[message] for message in shown), "answered messages come back"
            self.running.append(turn)

    @precondition(lambda self: self.running)
    @rule(
        which=st.sampled_from([slice(None), slice(0, 1), slice(-1, None)]),
        state=st.sampled_from([TurnState.ANSWERED, TurnState.STOPPED]),
    )
    def end(self, *, which: slice, state: TurnState) -> None:
        turns = self.running[which]
        del self.running[which]
        self.finish(turns, state)

    @precondition(lambda self: self.running)
    @rule()
    def fail(self) -> None:
        turns, self.running = self.running, []
        finish = Finish(turns=tuple(turn.id for turn in turns), state=TurnState.FAILED, messages=("sorry",))
        assert self.wait(self.store.turns.finish(finish))

    def finish(self, turns: list[Turn], state: TurnState) -> None:
        finish = Finish(turns=tuple(turn.id for turn in turns), state=state, messages=("a", "b"))
        assert self.wait(self.store.turns.finish(finish))
        assert not self.wait(self.store.turns.finish(finish)), "a turn ends once"
        self.answered.update(message.id for turn in turns for message in turn.messages)

    @precondition(lambda self: self.running)
    @rule(seconds=st.integers(0, 3), counts=st.booleans(), first_alone=st.booleans())
    def retry(self, *, seconds: int, counts: bool, first_alone: bool) -> None:
        """As a worker does it: what failed is counted, the rest is put back."""
        failed = self.running[:1] if first_alone else self.running
        rest, self.running = self.running[len(failed) :], []
        at = Milliseconds(self.store.clock.now() + seconds * 1000)
        self.put_back(failed, at, counts=counts)
        if rest:
            self.put_back(rest, self.store.clock.now(), counts=False)

    def put_back(self, turns: list[Turn], at: Milliseconds, *, counts: bool) -> None:
        ids = tuple(turn.id for turn in turns)
        self.wait(self.store.turns.retry(Retry(turns=ids, not_before=at, error="it broke", counts=counts)))

    @rule()
    def restart(self) -> None:
        sent, clock = self.store.sent, self.store.clock
        self.wait(self.store.database.close())
        self.store = self.wait(open_store(Path(self.folder.name) / "messages.db", clock, catch_up=1000))
        self.store.sent, self.store.clock = sent, clock
        self.running = []
        for turn in self.wait(self.store.turns.recover(limit=LIMIT)).given_up:
            self.wait(self.store.turns.give_up(turn))

    @rule(seconds=st.integers(1, 5))
    def pass_time(self, seconds: int) -> None:
        self.store.clock.value += seconds * 1000

    @rule(outcome=st.sampled_from(["sent", "retry", "failed", "crash"]))
    def deliver(self, outcome: str) -> None:
        reply = self.wait(self.store.outbox.take(HERE))
        if reply is None:
            return
        assert self.taken.setdefault(reply.id, reply.client_id) == reply.client_id
        assert reply.id == max(self.taken), "replies of a chat go in order"
        if outcome == "sent":
            self.delivered[reply.client_id] += 1
            self.wait(self.store.outbox.sent(reply.id, "n"))
        elif outcome == "retry":
            later = Milliseconds(self.store.clock.now() + 1)
            self.wait(self.store.outbox.retry(reply.id, not_before=later, error="busy"))
        elif outcome == "failed":
            self.wait(self.store.outbox.failed(reply.id, "gone"))

    @invariant()
    def no_reply_is_delivered_twice(self) -> None:
        assert all(times == 1 for times in self.delivered.values())
        assert len(set(self.taken.values())) == len(self.taken), "client ids are unique"

    @invariant()
    def the_cursor_never_goes_back(self) -> None:
        cursor = self.one("SELECT cursor FROM chats")
        assert cursor >= self.cursor
        self.cursor = cursor

    @invariant()
    def every_triggering_message_belongs_to_a_turn_or_a_turn_is_queued(self) -> None:
        queued = self.one("SELECT count(*) FROM turns WHERE state = 'queued'")
        without = self.one(
            "SELECT count(*) FROM messages m LEFT JOIN turns t ON t.id = m.turn_id "
            "WHERE m.id IN (SELECT value FROM json_each(:ids)) AND (t.id IS NULL OR t.state IN ('queued', 'merged'))",
            ids=f"[{', '.join(map(str, self.triggers))}]",
        )
        assert queued <= 1
        assert queued or not without

    def finish_everything(self) -> None:
        """However it stood, it comes to an end: each triggering message in exactly one turn that ended."""
        for turn in self.running:
            self.finish([turn], TurnState.ANSWERED)
        self.store.clock.value += 10_000
        while (last := self.wait(self.store.turns.claim(self.group.id))) is not None:
            assert not any(self.answered[message.id] for message in last.messages)
            self.finish([last], TurnState.ANSWERED)
        for message in self.triggers:
            state = self.one(
                "SELECT t.state FROM turns t JOIN messages m ON m.turn_id = t.id WHERE m.id = :id", id=message
            )
            assert state in ENDED
            assert self.answered[message] == 1 or state == TurnState.FAILED
        assert max(self.answered.values(), default=0) <= 1
        counts = self.wait(self.store.outcomes.counts())
        assert (counts.queued, counts.running) == (0, 0)

    def one(self, query: str, **values: object) -> Any:
        return self.wait(self.store.database.read(lambda connection: rows(connection, query, values)))[0][0]


TestLives = Lives.TestCase
TestLives.settings = settings(
    max_examples=40, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
