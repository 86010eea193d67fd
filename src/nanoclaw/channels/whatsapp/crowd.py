"""Who was seen in a chat: an ``@name`` in an answer reaches a person only if they wrote there, and are the only one."""

import re
from collections import OrderedDict
from typing import Any

from nanoclaw.channels.whatsapp.link import Person

_CHATS, _PEOPLE = 500, 300
_NUMBER = re.compile(r"(?<![\w@])@\+?(\d{5,20})(?!\w)")


class Crowd:
    """The newest chats and the newest people in each, forgotten with the process."""

    def __init__(self) -> None:
        self._chats: OrderedDict[str, OrderedDict[str, Person]] = OrderedDict()

    def saw(self, chat: str, person: Person) -> None:
        """Somebody wrote in a chat."""
        identity = person.lid or person.phone
        people = self._chats.setdefault(chat, OrderedDict())
        self._chats.move_to_end(chat)
        before = people.get(identity, person)
        people[identity] = person.model_copy(update={"name": person.name or before.name})
        people.move_to_end(identity)
        _trim(people, _PEOPLE)
        _trim(self._chats, _CHATS)

    def name(self, chat: str, identity: str) -> str:
        """What somebody calls themselves, by any of their ids; "" if they were not seen."""
        for person in self._chats.get(chat, {}).values():
            if identity in {person.lid, person.phone}:
                return person.name
        return ""

    def mentioned(self, chat: str, text: str) -> tuple[str, tuple[str, ...]]:
        """A text with every mention as the network writes it, and the ids of those who are mentioned."""
        people = self._chats.get(chat)
        if not people or "@" not in text:
            return text, ()
        ids: dict[str, None] = {}

        def point(identity: str) -> str:
            ids[identity] = None
            return f"@{identity.partition('@')[0]}"

        numbers = {
            each.partition("@")[0]: identity
            for identity, one in people.items()
            for each in (one.lid, one.phone)
            if each
        }
        text = _NUMBER.sub(lambda found: point(numbers[found[1]]) if found[1] in numbers else found[0], text)
        names = _names(people)
        if names:
            pattern = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
            text = re.sub(
                rf"(?<![\w@])@({pattern})(?!\w)",
                lambda found: point(names[found[1].casefold()]),
                text,
                flags=re.IGNORECASE,
            )
        return text, tuple(ids)


def _names(people: OrderedDict[str, Person]) -> dict[str, str]:
    """Names that only one has, and no number: who takes another's name gets nothing that is meant for them."""
    found: dict[str, list[str]] = {}
    for identity, person in people.items():
        found.setdefault(person.name.strip().casefold(), []).append(identity)
    return {name: ids[0] for name, ids in found.items() if len(ids) == 1 and name and not name.isdigit()}


def _trim(kept: OrderedDict[str, Any], at_most: int) -> None:
    while len(kept) > at_most:
        kept.popitem(last=False)
