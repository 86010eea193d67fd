"""What can be asked for to link an account to a channel."""

from typing import Protocol

from nanoclaw.control.pairing_shapes import PairingQuery, PairingShape, PairRequest
from nanoclaw.control.shapes import Done


class PairingDesk(Protocol):
    """Pairing, as commands and the page see it. All raise NoSuchGroupError for a channel that does not run."""

    async def begin(self, channel: str, request: PairRequest) -> PairingShape:
        """Begin a pairing, or join the one that goes on. Raises ConflictError for a channel that has none."""
        ...

    async def look(self, channel: str, query: PairingQuery) -> PairingShape:
        """How far it has come. One that nobody looks at for a minute is given up."""
        ...

    async def give_up(self, channel: str) -> Done:
        """End it."""
        ...

    async def logout(self, channel: str) -> Done:
        """End the channel's session at the network, and forget it. Raises ConflictError, ChannelError."""
        ...
