"""Takes what the client sends: acknowledges it as the server does, and answers it as its recipients do."""

from tests.fakes.whatsapp_network.addresses import GROUP, Address
from tests.fakes.whatsapp_network.companion import Companion
from tests.fakes.whatsapp_network.device import bundle_nodes
from tests.fakes.whatsapp_network.journal import Receipt, Typing
from tests.fakes.whatsapp_network.mailbox import confirmed_by
from tests.fakes.whatsapp_network.nodes import Attributes, Node
from tests.fakes.whatsapp_network.recipients import Opened, as_sent, open_message
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
                self._world.journal.typing.append(Typing(chat=self._chat(node), state=state))
        self._world.journal.woke()

    def _confirm(self, node: Node) -> None:
        if node.text("error"):
            self._world.journal.nacks.append((node.text("id"), int(node.text("error"))))
        for key in () if self._world.faults.lose_confirmations else confirmed_by(node):
            self._companion.mailbox.confirm(key)

    async def _receipt(self, node: Node) -> None:
        self._confirm(node)
        participant = node.address("participant")
        listed = node.find("list")
        others = [item.text("id") for item in listed.children("item")] if listed else []
        receipt = Receipt(
            kind=node.text("type") or "delivered",
            chat=self._chat(node),
            participant=str(participant.account) if participant else "",
            ids=(node.text("id"), *others),
        )
        self._world.journal.receipts.append(receipt)
        attributes: Attributes = {"class": "receipt", "id": node.text("id"), "from": _to(node)}
        await self._line.send(Node("ack", {**attributes, "type": node.text("type")}))
        repeat = self._companion.repeat.get(node.text("id"))
        if receipt.kind == "retry" and repeat:
            repeat(int(node.part("retry").text("count")))

    async def _message(self, node: Node) -> None:
        error = self._refusal(_to(node))
        if not error:
            self._deliver(node)
        if not self._world.faults.swallow_sends:
            attributes: Attributes = {"class": "message", "id": node.text("id"), "from": _to(node)}
            await self._line.send(Node("ack", {**attributes, "t": self._world.now(), "error": error or ""}))

    def _refusal(self, chat: Address) -> int:
        """Why the client may not write there; 0 when it may."""
        faults = self._world.faults
        if chat.server == GROUP:
            circle = self._world.groups.get(chat)
            if circle is None or self._world.owner not in circle.members():
                return 403 if circle else 404
        recipient = self._world.account_of(chat)
        if faults.strangers and recipient and not recipient.has_written and recipient is not self._world.owner:
            return faults.strangers
        return faults.refuse_sends

    def _deliver(self, node: Node) -> None:
        chat = _to(node).account
        opened = open_message(self._world, self._companion, node, chat)
        for account in opened.failed:
            self._ask_again(node, chat, account)
        sent = None if node.text("category") == "peer" else as_sent(self._world, node, chat, opened)
        if sent is None:
            return
        self._world.seen.setdefault((sent.chat, sent.id), sent)
        self._world.journal.sent.append(sent)
        self._say_that_it_arrived(sent.id, chat, opened)

    def _ask_again(self, node: Node, chat: Address, account: Account) -> None:
        asked = (account.name, node.text("id"))
        self._world.asked_again[asked] += 1
        count = self._world.asked_again[asked]
        attributes: Attributes = {"id": node.text("id"), "type": "retry", "t": self._world.now()}
        if chat.server == GROUP:
            attributes |= {"from": chat, "participant": account.lid}
        elif account is self._world.owner:
            attributes |= {"from": account.lid, "recipient": chat}
        else:
            attributes |= {"from": account.lid}
        registration, *keys = bundle_nodes(account.device.bundle())
        about: Attributes = {"id": node.text("id"), "count": count, "t": self._world.now(), "v": 1}
        self._companion.mailbox.put(
            Node("receipt", attributes, [Node("retry", about), registration, Node("keys", {}, keys)])
        )

    def _say_that_it_arrived(self, message_id: str, chat: Address, opened: Opened) -> None:
        for account in opened.readers:
            attributes: Attributes = {"id": message_id, "t": self._world.now()}
            if account is self._world.owner:
                attributes |= {"from": account.lid, "type": "sender", "recipient": chat}
            elif chat.server == GROUP:
                attributes |= {"from": chat, "participant": account.lid}
            else:
                attributes |= {"from": chat}
            if account.receives:
                self._world.put(Node("receipt", attributes))

    def _chat(self, node: Node) -> str:
        """By LID, whichever id the client used."""
        address = _to(node).account
        account = self._world.account_of(address)
        return str(account.lid if account else address)


def _to(node: Node) -> Address:
    address = node.address("to")
    assert address, f"<{node.tag}> is for nobody"
    return address
