"""Which messages of the child were answered for, as it may say one again that another life of it has said before."""

from dataclasses import dataclass, field

from nanoclaw.channels.whatsapp.link import Incoming

_REMEMBERED = 2_000
_Name = tuple[int, str, str]


@dataclass(slots=True)
class Answered:
    """What is in hand, and the last two thousand of those that were. Forgetting one costs a look into the store."""

    _in_hand: set[_Name] = field(default_factory=set)
    _done: dict[_Name, None] = field(default_factory=dict)

    def __contains__(self, said: Incoming) -> bool:
        return _name(said) in self._done

    def is_in_hand(self, said: Incoming) -> bool:
        """Whether it waits here already."""
        return _name(said) in self._in_hand

    def begin(self, said: Incoming) -> None:
        """It waits."""
        self._in_hand.add(_name(said))

    def end(self, said: Incoming) -> None:
        """It was answered for."""
        self._in_hand.discard(_name(said))
        self._done[_name(said)] = None
        while len(self._done) > _REMEMBERED:
            del self._done[next(iter(self._done))]


def _name(said: Incoming) -> _Name:
    """Not the number alone: a folder that was emptied counts anew."""
    return said.number, said.chat, said.id
