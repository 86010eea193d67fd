import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nanoclaw.channels.whatsapp.child import nodes
from nanoclaw.channels.whatsapp.child.gate import Gate, Keys
from nanoclaw.channels.whatsapp.child.spool import Kind, Spool, in_doubt, key_of
from nanoclaw.channels.whatsapp.child.turns import OUT, Turns
from nanoclaw.model.clock import SystemClock

DIRECT = (
    b'<message from="222@lid" id="3A1" notify="Ann" sender_pn="491@s.whatsapp.net" t="1"><enc type="msg"/></message>'
)
GROUP = (
    b'<message from="120@g.us" id="3A1" notify="x" participant="222:3@lid">'
    b'<enc type="pkmsg"/><enc type="skmsg"/></message>'
)
RECEIPT = b'<receipt id="3A1" to="222@lid" type="inactive"/>'
GROUP_RECEIPT = b'<receipt id="3A1" participant="222:3@lid" to="120@g.us" type="inactive"/>'
KEY = key_of("3A1", "222", "222")


class Bench:
    """A gate, and a receipt that waits at it."""

    def __init__(self, folder: Path) -> None:
        self.spool = Spool(folder / "spool")
        self.spool.open()
        self.folder = folder
        self.turns = Turns()
        self.lost: list[int] = []
        self.gate = Gate(
            Keys(spool=self.spool, turns=self.turns, clock=SystemClock()),
            patience=0.5,
            lost=lambda number, _key, _data: self.lost.append(number),
        )

    def arrives(self, line: bytes) -> None:
        self.gate.arrived(nodes.read(line))

    def event(self, origin: str = "222", key: bytes = KEY) -> None:
        number = self.spool.append(Kind.MESSAGE, key, b"text")
        self.gate.settled("3A1", origin, number, whole=False)

    def leaves(self, line: bytes) -> "Leaving":
        return Leaving(lambda: self.gate.leaving(nodes.read(line)))


class Leaving:
    def __init__(self, action: Callable[[], None]) -> None:
        self._gone = threading.Event()
        self._action = action
        threading.Thread(target=self._leave, daemon=True).start()

    def _leave(self) -> None:
        self._action()
        self._gone.set()

    def is_held(self) -> bool:
        return not self._gone.wait(0.1)

    def goes(self) -> bool:
        return self._gone.wait(5)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    one = Bench(tmp_path)
    yield one
    one.spool.close()


def test_a_receipt_waits_until_the_message_is_on_disk(bench: Bench) -> None:
    bench.arrives(DIRECT)
    receipt = bench.leaves(RECEIPT)
    assert receipt.is_held()
    bench.event()
    assert receipt.goes()
    assert not bench.lost


def test_a_receipt_for_what_never_came_goes_at_once(bench: Bench) -> None:
    for line in (
        RECEIPT,
        b'<receipt id="3A1" to="222@lid" type="read"/>',
        b'<receipt id="3A1" to="222@lid" type="retry"/>',
        b'<ack class="notification" id="3A1" to="222@lid"/>',
        b'<iq id="3A1" to="222@lid"/>',
    ):
        assert bench.leaves(line).goes()


def test_a_message_in_two_parts_is_confirmed_after_both(bench: Bench) -> None:
    bench.arrives(GROUP)
    receipt = bench.leaves(GROUP_RECEIPT)
    bench.gate.settled("3A1", "120", 0, whole=False)  # the part with keys only
    assert receipt.is_held()
    bench.event("120", key_of("3A1", "120", "222"))
    assert receipt.goes()


def test_an_id_that_is_used_again_at_once_holds_nothing_up(bench: Bench) -> None:
    for _ in range(3):
        bench.arrives(DIRECT)
    first, second, third = (bench.leaves(RECEIPT) for _ in range(3))
    bench.event()
    assert first.goes()
    assert second.is_held()
    assert third.is_held()
    bench.gate.ignored("3A1")
    bench.gate.settled("3A1", "222", 0, whole=True)
    assert second.goes()
    assert third.goes()
    assert not bench.lost


def test_what_was_decrypted_before_and_never_written_is_reported_before_it_is_confirmed(bench: Bench) -> None:
    bench.arrives(DIRECT)
    bench.gate.ignored("3A1")
    assert bench.leaves(RECEIPT).goes()
    assert len(bench.lost) == 1
    assert bench.spool.has(KEY)


def test_what_was_written_before_is_confirmed_again_without_a_word(bench: Bench) -> None:
    bench.spool.append(Kind.MESSAGE, KEY, b"text")
    bench.arrives(DIRECT)
    bench.gate.ignored("3A1")
    assert bench.leaves(RECEIPT).goes()
    assert not bench.lost


def test_a_message_that_gives_nothing_in_time_is_reported(bench: Bench) -> None:
    bench.arrives(DIRECT)
    assert bench.leaves(RECEIPT).goes()
    assert len(bench.lost) == 1


def test_a_refused_message_is_reported_at_once(bench: Bench) -> None:
    bench.arrives(DIRECT)
    assert bench.leaves(b'<ack class="message" error="491" id="3A1" to="222@lid"/>').goes()
    assert len(bench.lost) == 1


def test_a_name_that_looks_like_a_stanza_changes_nothing(bench: Bench) -> None:
    bench.arrives(
        b'<message from="222@lid" id="3A1" notify="Ann" id="OTHER" from="333@lid" sender_pn="491@s.whatsapp.net">'
        b'<enc type="msg"/></message>'
    )
    assert bench.leaves(RECEIPT).is_held()


def test_what_is_being_decrypted_is_in_doubt_until_its_event_is_written(bench: Bench) -> None:
    bench.arrives(DIRECT)
    bench.gate.decrypting("222")
    doubt = json.loads(in_doubt(bench.folder / "spool"))
    assert (doubt["users"], doubt["chat"]) == (["222", "491"], "222@lid")
    bench.event()
    assert in_doubt(bench.folder / "spool") == b""


def test_the_next_message_is_decrypted_after_the_one_before_is_written(bench: Bench) -> None:
    bench.arrives(DIRECT)
    bench.arrives(DIRECT.replace(b"3A1", b"3A2"))
    bench.gate.decrypting("222")
    second = Leaving(lambda: bench.gate.decrypting("222"))
    assert second.is_held()
    bench.event()
    assert second.goes()


def test_nothing_is_encrypted_while_a_message_is_decrypted(bench: Bench) -> None:
    bench.arrives(DIRECT)
    bench.gate.decrypting("222")
    assert not bench.turns.take(OUT, 0.05)
    bench.event()
    assert bench.turns.take(OUT, 1)
    bench.turns.give(OUT)
    bench.turns.give(OUT)


def test_what_hangs_in_the_client_does_not_hold_the_next_one_for_ever(bench: Bench) -> None:
    bench.arrives(DIRECT)
    bench.arrives(DIRECT.replace(b"3A1", b"3A2"))
    bench.gate.decrypting("222")
    assert Leaving(lambda: bench.gate.decrypting("222")).goes()
