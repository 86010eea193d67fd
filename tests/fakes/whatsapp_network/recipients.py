"""Reads what the client sends with the keys of those it is for."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from tests.fakes.whatsapp_network.addresses import GROUP, Address
from tests.fakes.whatsapp_network.companion import Companion
from tests.fakes.whatsapp_network.journal import File, Sent
from tests.fakes.whatsapp_network.media import Encrypted, MediaError, MediaKind, decrypt
from tests.fakes.whatsapp_network.nodes import Node
from tests.fakes.whatsapp_network.protobufs import DecodeError, e2e
from tests.fakes.whatsapp_network.reading import Read, read
from tests.fakes.whatsapp_network.signal.chains import SeenBeforeError
from tests.fakes.whatsapp_network.world import Account, World


@dataclass(slots=True)
class Opened:
    """A message as its recipients have it. ``failed``: who could not read it; ``repeated``: it came before."""

    message: Any = None
    repeated: bool = False
    readers: list[Account] = field(default_factory=list)
    failed: list[Account] = field(default_factory=list)


def open_message(world: World, sender: Companion, node: Node, chat: Address) -> Opened:
    """Decrypt for everybody; the owner's own copy counts as the message only when nobody else has one."""
    opened = Opened()
    if chat.server == GROUP:
        return _open_in_group(world, sender, node, chat)
    for account, part in _parts(world, node, chat):
        plain = _decrypted(world, account, sender, part, opened)
        if plain is None:
            continue
        if account not in opened.readers:
            opened.readers.append(account)
        if account is not world.owner or opened.message is None:
            opened.message = e2e.Message.FromString(plain)
    return opened


def as_sent(world: World, node: Node, chat: Address, opened: Opened) -> Sent | None:
    """What the recipients see; nothing, when none of them ever could."""
    known = world.account_of(chat)
    name, message_id = str(known.lid if known else chat), node.text("id")
    before = world.seen.get((name, message_id))
    if opened.message is None:
        return replace(before, again=True) if before and opened.repeated else None
    said = read(opened.message)
    return Sent(
        id=message_id,
        chat=name,
        kind=said.kind,
        text=said.text,
        target=said.target,
        target_sender=said.target_sender,
        quoted=said.quoted,
        quoted_sender=said.quoted_sender,
        quoted_text=said.quoted_text,
        mentions=said.mentions,
        file=_file(world, said),
        readers=tuple(account.name for account in opened.readers),
        again=before is not None,
        raw=opened.message,
    )


def _open_in_group(world: World, sender: Companion, node: Node, group: Address) -> Opened:
    opened = Opened()
    for account, part in _parts(world, node, group):
        plain = _decrypted(world, account, sender, part, opened)
        message = e2e.Message.FromString(plain) if plain is not None else e2e.Message()
        key = message.senderKeyDistributionMessage.axolotlSenderKeyDistributionMessage
        if key:
            account.device.learn(group, sender.lid, key)
        if read(message).text:
            opened.message = message
            opened.readers.append(account)
    body = next((part.body() for part in node.children("enc") if part.text("type") == "skmsg"), None)
    circle = world.groups.get(group)
    for account in circle.members() if circle and body else ():
        try:
            plain = account.device.decrypt_from_group(group, sender.lid, body or b"")
            opened.message = e2e.Message.FromString(plain)
        except SeenBeforeError:
            opened.repeated = True
        except (ValueError, DecodeError) as problem:
            world.journal.problems.append(str(problem))
            opened.failed.append(account)
        else:
            opened.readers.append(account)
    return opened


def _decrypted(world: World, account: Account, sender: Companion, part: Node, opened: Opened) -> bytes | None:
    try:
        return account.device.decrypt(sender.lid, part.text("type"), part.body())
    except SeenBeforeError:
        opened.repeated = True
    except ValueError as problem:
        world.journal.problems.append(str(problem))
        opened.failed.append(account)
    return None


def _parts(world: World, node: Node, chat: Address) -> Iterator[tuple[Account, Node]]:
    """What is encrypted for one telephone each; in an answer to a repeat request it stands alone."""
    participants = node.find("participants")
    for to in participants.children("to") if participants else ():
        address = to.address("jid")
        account = world.account_of(address) if address and not address.device else None
        if account:
            yield account, to.part("enc")
    alone = world.account_of(node.address("participant") or chat)
    for part in node.children("enc"):
        if part.text("type") != "skmsg" and alone:
            yield alone, part


def _file(world: World, said: Read) -> File | None:
    media = said.media
    if media is None:
        return None
    kind = MediaKind(said.media_kind.capitalize()) if said.media_kind != "sticker" else MediaKind.IMAGE
    try:
        data = world.media.find(media.directPath)
        content = decrypt(
            Encrypted(
                key=media.mediaKey,
                data=data,
                digest=media.fileSHA256,
                encrypted_digest=media.fileEncSHA256,
                size=media.fileLength,
            ),
            kind,
        )
    except MediaError as problem:
        world.journal.problems.append(str(problem))
        content = b""
    return File(
        kind=said.media_kind,
        name=getattr(media, "fileName", ""),
        media_type=media.mimetype,
        content=content,
        voice=bool(getattr(media, "PTT", False)),
    )
