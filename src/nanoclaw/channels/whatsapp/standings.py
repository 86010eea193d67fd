"""How the client is, in words for its owner: what is the matter, and what they can do."""

from datetime import UTC, datetime

from nanoclaw.channels.contract import ChannelCondition, ChannelState, ChannelStatus
from nanoclaw.channels.whatsapp.link import Standing

FRESH_SECONDS = 60.0
"""A connection that nothing has proven for so long is not called up. The client asks the server every 30 s at least."""
SILENT_SECONDS = 30.0
"""So long the child may say nothing. It gives a sign of life every few seconds."""

_ANEW = "`nanoclaw channels disable whatsapp` and `nanoclaw channels enable whatsapp`"
_AGAIN = "Link it again with `nanoclaw auth whatsapp`."


def show(standing: Standing, silent: float) -> ChannelState:
    """The state to show; ``silent``: seconds since the child said this."""
    if standing.state == "connected":
        return _connected(standing, silent)
    if standing.state in {"starting", "connecting"}:
        return ChannelState(status=ChannelStatus.STARTING, detail="WhatsApp is being connected.")
    condition, detail, hint = _WORDS[standing.state]
    if standing.state in {"unreachable", "failed"} and standing.detail:
        detail = f"{detail[:-1]}: {standing.detail.rstrip('.')}."
    if standing.state == "banned":
        hint = hint.format(until=_until(standing.until))
        detail = f"WhatsApp has closed this account {_for(standing.until)}."
    return ChannelState(status=ChannelStatus.DOWN, condition=condition, detail=detail, hint=hint)


def _connected(standing: Standing, silent: float) -> ChannelState:
    if silent <= SILENT_SECONDS and standing.proven + silent <= FRESH_SECONDS:
        return ChannelState(status=ChannelStatus.UP)
    return ChannelState(
        status=ChannelStatus.DOWN,
        condition=ChannelCondition.UNREACHABLE,
        detail="WhatsApp has not answered for a minute.",
        hint="It is tried on. Look at the network of this machine if it lasts.",
    )


def _for(until: int) -> str:
    return f"until {_moment(until)}" if until else "for good"


def _until(until: int) -> str:
    if until:
        return f"Wait until {_moment(until)}; then it goes on by itself. Write less."
    return "Ask for a review in the WhatsApp app on the telephone, or link another account."


def _moment(milliseconds: int) -> str:
    try:
        return f"{datetime.fromtimestamp(milliseconds / 1000, UTC):%Y-%m-%d %H:%M} UTC"
    except (OverflowError, ValueError, OSError):
        return "a day that is in no calendar"


_WORDS: dict[str, tuple[ChannelCondition, str, str]] = {
    "unpaired": (
        ChannelCondition.UNPAIRED,
        "No WhatsApp account is linked.",
        "Link one with `nanoclaw auth whatsapp`.",
    ),
    "unreachable": (
        ChannelCondition.UNREACHABLE,
        "WhatsApp cannot be reached.",
        "It is tried on. Look at the network of this machine if it lasts.",
    ),
    "logged-out": (
        ChannelCondition.LOGGED_OUT,
        "The account's owner, or WhatsApp, has ended the session of this device.",
        _AGAIN,
    ),
    "replaced": (
        ChannelCondition.REPLACED,
        "Another program has taken this session over.",
        f"Stop the other program, which uses a copy of this home folder; then {_ANEW}.",
    ),
    "banned": (ChannelCondition.BANNED, "", "{until}"),
    "outdated": (
        ChannelCondition.OUTDATED,
        "WhatsApp no longer accepts this version of the client.",
        "Update nanoclaw (docs/how-to/upgrade.md); WhatsApp shuts old clients out.",
    ),
    "passkey": (
        ChannelCondition.REFUSED,
        "WhatsApp demands a passkey for this account, which this client cannot give.",
        "Remove the passkey in the app (Settings, Account, Passkeys), then `nanoclaw auth whatsapp`.",
    ),
    "failed": (
        ChannelCondition.BROKEN,
        "The WhatsApp client ended or hung.",
        "It is started again by itself. `nanoclaw logs` says more if it lasts.",
    ),
}
