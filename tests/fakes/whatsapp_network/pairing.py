"""Linking a device to the account: what the telephone signs, and what the server makes of it."""

import asyncio
import base64
import json
from dataclasses import dataclass

from tests.fakes.whatsapp_network.addresses import SERVER
from tests.fakes.whatsapp_network.companion import Companion
from tests.fakes.whatsapp_network.nodes import Attributes, Node
from tests.fakes.whatsapp_network.protobufs import adv
from tests.fakes.whatsapp_network.signal.keys import KeyPair, digest
from tests.fakes.whatsapp_network.world import Line, World

_ACCOUNT_SIGNATURE = b"\6\0"
_WITHIN = 20.0


class PairingError(Exception):
    """The telephone says no."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanned:
    """What a code holds."""

    ref: str
    noise: bytes
    identity: bytes
    secret: bytes

    @classmethod
    def read(cls, code: str) -> "Scanned":
        """Read the content of the picture.

        Raises:
            PairingError: it is not a code of this network.
        """
        parts = code.rpartition("#")[2].split(",")
        if len(parts) != 5:
            raise PairingError("this is no code for linking a device")
        noise, identity, secret = (base64.b64decode(part) for part in parts[1:4])
        return cls(ref=parts[0], noise=noise, identity=identity, secret=secret)


async def scan(world: World, account: KeyPair, code: str) -> Companion:
    """Link the device that shows this code; returns when it has confirmed.

    Raises:
        PairingError: nobody shows this code any more.
    """
    scanned = Scanned.read(code)
    line = next((line for line in world.lines if line.noise == scanned.noise), None)
    if line is None or scanned.ref not in line.refs:
        raise PairingError("the code is not valid any more")
    if world.faults.passkey:
        await _demand_passkey(world, line)
    return await link(world, account, line, identity=scanned.identity, secret=scanned.secret)


async def enter(world: World, account: KeyPair, code: str) -> Companion:
    """Link the device that shows this code to be typed.

    Raises:
        PairingError: none shows one for this account.
        WrongCodeError: it shows another.
    """
    line = next((line for line in world.lines if line.typed_code), None)
    if line is None or line.typed_code is None or line.typed_code.phone != world.owner.phone:
        raise PairingError("no device waits for a code")
    await line.send(line.typed_code.typed(code, account, world.now()))
    await line.typed_code.finished.wait()
    identity, secret = line.typed_code.agreed(account)
    return await link(world, account, line, identity=identity, secret=secret)


async def _demand_passkey(world: World, line: Line) -> None:
    options = {"challenge": "bG9vcGJhY2s", "rpId": "whatsapp.com", "timeout": 600000, "allowCredentials": []}
    about: Attributes = {"from": SERVER, "type": "passkey_prologue_request", "id": "passkey", "t": world.now()}
    wanted = Node("passkey_request_options", {}, json.dumps(options).encode())
    await line.send(Node("notification", about, [wanted]))
    raise PairingError("the account demands a passkey")


async def link(world: World, account: KeyPair, line: Line, *, identity: bytes, secret: bytes) -> Companion:
    """Tell a device on the line that it belongs to the account from now on."""
    number = world.next_device()
    owner = world.owner
    companion = Companion(lid=owner.lid.on(number), phone=owner.phone.on(number), noise=line.noise, identity=identity)
    details = adv.ADVDeviceIdentity(rawID=1234, timestamp=world.now(), keyIndex=number).SerializeToString()
    signed = adv.ADVSignedDeviceIdentity(
        details=details,
        accountSignatureKey=account.public,
        accountSignature=account.sign(_ACCOUNT_SIGNATURE + details + identity),
    ).SerializeToString()
    container = adv.ADVSignedDeviceIdentityHMAC(details=signed, HMAC=digest(secret, signed)).SerializeToString()
    line.linking = companion
    success = Node(
        "pair-success",
        {},
        [
            Node("device-identity", {}, container),
            Node("device", {"jid": companion.phone, "lid": companion.lid}),
            Node("platform", {"name": "android"}),
            Node("biz", {"name": ""}),
        ],
    )
    request: Attributes = {"from": SERVER, "type": "set", "id": f"pair-{number}", "xmlns": "md", "t": world.now()}
    await line.send(Node("iq", request, [success]))
    async with asyncio.timeout(_WITHIN):
        await line.linked.wait()
    return companion
