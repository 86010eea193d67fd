"""What a channel's condition means for its owner, where the channel itself says nothing."""

from dataclasses import replace

from nanoclaw.channels.contract import ChannelCondition, ChannelState, ChannelStatus
from nanoclaw.model.chats import ChannelName

_WAIT = "Nothing needs to be done: it goes on trying."
_PAIR = "`nanoclaw auth {name}` links it."
_AGAIN = "`nanoclaw auth {name}` links it again."
_MEANING: dict[ChannelCondition, tuple[str, str]] = {
    ChannelCondition.NONE: ("It does not say why.", ""),
    ChannelCondition.UNREACHABLE: ("The network does not answer.", _WAIT),
    ChannelCondition.BROKEN: (
        "Its program ended or hung, and is started again.",
        "`nanoclaw logs` says what happened.",
    ),
    ChannelCondition.PAUSED: ("The network asked us to wait.", _WAIT),
    ChannelCondition.UNPAIRED: ("No account is linked.", _PAIR),
    ChannelCondition.LOGGED_OUT: ("The session was ended by the account's owner or by the network.", _AGAIN),
    ChannelCondition.REPLACED: (
        "Another program took the session over.",
        "Stop that program; then `nanoclaw channels disable {name}` and `nanoclaw channels enable {name}`.",
    ),
    ChannelCondition.BANNED: (
        "The network closed the account.",
        "Ask for a review in the network's own app, or link another account.",
    ),
    ChannelCondition.OUTDATED: ("The network refuses this version of the client.", "Update nanoclaw."),
    ChannelCondition.REFUSED: ("The network does not accept the token, or the way of logging in.", _AGAIN),
}


def explained(name: ChannelName, state: ChannelState) -> ChannelState:
    """The state with a sentence and what to do about it, unless the channel is up or says both itself."""
    if state.status is ChannelStatus.UP or (
        state.status is ChannelStatus.STARTING and state.condition is ChannelCondition.NONE
    ):
        return state
    sentence, hint = _MEANING[state.condition]
    return replace(state, detail=state.detail or sentence, hint=state.hint or hint.format(name=name))
