"""The JSON of linking an account to a channel. A code lets whoever has it link: it is for the owner only."""

from typing import Annotated

from pydantic import Field

from nanoclaw.control.shapes import Shape


class PairRequest(Shape):
    """What to pair with: a telephone number asks for a code to type, where the network has that; else a picture."""

    phone: Annotated[str, Field(max_length=40)] = ""


class PairingQuery(Shape):
    """Answered once the pairing has changed since ``after``, or after so many seconds."""

    after: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    wait_seconds: Annotated[float, Field(ge=0, le=30)] = 0


class PairingShape(Shape):
    """A pairing. ``state`` is none, starting, code, done or failed; ``number`` grows with every change.

    With ``code``: ``qr`` is the content of a picture, ``picture`` its rows of 0 and 1, ``code`` what to type, ``words``
    where, ``expires_in`` for how many seconds. With ``failed``: ``fault``, ``problem`` and ``hint``.
    """

    channel: str
    number: int = 0
    state: str = "none"
    qr: str = ""
    picture: tuple[str, ...] = ()
    code: str = ""
    words: str = ""
    expires_in: float = 0
    account: str = ""
    owner: str = ""
    chat: str = ""
    name: str = ""
    fault: str = ""
    problem: str = ""
    hint: str = ""
