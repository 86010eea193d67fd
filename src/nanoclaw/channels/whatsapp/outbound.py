"""An answer as an order to the child: in WhatsApp's marks, with the people it mentions and the message it answers."""

from nanoclaw.channels.contract import PermanentSendError
from nanoclaw.channels.whatsapp.crowd import Crowd
from nanoclaw.channels.whatsapp.dialect import to_whatsapp
from nanoclaw.channels.whatsapp.identities import GROUP, LID, PHONE, Identities
from nanoclaw.channels.whatsapp.link import Edit, Person, Quoted, React, Write
from nanoclaw.model.turns import QuotedMessage, Reply, ReplyKind

_VOICE = frozenset({"audio/ogg", "audio/opus"})


class Outbound:
    """Writes orders, and refuses what WhatsApp would not take or would close the account for."""

    def __init__(self, book: Identities, crowd: Crowd, *, prefix: str) -> None:
        self._book = book
        self._crowd = crowd
        self._prefix = f"{prefix} " if prefix else ""

    def order(self, reply: Reply, me: Person) -> Write | React | Edit:
        """The order for a reply.

        Raises:
            PermanentSendError: it can never be sent.
        """
        chat = reply.address.chat
        self._check(chat, me)
        if reply.kind is ReplyKind.REACTION:
            sender, _, target = reply.target.rpartition("/")
            return React(
                order=0, client_id=reply.client_id, chat=chat, target=target, target_sender=sender, emoji=reply.text
            )
        text, mentions = self._words(chat, reply.text)
        if reply.kind is ReplyKind.EDIT:
            if "/" in reply.target:
                raise PermanentSendError("Only messages of the assistant can be edited")
            return Edit(
                order=0, client_id=reply.client_id, chat=chat, target=reply.target, text=text, mentions=mentions
            )
        file = reply.file
        return Write(
            order=0,
            client_id=reply.client_id,
            chat=chat,
            text=text,
            mentions=mentions,
            quoted=_quoted(reply.quote, me) if reply.quote else None,
            file=file.path if file else "",
            name=file.name if file else "",
            media_type=file.media_type if file else "",
            voice=file is not None and file.media_type.partition(";")[0] in _VOICE,
        )

    def may(self, chat: str) -> bool:
        """Whether anything at all can be sent to a chat of this name."""
        return chat.endswith((GROUP, PHONE, LID)) and chat.isprintable() and not chat.startswith("@")

    def _words(self, chat: str, markdown: str) -> tuple[str, tuple[str, ...]]:
        text, mentions = self._crowd.mentioned(chat, to_whatsapp(markdown))
        return (f"{self._prefix}{text}" if text else text), mentions

    def _check(self, chat: str, me: Person) -> None:
        if not self.may(chat):
            raise PermanentSendError(
                f"{chat[:60]!r} is no chat of WhatsApp", hint="`nanoclaw groups list` shows the chats that were seen."
            )
        if chat.endswith(GROUP) or chat in {me.phone, me.lid}:
            return
        if not self._book.has_met(self._book.identity(chat)):
            raise PermanentSendError(
                "Nobody in this chat ever wrote to this account, and WhatsApp closes accounts that write first",
                hint="Ask them to write first, or begin the conversation on the telephone.",
            )


def _quoted(quote: QuotedMessage, me: Person) -> Quoted:
    sender, _, identity = quote.external_id.rpartition("/")
    return Quoted(id=identity, sender=sender or me.lid or me.phone or quote.sender, text=quote.text)
