"""Sessions of two, sender keys, and signatures, by themselves."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.whatsapp_network.addresses import GROUP, LID, Address
from tests.fakes.whatsapp_network.device import Device
from tests.fakes.whatsapp_network.signal import wire
from tests.fakes.whatsapp_network.signal.chains import SeenBeforeError, SignalError
from tests.fakes.whatsapp_network.signal.keys import KeyPair, verify
from tests.fakes.whatsapp_network.signal.sender_key import OwnSenderKey, TheirSenderKey

_ANN, _BOB = Address("1", LID), Address("2", LID)
_GROUP = Address("9", GROUP)


@pytest.fixture
def ann() -> Device:
    return Device(_ANN)


@pytest.fixture
def bob() -> Device:
    return Device(_BOB)


def test_a_session_begins_with_its_first_message_and_ratchets_on(ann: Device, bob: Device) -> None:
    kinds = []
    for number in range(3):
        text = f"to Bob {number}".encode()
        kind, data = ann.encrypt(_BOB, text, bob.bundle)
        kinds.append(kind)
        assert bob.decrypt(_ANN, kind, data) == text
    for number in range(30):
        text = f"to Ann {number}".encode()
        kind, data = bob.encrypt(_ANN, text, ann.bundle)
        assert ann.decrypt(_BOB, kind, data) == text
        kind, data = ann.encrypt(_BOB, text, bob.bundle)
        assert (kind, bob.decrypt(_ANN, kind, data)) == ("msg", text)
    assert kinds == ["pkmsg"] * 3, "until the other side has answered"


@settings(max_examples=30)
@given(
    st.lists(st.tuples(st.booleans(), st.binary(min_size=1, max_size=40)), max_size=30),
    st.randoms(use_true_random=False),
)
def test_messages_may_overtake_each_other(said: list[tuple[bool, bytes]], order: random.Random) -> None:
    ann, bob = Device(_ANN), Device(_BOB)
    first = ann.encrypt(_BOB, b"hello", bob.bundle)
    assert bob.decrypt(_ANN, *first) == b"hello"
    way: dict[bool, list[tuple[bytes, str, bytes]]] = {True: [], False: []}
    for by_ann, text in said:
        writer, reader = (ann, _BOB) if by_ann else (bob, _ANN)
        way[by_ann].append((text, *writer.encrypt(reader, text, bob.bundle)))
    for by_ann, messages in way.items():
        order.shuffle(messages)
        for text, kind, data in messages:
            assert (bob if by_ann else ann).decrypt(_ANN if by_ann else _BOB, kind, data) == text


def test_both_may_begin_at_once(ann: Device, bob: Device) -> None:
    to_bob = ann.encrypt(_BOB, b"from Ann", bob.bundle)
    to_ann = bob.encrypt(_ANN, b"from Bob", ann.bundle)
    assert bob.decrypt(_ANN, *to_bob) == b"from Ann"
    assert ann.decrypt(_BOB, *to_ann) == b"from Bob"
    assert bob.decrypt(_ANN, *ann.encrypt(_BOB, b"again", bob.bundle)) == b"again"
    assert ann.decrypt(_BOB, *bob.encrypt(_ANN, b"again", ann.bundle)) == b"again"


def test_the_same_message_is_read_once_and_a_changed_one_never(ann: Device, bob: Device) -> None:
    kind, data = ann.encrypt(_BOB, b"hello", bob.bundle)
    with pytest.raises(SignalError):
        bob.decrypt(_ANN, kind, data[:-9] + bytes([data[-9] ^ 1]) + data[-8:])
    assert bob.decrypt(_ANN, kind, data) == b"hello"
    with pytest.raises(SeenBeforeError):
        bob.decrypt(_ANN, kind, data)


def test_a_device_that_has_lost_everything_reads_nothing_old(ann: Device, bob: Device) -> None:
    kind, data = ann.encrypt(_BOB, b"hello", bob.bundle)
    with pytest.raises(SignalError, match="never gave out"):
        Device(_BOB).decrypt(_ANN, kind, data)
    bob.decrypt(_ANN, kind, data)
    kind, data = bob.encrypt(_ANN, b"hi", ann.bundle)
    with pytest.raises(SignalError, match="no session"):
        Device(_ANN).decrypt(_BOB, kind, data)


def test_a_sender_key_reads_from_where_it_was_handed_out(ann: Device, bob: Device) -> None:
    before = ann.encrypt_to_group(_GROUP, b"before")
    with pytest.raises(SignalError, match="no sender key"):
        bob.decrypt_from_group(_GROUP, _ANN, before)
    bob.learn(_GROUP, _ANN, ann.distribution(_GROUP))
    late, soon = (ann.encrypt_to_group(_GROUP, text) for text in (b"late", b"soon"))
    assert bob.decrypt_from_group(_GROUP, _ANN, soon) == b"soon"
    assert bob.decrypt_from_group(_GROUP, _ANN, late) == b"late"
    for again in (late, before):
        with pytest.raises(SeenBeforeError):
            bob.decrypt_from_group(_GROUP, _ANN, again)
    assert [ann.hands_out(_GROUP, _BOB), ann.hands_out(_GROUP, _BOB)] == [True, False]


def test_a_message_to_the_group_of_another_hand_is_refused() -> None:
    own, other = OwnSenderKey(), OwnSenderKey()
    reader = TheirSenderKey(own.distribution())
    with pytest.raises(SignalError, match="under key"):
        reader.decrypt(other.encrypt(b"hello"))
    data = own.encrypt(b"hello")
    with pytest.raises(SignalError, match="signature"):
        reader.decrypt(data[:-70] + bytes([data[-70] ^ 1]) + data[-69:])


@given(st.binary(max_size=100))
def test_a_signature_is_of_one_message_and_one_key(message: bytes) -> None:
    key = KeyPair.generate()
    signature = key.sign(message)
    assert verify(key.public, message, signature)
    assert not verify(key.public, message + b"!", signature)
    assert not verify(KeyPair.generate().public, message, signature)
    assert not verify(key.public, message, signature[:-1])


@given(st.dictionaries(st.integers(1, 500), st.integers(0, 2**63 - 1) | st.binary(max_size=300), max_size=6))
def test_fields_are_read_as_they_were_written(fields: wire.Fields) -> None:
    assert wire.read(wire.write(fields)) == fields


@given(st.binary(max_size=60))
def test_other_bytes_are_no_fields(data: bytes) -> None:
    try:
        wire.read(data)
    except wire.WireError:
        return


@pytest.mark.parametrize("data", [b"\x0a\x05abc", b"\x08", b"\x0d\0\0\0\0", b"\x08" + b"\xff" * 11])
def test_fields_that_cannot_be_are_refused(data: bytes) -> None:
    with pytest.raises(wire.WireError):
        wire.read(data)
