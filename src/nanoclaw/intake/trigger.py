"""Whether a message wakes the agent: one rule, written once."""

import re
from functools import lru_cache

from nanoclaw.model.chats import InboundMessage
from nanoclaw.model.errors import NanoclawError
from nanoclaw.model.groups import Group


class InvalidTriggerError(NanoclawError):
    """A trigger can never match, or would match everything."""


def check_trigger(trigger: str) -> str:
    """A trigger without surrounding space.

    Raises:
        InvalidTriggerError: it is empty, too long, or holds a line break.
    """
    stripped = trigger.strip()
    if not stripped or len(stripped) > 60 or not stripped.isprintable():
        raise InvalidTriggerError(
            "A trigger is 1 to 60 printable characters", hint="Use a word such as @Andy, or --no-trigger for none."
        )
    return stripped


def wakes(group: Group, message: InboundMessage) -> bool:
    """Whether the group's agent must answer this message.

    The main group and groups that require no trigger are always answered; others when the platform says that the
    assistant was mentioned or replied to, or when the trimmed text begins with the trigger as a whole word.
    """
    return message.mentions_assistant or text_wakes(group, message.text)


def text_wakes(group: Group, text: str) -> bool:
    """Whether a message of this text must be answered, whatever else is known of it."""
    if group.is_main or not group.requires_trigger:
        return True
    return _pattern(group.trigger).match(text.strip()) is not None


def without_trigger(group: Group, text: str) -> str:
    """The text without surrounding space and without the trigger that it may begin with."""
    stripped = text.strip()
    found = _pattern(group.trigger).match(stripped)
    return stripped[found.end() :].strip() if found else stripped


@lru_cache(maxsize=256)
def _pattern(trigger: str) -> re.Pattern[str]:
    # A word boundary after a trigger that ends in punctuation would demand a letter: there, any non-letter will do.
    end = r"\b" if re.match(r"\w", trigger[-1]) else r"(?!\w)"
    return re.compile(re.escape(trigger) + end, re.IGNORECASE)
