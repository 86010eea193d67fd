"""A program of its own: neonize and nothing else, steered by lines on its input and telling events on its output.

``python bare_client.py FOLDER [PHONE]``; with a phone number it asks for a pairing code. An order is a line of JSON
``{"do": NAME, …}``, answered by ``{"did": NAME, …}`` or ``{"failed": NAME, "why": …}``.
"""

# mypy: disable-error-code="import-untyped"
import asyncio
import json
import os
import sys
from typing import Any

from neonize._binder import ProxySettings
from neonize.aioze.client import NewAClient
from neonize.events import EVENT_TO_INT
from neonize.proto.Neonize_pb2 import JID
from neonize.proto.waE2E.WAWebProtobufsE2E_pb2 import ContextInfo, ExtendedTextMessage, Message
from neonize.utils.enum import ChatPresence, ChatPresenceMedia, Presence, ReceiptType
from neonize.utils.jid import Jid2String

_NO_CONTENT = {"senderKeyDistributionMessage", "messageContextInfo"}
_QUIET = {"QR", "OfflineSyncPreview", "PushName", "Presence"}


def tell(**line: Any) -> None:
    """One event."""
    sys.stdout.write("@" + json.dumps(line, default=str) + "\n")
    sys.stdout.flush()


def jid(text: str) -> JID:
    """From the written form."""
    left, _, server = text.partition("@")
    user, _, device = left.partition(":")
    return JID(User=user, Server=server, Device=int(device or 0), RawAgent=0, Integrator=0, IsEmpty=False)


def _message(event: Any) -> None:
    if {field.name for field, _ in event.Message.ListFields()} <= _NO_CONTENT:
        return
    info, source = event.Info, event.Info.MessageSource
    message = event.Message
    part = next((part for _, part in message.ListFields() if hasattr(part, "contextInfo")), None)
    about = message.protocolMessage.key.ID or message.reactionMessage.key.ID
    edited = message.protocolMessage.editedMessage
    tell(
        message=info.ID,
        chat=Jid2String(source.Chat),
        sender=Jid2String(source.Sender),
        other=Jid2String(source.SenderAlt),
        from_me=source.IsFromMe,
        group=source.IsGroup,
        name=info.Pushname,
        text=message.conversation
        or message.extendedTextMessage.text
        or message.reactionMessage.text
        or edited.conversation
        or edited.extendedTextMessage.text,
        about=about,
        kind=",".join(field.name for field, _ in message.ListFields()),
        quoted=part.contextInfo.stanzaID if part is not None else "",
        mentions=list(part.contextInfo.mentionedJID) if part is not None else [],
        edit=info.Edit,
    )


class Orders:
    """What the test may ask for."""

    def __init__(self, client: NewAClient) -> None:
        self._client = client
        self._last: dict[str, Any] = {}

    def keep(self, event: Any) -> None:
        """For a later download."""
        self._last[event.Info.ID] = event

    async def say(self, order: dict[str, Any]) -> Any:
        info = ContextInfo(mentionedJID=order.get("mentions", []))
        if order.get("quote"):
            info.stanzaID, info.participant = order["quote"], order["quoted_sender"]
            info.quotedMessage.conversation = order.get("quoted_text", "")
        message = Message(extendedTextMessage=ExtendedTextMessage(text=order["text"], contextInfo=info))
        return (await self._client.send_message(jid(order["to"]), message)).ID

    async def react(self, order: dict[str, Any]) -> Any:
        chat = jid(order["to"])
        message = await self._client.build_reaction(chat, jid(order["sender"]), order["about"], order["text"])
        return (await self._client.send_message(chat, message)).ID

    async def edit(self, order: dict[str, Any]) -> Any:
        new = Message(conversation=order["text"])
        return (await self._client.edit_message(jid(order["to"]), order["about"], new)).ID

    async def take_back(self, order: dict[str, Any]) -> Any:
        chat = jid(order["to"])
        message = await self._client.build_revoke(chat, jid(order["sender"]), order["about"])
        return (await self._client.send_message(chat, message)).ID

    async def send_file(self, order: dict[str, Any]) -> Any:
        chat, content = jid(order["to"]), bytes.fromhex(order["content"])
        return (await self._client.send_document(chat, content, filename=order["name"], caption="see this")).ID

    async def download(self, order: dict[str, Any]) -> Any:
        return (await self._client.download_any(self._last[order["message"]].Message)).hex()

    async def mark_read(self, order: dict[str, Any]) -> Any:
        chat, sender = jid(order["to"]), jid(order["sender"])
        return await self._client.mark_read(*order["ids"], chat=chat, sender=sender, receipt=ReceiptType.READ)

    async def type(self, order: dict[str, Any]) -> Any:
        how = ChatPresence.CHAT_PRESENCE_COMPOSING, ChatPresenceMedia.CHAT_PRESENCE_MEDIA_TEXT
        return await self._client.send_chat_presence(jid(order["to"]), *how)

    async def appear(self, _order: dict[str, Any]) -> Any:
        return await self._client.send_presence(Presence.AVAILABLE)

    async def group(self, order: dict[str, Any]) -> Any:
        told = await self._client.get_group_info(jid(order["to"]))
        return [told.GroupName.Name, len(told.Participants)]

    async def pair(self, order: dict[str, Any]) -> Any:
        return await self._client.PairPhone(order["phone"], True)

    async def probe(self, _order: dict[str, Any]) -> Any:
        return await self._client.set_passive(False)

    async def stop(self, _order: dict[str, Any]) -> Any:
        return await self._client.stop()

    async def log_out(self, _order: dict[str, Any]) -> Any:
        return await self._client.logout()


async def obey(orders: Orders) -> None:
    """Carry out orders, one after the other."""
    reader = asyncio.StreamReader(limit=1 << 26)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        order = json.loads(line)
        try:
            result = await getattr(orders, order["do"])(order)
        except Exception as error:  # noqa: BLE001 - whatever the library says, the test shall read it
            tell(failed=order["do"], why=str(error))
        else:
            tell(did=order["do"], result=result)
    os._exit(0)


def subscribe(client: NewAClient, orders: Orders) -> None:
    """Tell every event."""
    for kind in list(EVENT_TO_INT)[1:]:

        def handler_of(kind: Any) -> Any:
            async def handle(_: NewAClient, event: Any) -> None:
                if kind.__name__ == "Message":
                    orders.keep(event)
                    _message(event)
                elif kind.__name__ == "Receipt":
                    tell(receipt=int(event.Type), ids=list(event.MessageIDs), chat=Jid2String(event.MessageSource.Chat))
                elif kind.__name__ == "HistorySync":
                    texts = [
                        [one.message.key.ID, one.message.message.conversation]
                        for chat in event.Data.conversations
                        for one in chat.messages
                    ]
                    tell(history=texts)
                elif kind.__name__ not in _QUIET:
                    tell(event=kind.__name__, detail=str(event).replace("\n", " "))

            return handle

        client.event(kind)(handler_of(kind))


async def main() -> None:
    """Until the input ends."""
    os.umask(0o077)
    folder = sys.argv[1]
    client = NewAClient(folder + "/session.db")
    orders = Orders(client)
    subscribe(client, orders)

    async def show(_: NewAClient, code: bytes) -> None:
        tell(code=code.decode())

    client.qr(show)
    task = await client.connect(ProxySettings(os.environ["HTTPS_PROXY"]))
    await asyncio.gather(task, obey(orders))


asyncio.run(main())
