"""The tables are the library's own, as neonize 0.5.2 makes them."""

import time
from pathlib import Path

import apsw
import pytest

from nanoclaw.store.errors import StoreError
from nanoclaw.store.whatsapp import Doubt, is_device_linked, is_linked, take_back

OURS, ANN, GROUP = "491:7@s.whatsapp.net", "222_1:0", "120@g.us"
TABLES = """
CREATE TABLE whatsmeow_device (jid TEXT PRIMARY KEY);
CREATE TABLE whatsmeow_sessions (our_jid TEXT, their_id TEXT, session bytea, PRIMARY KEY (our_jid, their_id));
CREATE TABLE whatsmeow_sender_keys (
    our_jid TEXT, chat_id TEXT, sender_id TEXT, sender_key bytea NOT NULL, PRIMARY KEY (our_jid, chat_id, sender_id)
);
CREATE TABLE whatsmeow_pre_keys (
    jid TEXT, key_id INTEGER, key bytea NOT NULL, uploaded BOOLEAN NOT NULL, PRIMARY KEY (jid, key_id)
);
CREATE TABLE whatsmeow_lid_map (lid TEXT PRIMARY KEY, pn TEXT UNIQUE NOT NULL);
"""
PUT_SESSION = """
INSERT INTO whatsmeow_sessions VALUES (?, ?, ?) ON CONFLICT (our_jid, their_id) DO UPDATE SET session = excluded.session
"""
PUT_SENDER_KEY = """
INSERT INTO whatsmeow_sender_keys VALUES (?, ?, ?, ?)
ON CONFLICT (our_jid, chat_id, sender_id) DO UPDATE SET sender_key = excluded.sender_key
"""


class Library:
    """What the library does to its database."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._do(TABLES)
        self._do("INSERT INTO whatsmeow_device VALUES (?)", OURS)
        self._do("INSERT INTO whatsmeow_lid_map VALUES ('222', '492')")
        self._do("INSERT INTO whatsmeow_pre_keys VALUES (?, 5, x'05', 1)", OURS)

    def _do(self, sql: str, *values: object) -> list[tuple[object, ...]]:
        connection = apsw.Connection(str(self.path))
        try:
            return connection.execute(sql, values or None).fetchall()
        finally:
            connection.close()

    def session(self, value: bytes, who: str = ANN) -> None:
        self._do(PUT_SESSION, OURS, who, value)

    def sender_key(self, value: bytes) -> None:
        self._do(PUT_SENDER_KEY, OURS, GROUP, ANN, value)

    def use_pre_key(self) -> None:
        self._do("DELETE FROM whatsmeow_pre_keys WHERE jid = ? AND key_id = 5", OURS)

    @property
    def sessions(self) -> dict[object, object]:
        return dict(self._do("SELECT their_id, session FROM whatsmeow_sessions"))  # type: ignore[arg-type]  # pairs

    @property
    def sender_keys(self) -> list[tuple[object, ...]]:
        return self._do("SELECT sender_key FROM whatsmeow_sender_keys")

    @property
    def pre_keys(self) -> list[tuple[object, ...]]:
        return self._do("SELECT key_id, key, uploaded FROM whatsmeow_pre_keys")


@pytest.fixture
def library(tmp_path: Path) -> Library:
    one = Library(tmp_path / "session.db")
    assert is_linked(one.path)
    return one


def moment() -> int:
    """A millisecond of its own."""
    time.sleep(0.003)
    now = time.time_ns() // 1_000_000
    time.sleep(0.003)
    return now


def doubt(since: int, *users: str, chat: str = "") -> Doubt:
    return Doubt(since=since, users=frozenset(users or {"222"}), chat=chat)


def test_a_session_goes_back_to_what_it_was_before_the_message(library: Library) -> None:
    library.session(b"one")
    library.session(b"two")
    since = moment()
    library.session(b"three")
    library.session(b"other", "333_1:0")
    assert take_back(library.path, doubt(since))
    assert library.sessions == {ANN: b"two", "333_1:0": b"other"}


def test_a_session_that_the_message_began_goes_and_the_key_that_it_used_comes_back(library: Library) -> None:
    since = moment()
    library.session(b"new")
    library.use_pre_key()
    assert take_back(library.path, doubt(since))
    assert library.sessions == {}
    assert library.pre_keys == [(5, b"\x05", 1)]


def test_somebody_known_by_their_number_is_the_same_person(library: Library) -> None:
    library.session(b"one")
    since = moment()
    library.session(b"two")
    assert take_back(library.path, doubt(since, "492"))
    assert library.sessions == {ANN: b"one"}


def test_in_a_group_the_senders_key_goes_back_as_far_as_it_came(library: Library) -> None:
    library.sender_key(b"one")
    since = moment()
    library.sender_key(b"two")
    library.sender_key(b"three")
    assert take_back(library.path, doubt(since, "222", chat=GROUP))
    assert library.sender_keys == [(b"one",)]


def test_a_session_that_changed_twice_is_left_alone(library: Library) -> None:
    library.session(b"one")
    since = moment()
    library.session(b"two")
    library.session(b"three")
    library.use_pre_key()
    assert not take_back(library.path, doubt(since))
    assert library.sessions == {ANN: b"three"}
    assert library.pre_keys == []


def test_nothing_is_taken_back_when_nothing_changed_and_nothing_twice(library: Library) -> None:
    library.session(b"one")
    since = moment()
    assert not take_back(library.path, doubt(since))
    library.session(b"two")
    assert take_back(library.path, doubt(since))
    assert not take_back(library.path, doubt(since))
    assert library.sessions == {ANN: b"one"}


def test_old_keys_do_not_pile_up(library: Library) -> None:
    for number in range(200):
        library.session(bytes([number]))
    connection = apsw.Connection(str(library.path))
    assert connection.execute("SELECT count(*) FROM nanoclaw_before").fetchall() == [(40,)]
    connection.close()


def test_without_a_file_or_an_account_there_is_no_session(tmp_path: Path) -> None:
    assert not is_linked(tmp_path / "none.db")
    (tmp_path / "empty.db").touch()
    assert not is_linked(tmp_path / "empty.db")
    library = Library(tmp_path / "session.db")
    library._do("DELETE FROM whatsmeow_device")
    assert not is_linked(library.path)


def test_a_damaged_file_is_an_error_with_a_hint(tmp_path: Path, library: Library) -> None:
    data = bytearray(library.path.read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    library.path.write_bytes(data)
    with pytest.raises(StoreError) as caught:
        is_linked(library.path)
    assert caught.value.hint


def test_a_look_at_the_session_writes_nothing(tmp_path: Path, library: Library) -> None:
    before = library.path.read_bytes()
    assert is_device_linked(library.path)
    assert library.path.read_bytes() == before
    assert not is_device_linked(tmp_path / "none.db")
