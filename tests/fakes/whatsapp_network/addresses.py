"""The ids of WhatsApp: accounts by phone number or by LID, their devices, groups."""

from dataclasses import dataclass, replace

PHONE = "s.whatsapp.net"
LID = "lid"
GROUP = "g.us"


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """``user@server``, or ``user:device@server`` for one of an account's devices. Device 0 is the telephone."""

    user: str
    server: str
    device: int = 0

    @classmethod
    def parse(cls, text: str) -> "Address":
        """Read the written form."""
        left, _, server = text.rpartition("@")
        user, _, device = left.partition(":")
        return cls(user, server, int(device or 0))

    @property
    def account(self) -> "Address":
        """The same without a device."""
        return replace(self, device=0)

    def on(self, device: int) -> "Address":
        """That device of the account."""
        return replace(self, device=device)

    def __str__(self) -> str:
        return f"{self.user}:{self.device}@{self.server}" if self.device else f"{self.user}@{self.server}"


SERVER = Address("", PHONE)
"""The server itself."""
