"""A telephone as Signal sees it: an identity, keys to begin with, a session with each device it writes to."""

import secrets
from collections.abc import Callable

from tests.fakes.whatsapp_network.addresses import Address
from tests.fakes.whatsapp_network.nodes import Node
from tests.fakes.whatsapp_network.signal.chains import SeenBeforeError, SignalError
from tests.fakes.whatsapp_network.signal.keys import KEY_TYPE, KeyPair
from tests.fakes.whatsapp_network.signal.messages import Opening
from tests.fakes.whatsapp_network.signal.sender_key import OwnSenderKey, TheirSenderKey
from tests.fakes.whatsapp_network.signal.session import Bundle, Session

_SIGNED_ID = 1


class Device:
    """Encrypts for other devices and decrypts what they send, in chats of two and in groups."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self.identity = KeyPair.generate()
        self.registration = 1 + secrets.randbelow(16380)
        self._signed = KeyPair.generate()
        self._one_time: dict[int, KeyPair] = {}
        self._sessions: dict[Address, list[Session]] = {}
        self._handed_out: set[tuple[Address, Address]] = set()
        self._own_keys: dict[Address, OwnSenderKey] = {}
        self._their_keys: dict[tuple[Address, Address], TheirSenderKey] = {}

    def bundle(self) -> Bundle:
        """For one other device, with a one-time key that nobody else is given."""
        number, pair = 1 + len(self._one_time), KeyPair.generate()
        self._one_time[number] = pair
        return Bundle(
            registration=self.registration,
            identity=self.identity.public,
            signed_id=_SIGNED_ID,
            signed=self._signed.public,
            signature=self.identity.sign(KEY_TYPE + self._signed.public),
            one_time_id=number,
            one_time=pair.public,
        )

    def encrypt(self, to: Address, plain: bytes, bundle: Callable[[], Bundle]) -> tuple[str, bytes]:
        """Kind and bytes for one device, whose ``bundle`` is asked for when there is no session yet."""
        sessions = self._sessions.setdefault(to, [])
        if not sessions:
            sessions.append(Session.begin(self.identity, self.registration, bundle()))
        return sessions[0].encrypt(_pad(plain))

    def decrypt(self, sender: Address, kind: str, data: bytes) -> bytes:
        """What a device sent to this one.

        Raises:
            SeenBeforeError: it did before.
            SignalError: no session of the two fits.
        """
        if kind == "pkmsg":
            opening = Opening.read(data)
            self._accept(sender, opening)
            data = opening.inner
        sessions = self._sessions.get(sender, [])
        problems = []
        for session in sessions:
            try:
                plain = session.decrypt(data)
            except SeenBeforeError:
                raise
            except ValueError as error:
                problems.append(str(error))
                continue
            sessions.remove(session)
            sessions.insert(0, session)
            return _unpad(plain)
        raise SignalError(f"{self.address} cannot read {sender}: {'; '.join(problems) or 'no session'}")

    def forget(self, peer: Address) -> None:
        """Lose the sessions with a device, as after a new installation."""
        self._sessions.pop(peer, None)

    def distribution(self, group: Address) -> bytes:
        """What another member needs to read what this device writes to the group."""
        return self._own_key(group).distribution()

    def hands_out(self, group: Address, to: Address) -> bool:
        """Whether that device has to be given the sender key, which it is once."""
        new = (group, to) not in self._handed_out
        self._handed_out.add((group, to))
        return new

    def encrypt_to_group(self, group: Address, plain: bytes) -> bytes:
        """One message for all members."""
        return self._own_key(group).encrypt(_pad(plain))

    def learn(self, group: Address, sender: Address, distribution: bytes) -> None:
        """Take the sender key of another member's device."""
        key = TheirSenderKey(distribution)
        known = self._their_keys.get((group, sender))
        if known is None or known.key_id != key.key_id:
            self._their_keys[group, sender] = key

    def decrypt_from_group(self, group: Address, sender: Address, data: bytes) -> bytes:
        """What a member's device wrote to all.

        Raises:
            SignalError: their key is not known, or the message came before.
        """
        key = self._their_keys.get((group, sender))
        if key is None:
            raise SignalError(f"{self.address} has no sender key of {sender}")
        return _unpad(key.decrypt(data))

    def _own_key(self, group: Address) -> OwnSenderKey:
        if group not in self._own_keys:
            self._own_keys[group] = OwnSenderKey()
        return self._own_keys[group]

    def _accept(self, sender: Address, opening: Opening) -> None:
        sessions = self._sessions.setdefault(sender, [])
        if any(session.base == opening.base for session in sessions):
            return
        one_time = None if opening.one_time_id is None else self._one_time.get(opening.one_time_id)
        if opening.one_time_id is not None and one_time is None:
            raise SignalError(f"{self.address} never gave out key {opening.one_time_id}")
        sessions.insert(0, Session.accept(self.identity, self._signed, one_time, opening))


def bundle_nodes(bundle: Bundle) -> list[Node]:
    """A bundle as the server hands it out."""
    nodes = [
        Node("registration", {}, bundle.registration.to_bytes(4, "big")),
        Node("type", {}, KEY_TYPE),
        Node("identity", {}, bundle.identity),
        Node("skey", {}, [*_key(bundle.signed_id, bundle.signed), Node("signature", {}, bundle.signature)]),
    ]
    if bundle.one_time_id is not None and bundle.one_time is not None:
        nodes.append(Node("key", {}, _key(bundle.one_time_id, bundle.one_time)))
    return nodes


def _key(number: int, public: bytes) -> list[Node]:
    return [Node("id", {}, number.to_bytes(3, "big")), Node("value", {}, public)]


def _pad(plain: bytes) -> bytes:
    size = 1 + secrets.randbelow(15)
    return plain + bytes([size]) * size


def _unpad(padded: bytes) -> bytes:
    return padded[: -padded[-1]]
