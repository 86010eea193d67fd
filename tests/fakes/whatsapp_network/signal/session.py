"""The double ratchet between two devices."""

import copy
from dataclasses import dataclass, field, replace

from tests.fakes.whatsapp_network.signal.chains import Chain, SignalError
from tests.fakes.whatsapp_network.signal.keys import KEY_TYPE, KeyPair, decrypt_cbc, derive, digest, encrypt_cbc
from tests.fakes.whatsapp_network.signal.messages import MAC_SIZE, Opening, Ordinary

_CHAINS_KEPT = 5
"""Of how many of the other side's chains late messages can still be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """What a device publishes so that others can begin a session with it. The one-time key may have run out."""

    registration: int
    identity: bytes
    signed_id: int
    signed: bytes
    signature: bytes
    one_time_id: int | None = None
    one_time: bytes | None = None


@dataclass(slots=True, kw_only=True)
class Session:
    """One side's state. ``opening`` is repeated with every message until the other side has answered."""

    ours: bytes
    theirs: bytes
    root: bytes
    ratchet: KeyPair
    sending: Chain
    receiving: dict[bytes, Chain] = field(default_factory=dict)
    previous: int = 0
    base: bytes = b""
    opening: Opening | None = None

    @classmethod
    def begin(cls, identity: KeyPair, registration: int, bundle: Bundle) -> "Session":
        """A session with the owner of a bundle, who does not know of it yet."""
        base, ratchet = KeyPair.generate(), KeyPair.generate()
        secrets = [identity.agree(bundle.signed), base.agree(bundle.identity), base.agree(bundle.signed)]
        secrets += [base.agree(bundle.one_time)] if bundle.one_time else []
        root, first = _agreed(secrets)
        root, sending = _ratchet(root, ratchet, bundle.signed)
        opening = Opening(
            registration=registration,
            one_time_id=bundle.one_time_id,
            signed_id=bundle.signed_id,
            base=base.public,
            identity=identity.public,
            inner=b"",
        )
        return cls(
            ours=identity.public,
            theirs=bundle.identity,
            root=root,
            ratchet=ratchet,
            sending=sending,
            receiving={bundle.signed: first},
            base=base.public,
            opening=opening,
        )

    @classmethod
    def accept(cls, identity: KeyPair, signed: KeyPair, one_time: KeyPair | None, opening: Opening) -> "Session":
        """The session that the other side began with ``opening``."""
        secrets = [signed.agree(opening.identity), identity.agree(opening.base), signed.agree(opening.base)]
        secrets += [one_time.agree(opening.base)] if one_time else []
        root, first = _agreed(secrets)
        return cls(
            ours=identity.public, theirs=opening.identity, root=root, ratchet=signed, sending=first, base=opening.base
        )

    def encrypt(self, plain: bytes) -> tuple[str, bytes]:
        """What to send, and its kind: ``pkmsg`` while the other side has not answered, then ``msg``."""
        counter = self.sending.index
        keys = self.sending.step()
        message = Ordinary(
            ratchet=self.ratchet.public,
            counter=counter,
            previous=self.previous,
            ciphertext=encrypt_cbc(keys.cipher, keys.iv, plain),
        )
        body = message.body()
        whole = body + _mac(keys.mac, self.ours, self.theirs, body)
        if self.opening is None:
            return "msg", whole
        return "pkmsg", replace(self.opening, inner=whole).write()

    def decrypt(self, data: bytes) -> bytes:
        """Read an ordinary message; the session is as before when that fails.

        Raises:
            SeenBeforeError: it came before.
            SignalError: it is not of this session.
        """
        message, body, mac = Ordinary.read(data)
        trial = copy.deepcopy(self)
        keys = trial._chain_of(message.ratchet).keys_of(message.counter)
        if _mac(keys.mac, self.theirs, self.ours, body) != mac:
            raise SignalError("the message was not made with the keys of this session")
        plain = decrypt_cbc(keys.cipher, keys.iv, message.ciphertext)
        for name in ("root", "ratchet", "sending", "receiving", "previous"):
            setattr(self, name, getattr(trial, name))
        self.opening = None
        return plain

    def _chain_of(self, theirs: bytes) -> Chain:
        if theirs in self.receiving:
            return self.receiving[theirs]
        root, chain = _ratchet(self.root, self.ratchet, theirs)
        self.ratchet = KeyPair.generate()
        self.previous = max(self.sending.index - 1, 0)
        self.root, self.sending = _ratchet(root, self.ratchet, theirs)
        self.receiving[theirs] = chain
        for old in list(self.receiving)[:-_CHAINS_KEPT]:
            del self.receiving[old]
        return chain


def _agreed(secrets: list[bytes]) -> tuple[bytes, Chain]:
    derived = derive(b"\xff" * 32 + b"".join(secrets), info=b"WhisperText", size=64)
    return derived[:32], Chain(derived[32:])


def _ratchet(root: bytes, ours: KeyPair, theirs: bytes) -> tuple[bytes, Chain]:
    derived = derive(ours.agree(theirs), salt=root, info=b"WhisperRatchet", size=64)
    return derived[:32], Chain(derived[32:])


def _mac(key: bytes, sender: bytes, receiver: bytes, body: bytes) -> bytes:
    return digest(key, KEY_TYPE + sender + KEY_TYPE + receiver + body)[:MAC_SIZE]
