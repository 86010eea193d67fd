"""News of channels in words, and their way to the owner: never by the channel that does not work alone."""

from nanoclaw.channels.contract import ChannelCondition
from nanoclaw.daemon.networks.outages import News, Tone
from nanoclaw.daemon.tidings import Tidings
from nanoclaw.model.chats import ChannelName
from nanoclaw.operations.alerts.contract import Alert, Level

_MINUTE, _HOUR, _DAY = 60_000, 3_600_000, 86_400_000


class ChannelNews:
    """Tells of channels."""

    def __init__(self, tidings: Tidings) -> None:
        self._tidings = tidings

    async def tell(self, news: News) -> None:
        """Tell one piece of news, by the alert routes and in a chat on a channel that works."""
        back = news.tone is Tone.BACK
        key = f"channel-{news.channel}-{'back' if back else news.trouble}-{news.began}"
        text = in_words(news)
        # Whoever heard that something failed wants to hear that it works again: the same level.
        await self._tidings.tell(
            text, key, Alert(level=Level.ERROR, key=key, text=text), avoid=None if back else news.channel
        )

    async def repeat(self, channel: ChannelName) -> None:
        """What waits for a channel that is down for long is told in another chat, too."""
        await self._tidings.tell_again(channel)


def in_words(news: News) -> str:
    """As the owner reads it."""
    state = news.sighting.state
    why = " ".join(part for part in (state.detail, state.hint) if part)
    match news.tone:
        case Tone.BACK:
            return f"The channel {news.channel} works again, after {span_in_words(news.lasted)}."
        case Tone.DOWN:
            how = "has not come up" if state.status == "starting" else "has been down"
            return f"The channel {news.channel} {how} for {span_in_words(news.lasted)}. {why}".strip()
        case Tone.NEEDS_OWNER:
            return f"The channel {news.channel} {_how(news)}. {why}".strip()


def _how(news: News) -> str:
    if news.sighting.gave_up:
        return "gave up"
    if news.trouble == ChannelCondition.BANNED:
        # Some bans end by themselves, and of others nothing that the owner does is sure to help.
        return "does not work"
    return "does not work until you see to it"


def span_in_words(milliseconds: int) -> str:
    """A span of time, roughly."""
    for unit, word in ((_DAY, "day"), (_HOUR, "hour"), (_MINUTE, "minute")):
        if milliseconds >= unit:
            count = milliseconds // unit
            return f"{count} {word}{'' if count == 1 else 's'}"
    return "less than a minute"
