"""Change ``config.toml`` for its owner: comments and order stay, and the file is at no moment half written."""

import fcntl
import os
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from nanoclaw.settings.home import Home
from nanoclaw.settings.load import SettingsError, explain, load_settings
from nanoclaw.settings.schema import Settings
from nanoclaw.settings.toml_lines import Keys, TomlValue, as_toml, rewrite
from nanoclaw.settings.whole_files import replace_file

_MARK = "\ufeff"
"""Some editors begin a file with a byte order mark."""


class EditError(SettingsError):
    """The configuration cannot be changed by the program; the hint says what to write by hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One key: ``("channels", "web", "port")``. ``value`` None takes the key away; ``{}`` sees that a table exists."""

    keys: Keys
    value: TomlValue | None

    @property
    def by_hand(self) -> str:
        """What the owner would write."""
        table, name = ".".join(self.keys[:-1]), self.keys[-1]
        if self.value is None:
            return f"take {name} out of [{table}]"
        if self.value == {}:
            return f"add [{table}.{name}]" if table else f"add [{name}]"
        return f"write {name} = {as_toml(self.value)} under [{table}]"


def edit_settings(home: Home, *changes: Change) -> bool:
    """Make all of the changes or none; whether the file is another now.

    What is written was read again and says what it should, nothing else, and is allowed. Two commands at the same time
    wait for each other.

    Raises:
        SettingsError: the file is wrong as it stands, or would be with the changes.
        EditError: there is no safe way to write it, or the file cannot be written.
    """
    path = home.config.resolve()
    try:
        with _alone(path.parent):
            load_settings(home)
            before = path.read_bytes().decode() if path.exists() else ""
            after = _apply(home, before, changes)
            if after == before:
                return False
            replace_file(path, after.encode(), as_before=True)
    except OSError as error:
        raise EditError(f"Cannot write {home.config}: {error.strerror}", hint=_by_hand(changes)) from error
    return True


def switch_channel(home: Home, name: str, *, on: bool) -> bool:
    """Let a channel run from the next start on, or not; its own options stay. Whether the file is another now.

    Raises:
        SettingsError, EditError: as :func:`edit_settings`.
    """
    settings = load_settings(home)
    if not on:
        return name in settings.enabled_channels and edit_settings(
            home, Change(keys=("channels", name, "enabled"), value=False)
        )
    if name in settings.channels:
        return edit_settings(home, Change(keys=("channels", name, "enabled"), value=None))
    # The first table ends the defaults: what runs by default goes on.
    kept = [] if "channels" in settings.model_fields_set else list(settings.channels)
    return edit_settings(home, *(Change(keys=("channels", one), value={}) for one in [*kept, name]))


def _apply(home: Home, before: str, changes: tuple[Change, ...]) -> str:
    mark = _MARK if before.startswith(_MARK) else ""
    text = before.removeprefix(_MARK)
    for change in changes:
        changed = rewrite(text, change.keys, change.value)
        if changed is None:
            raise EditError(f"{home.config} is written in a way that is not changed here", hint=_by_hand(changes))
        text = changed
    try:
        Settings.model_validate(tomllib.loads(text))
    except ValidationError as error:
        raise SettingsError(
            f"Nothing was changed. {explain(home.config, text, error)}", hint="docs/reference/settings.md has all keys."
        ) from error
    return mark + text


def _by_hand(changes: tuple[Change, ...]) -> str:
    return f"By hand: {'; '.join(change.by_hand for change in changes)}."


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        # Held for one small write; the kernel lets go of it however its holder ends.
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
