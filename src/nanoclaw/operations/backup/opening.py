"""Where a home's backups are and what opens them, as its settings and its surroundings say."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from nanoclaw.model.clock import Clock
from nanoclaw.operations.backup.errors import BackupError, BackupKeyError
from nanoclaw.operations.backup.repository import Repository
from nanoclaw.operations.backup.retention import Policy
from nanoclaw.operations.backup.schedule import WEEKDAYS, Times
from nanoclaw.operations.backup.vault import FolderVault
from nanoclaw.settings.home import Home
from nanoclaw.settings.load import SettingsError, load_backup_passphrase, load_settings, time_zone
from nanoclaw.settings.schema import Settings

_LEAST_KEY = 16
_MOST_KEY = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A home's backups."""

    repository: Repository
    settings: Settings
    zone: ZoneInfo
    leave_free: int
    notes: tuple[str, ...] = ()


def open_backups(
    home: Home, clock: Clock, *, place: Path | None = None, key_file: Path | None = None, to_write: bool = False
) -> Opened:
    """The backups of a home, or those in ``place``; nothing is made, nothing is read yet.

    To read them the home's own configuration may be broken or gone: it may be what is to be restored.

    Raises:
        BackupKeyError: the key file cannot be used.
        SettingsError: the configuration is broken, and is needed ``to_write``.
    """
    notes: tuple[str, ...] = ()
    try:
        settings = load_settings(home)
    except SettingsError as error:
        if to_write:
            raise
        settings, notes = Settings(), (f"{error}; going on with the defaults",)
    if place is not None and not place.is_dir():
        raise BackupError(f"There is no folder {place}", hint="Is its disk mounted?")
    leave_free = settings.backup.leave_free_mib * 2**20
    vault = FolderVault(place or home.backups, leave_free=leave_free)
    return Opened(
        repository=Repository(vault, _secret(home, settings, key_file), clock),
        settings=settings,
        zone=time_zone(settings),
        leave_free=leave_free,
        notes=notes,
    )


def policy_of(settings: Settings) -> Policy:
    """Which backups stay."""
    table = settings.backup
    return Policy(
        hourly=table.keep_hourly,
        daily=table.keep_daily,
        weekly=table.keep_weekly,
        changes=table.keep_changes,
        manual=table.keep_manual,
    )


def times_of(settings: Settings) -> Times:
    """When backups are due."""
    table = settings.backup
    return Times(daily_hour=table.daily_hour, weekday=WEEKDAYS.index(table.weekly_day), zone=time_zone(settings))


def _secret(home: Home, settings: Settings, given: Path | None) -> bytes | None:
    if given is not None or settings.backup.key_file:
        return _read_key(given or Path(settings.backup.key_file))
    passphrase = load_backup_passphrase(home)
    return passphrase.get_secret_value().encode() if passphrase is not None else None


def _read_key(path: Path) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            content = file.read(_MOST_KEY + 1) if stat.S_ISREG(status.st_mode) else b""
    except OSError as error:
        raise BackupKeyError(
            f"Cannot read the key file {path}: {error.strerror}", hint="Set key_file under [backup] to where it is."
        ) from error
    if not _LEAST_KEY <= len(content) <= _MOST_KEY:
        raise BackupKeyError(
            f"The key file {path} does not have 16 bytes to 1 MiB",
            hint="Make one: head -c 32 /dev/urandom > FILE. Keep a copy of it away from this machine.",
        )
    if status.st_mode & 0o077:
        raise BackupKeyError(f"Others can read the key file {path}", hint=f"chmod 600 {path}")
    return content
