"""Takes what the client sends, as server and as recipients: acknowledges, decrypts, says that it arrived."""

from collections.abc import Iterator
from typing import Any

from tests.fakes.whatsapp_network.addresses import Address
from tests.fakes.whatsapp_network.companion import Companion
from tests.fakes.whatsapp_network.journal import Receipt, Sent, Typing
from tests.fakes.whatsapp_network.mailbox import confirmed_by
from tests.fakes.whatsapp_network.nodes import Attributes, Node
from tests.fakes.whatsapp_network.protobufs import e2e
from tests.fakes.whatsapp_network.signal.chains import SignalError
from tests.fakes.whatsapp_network.texts import read
from tests.fakes.whatsapp_network.world import Account, Line, World


class Reception:
    """For the connection of one linked device."""

    def __init__(self, world: World, companion: Companion, line: Line) -> None:
        self._world = world
        self._companion = companion
        self._line = line

    async def take(self, node: Node) -> None:
        """Take one stanza that is no question."""
        match node.tag:
            case "message":
                await self._message(node)
            case "receipt":
                await self._receipt(node)
            case "ack":
                self._confirm(node)
            case "presence":
                self._world.journal.presences.append(node.text("type"))
            case "chatstate":
                state = next(node.children()).tag
                self._world.journal.typing.append(Typing(chat=_chat(node), state=state))
        self._world.journal.woke()

    def _confirm(self, node: Node) -> None:
        for key in confirmed_by(node):
            self._companion.mailbox.confirm(key)

    async def _receipt(self, node: Node) -> None:
        self._confirm(node)
        participant = node.address("participant")
        listed = node.find("list")
        ids = [node.text("id"), *(item.text("id") for item in (listed.children("item") if listed else ()))]
        receipt = Receipt(
            kind=node.text("type") or "delivered",
            chat=_chat(node),
            participant=str(participant.account) if participant else "",
            ids=tuple(ids),
        )
        self._world.journal.receipts.append(receipt)
        attributes: Attributes = {
            "class": "receipt",
            "id": node.text("id"),
            "from": _to(node),
            "type": node.text("type"),
        }
        await self._line.send(Node("ack", attributes))

    async def _message(self, node: Node) -> None:
        faults = self._world.faults
        recipient = self._world.account_of(_to(node))
        error = faults.refuse_sends
        if faults.strangers and recipient and not getattr(recipient, "has_written", True):
            error = faults.strangers
        if not error:
            self._deliver(node)
        if not faults.swallow_sends:
            attributes: Attributes = {
                "class": "message",
                "id": node.text("id"),
                "from": _to(node),
                "t": self._world.now(),
            }
            await self._line.send(Node("ack", {**attributes, "error": error or ""}))

    def _deliver(self, node: Node) -> None:
        chat = _to(node).account
        message, readers = self._decrypted(node, chat)
        if message is None or node.text("category") == "peer":
            return
        said = read(message)
        known = self._world.account_of(chat)
        name = str(known.lid if known else chat)
        again = any((sent.chat, sent.id) == (name, node.text("id")) for sent in self._world.journal.sent)
        sent = Sent(
            id=node.text("id"),
            chat=name,
            kind=said.kind,
            text=said.text,
            target=said.target,
            target_sender=said.target_sender,
            quoted=said.quoted,
            quoted_sender=said.quoted_sender,
            quoted_text=said.quoted_text,
            mentions=said.mentions,
            readers=tuple(account.name for account in readers),
            again=again,
            raw=message,
        )
        self._world.journal.sent.append(sent)
        self._say_that_it_arrived(sent.id, chat, readers)

    def _decrypted(self, node: Node, chat: Address) -> tuple[Any, list[Account]]:
        """The message as its recipients read it, and which of them could; of the owner's own copy only when alone."""
        messages, readers = [], []
        for address, part in _encrypted(node, chat):
            account = self._world.account_of(address)
            if account is None or address.device:
                continue
            try:
                plain = account.device.decrypt(self._companion.lid, part.text("type"), part.body())
            except (SignalError, ValueError) as problem:
                self._world.journal.problems.append(f"{account.name} cannot read {node.text('id')}: {problem}")
                continue
            messages.append(e2e.Message.FromString(plain))
            readers.append(account)
        others = [
            message for message, account in zip(messages, readers, strict=True) if account is not self._world.owner
        ]
        return (others or messages or [None])[0], readers

    def _say_that_it_arrived(self, message_id: str, chat: Address, readers: list[Account]) -> None:
        for account in readers:
            attributes: Attributes = {"id": message_id, "t": self._world.now()}
            if account is self._world.owner:
                attributes |= {"from": account.lid, "type": "sender", "recipient": chat}
            else:
                attributes |= {"from": chat}
            if getattr(account, "receives", True):
                self._world.put(Node("receipt", attributes))


def _encrypted(node: Node, chat: Address) -> Iterator[tuple[Address, Node]]:
    """Each encrypted part and the device it is for."""
    participants = node.find("participants")
    for to in participants.children("to") if participants else ():
        address = to.address("jid")
        if address:
            yield address, to.part("enc")
    for part in node.children("enc"):
        if part.text("type") != "skmsg":
            yield chat, part


def _to(node: Node) -> Address:
    address = node.address("to")
    assert address, f"<{node.tag}> is for nobody"
    return address


def _chat(node: Node) -> str:
    return str(_to(node).account)
