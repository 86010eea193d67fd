"""Try the way back out: restore into a scratch home, look into its databases, start a daemon on it."""

import os
import re
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nanoclaw.control.client import ControlClient
from nanoclaw.control.errors import ControlError
from nanoclaw.model.errors import NanoclawError
from nanoclaw.operations.backup.clearing import remove_tree
from nanoclaw.operations.backup.errors import DrillFailedError
from nanoclaw.operations.backup.restore import Choice, Restored, Way, restore_to
from nanoclaw.operations.backup.state import DRILL, Outcome, write_outcome
from nanoclaw.settings.home import Home
from nanoclaw.settings.load import load_settings
from nanoclaw.store.survey import read_roll

_START_SECONDS = 90
_STOP_SECONDS = 30
_STALE_SECONDS = 86_400
_KEPT = ("PATH", "LANG", "LC_ALL", "TMPDIR", "PYTHONPATH", "TZ", "SSL_CERT_FILE")
"""What the scratch daemon sees of the environment: no key, and nothing that leads to an engine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drilled:
    """What the drill did."""

    restored: Restored
    groups: int
    restore_seconds: float
    start_seconds: float


def drill(
    way: Way, choice: Choice, daemon: Sequence[str], environment: Mapping[str, str], *, keep: bool = True
) -> Drilled:
    """Restore into a folder below ``backups/``, start ``daemon --home FOLDER run --rehearsal``, and clear up.

    The outcome is kept for whoever asks how backups are, unless not ``keep``.

    Raises:
        DrillFailedError: what did not work, so a restore would not either.
    """
    scratch = _scratch_home(way.home.backups / "drill")
    try:
        done = _rehearse(way, choice, scratch, _Start(tuple(daemon), _seen(environment, scratch)))
    except NanoclawError as error:
        _note(way, str(error), ok=False, keep=keep)
        raise DrillFailedError(f"The restore drill failed: {error}", hint=error.hint) from error
    finally:
        remove_tree(scratch.root)
    text = f"{done.restored.snapshot.name}: {done.restored.files:,} files"
    _note(way, text, ok=True, keep=keep)
    return done


def _scratch_home(place: Path) -> Home:
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        clear_stale(place)
        return Home(Path(tempfile.mkdtemp(prefix=f"home-{os.getpid()}-", dir=place)))
    except OSError as error:
        raise DrillFailedError(
            f"The restore drill cannot make a folder in {place}: {error.strerror}",
            hint="Free space on that disk, or mend its mode or owner.",
        ) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class _Timed:
    status: dict[str, Any]
    seconds: float


@dataclass(frozen=True, slots=True)
class _Start:
    daemon: tuple[str, ...]
    environment: dict[str, str]


def _rehearse(way: Way, choice: Choice, scratch: Home, start: _Start) -> Drilled:
    began = time.monotonic()
    restored = restore_to(way, choice, scratch.root, durable=False)
    restored_after = time.monotonic() - began
    load_settings(scratch)
    found = _started(scratch, start)
    groups = len(found.status.get("groups", ()))
    # Rows stay of groups that were removed; and the daemon may have had to migrate before this could be read.
    expected = sum(not group.temporary for group in read_roll(scratch.database).groups)
    if groups < expected:
        raise DrillFailedError(f"The restored daemon knows {groups} groups of {expected}", hint="Keep its backup.")
    return Drilled(restored=restored, groups=groups, restore_seconds=restored_after, start_seconds=found.seconds)


def _started(scratch: Home, start: _Start) -> _Timed:
    """The status of a daemon on the scratch home, which is gone again afterwards."""
    said = scratch.root / "drill.out"
    began = time.monotonic()
    with said.open("wb") as out:
        process = subprocess.Popen(
            [*start.daemon, "--home", str(scratch.root), "run", "--rehearsal"],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            env=start.environment,
        )
    try:
        client = ControlClient(scratch.control_socket)
        while time.monotonic() - began < _START_SECONDS:
            if process.poll() is not None:
                tail = " ".join(said.read_text(encoding="utf-8", errors="replace").split())[-300:]
                raise DrillFailedError(f"The daemon does not start on the restored home: {tail}")
            with suppress(ControlError):
                status = client.status()
                seconds = time.monotonic() - began
                client.stop()
                process.wait(_STOP_SECONDS)
                return _Timed(status=status, seconds=seconds)
            time.sleep(0.05)
        raise DrillFailedError(f"The daemon on the restored home does not answer within {_START_SECONDS} s")
    except subprocess.TimeoutExpired as error:
        raise DrillFailedError("The daemon on the restored home does not stop") from error
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def _seen(environment: Mapping[str, str], scratch: Home) -> dict[str, str]:
    kept = {name: environment[name] for name in _KEPT if name in environment}
    return {**kept, "HOME": str(scratch.root), "XDG_CONFIG_HOME": str(scratch.root / "outside")}


def _note(way: Way, text: str, *, ok: bool, keep: bool) -> None:
    if not keep:
        return
    with suppress(OSError):  # That it could not be noted is no reason not to tell it.
        write_outcome(way.home, DRILL, Outcome(at=way.clock.now(), ok=ok, text=text))


def clear_stale(place: Path) -> None:
    """What was left by those that were killed: the names tell whose process each was."""
    for one in place.iterdir():
        with suppress(OSError):
            if time.time_ns() / 1e9 - one.stat().st_mtime > _STALE_SECONDS or not _has_owner(one.name):
                remove_tree(one)


def _has_owner(name: str) -> bool:
    """Whether the process that made a folder lives; yes where the name does not say."""
    named = re.fullmatch(r"(?:home|vault)-([1-9][0-9]*)-.*", name)
    if named is None:
        return True
    try:
        os.kill(int(named[1]), 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
