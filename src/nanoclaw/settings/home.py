"""The home folder: where everything lies, private to its owner."""

import os
from dataclasses import dataclass
from pathlib import Path

from nanoclaw.model.errors import NanoclawError
from nanoclaw.model.groups import GroupFolder


class HomeError(NanoclawError):
    """The home folder cannot be used."""


@dataclass(frozen=True, slots=True)
class Home:
    """Absolute paths of one installation. Folders are 700, files 600."""

    root: Path

    @property
    def config(self) -> Path:
        """``config.toml``."""
        return self.root / "config.toml"

    @property
    def env_file(self) -> Path:
        """``.env``, where credentials may stand."""
        return self.root / ".env"

    @property
    def database(self) -> Path:
        """Messages, turns, outbox, groups, sessions, usage."""
        return self.root / "store" / "messages.db"

    @property
    def groups(self) -> Path:
        """One folder a group, and ``global``."""
        return self.root / "groups"

    @property
    def task_database(self) -> Path:
        """Scheduled tasks and their runs."""
        return self.root / "store" / "tasks.db"

    @property
    def outgoing(self) -> Path:
        """Private copies of files on their way out."""
        return self.root / "data" / "outgoing"

    @property
    def voices(self) -> Path:
        """Voice notes while they are written down."""
        return self.root / "data" / "voices"

    @property
    def global_folder(self) -> Path:
        """What all groups read and main writes."""
        return self.groups / "global"

    @property
    def ipc(self) -> Path:
        """Sockets; nothing in it outlives the daemon."""
        return self.root / "data" / "ipc"

    @property
    def control_socket(self) -> Path:
        """Where the commands reach the daemon."""
        return self.ipc / "control.sock"

    @property
    def lock(self) -> Path:
        """Held by the one daemon of this home."""
        return self.root / "data" / "daemon.lock"

    @property
    def log(self) -> Path:
        """JSON lines."""
        return self.root / "logs" / "nanoclaw.log"

    @property
    def audit_log(self) -> Path:
        """The gateway's decisions, JSON lines."""
        return self.root / "logs" / "gateway.log"

    @property
    def backups(self) -> Path:
        """The backups of this home, and what they need while they are made."""
        return self.root / "backups"

    @property
    def alerts(self) -> Path:
        """Alerts that wait, those that were sent, and what is known of their routes."""
        return self.root / "data" / "alerts.json"

    @property
    def outages(self) -> Path:
        """What the owner was told of channels that do not work."""
        return self.root / "data" / "channels.json"

    @property
    def figures(self) -> Path:
        """How the program fared in the last week, a line of JSON a minute or an hour."""
        return self.root / "data" / "figures.jsonl"

    @property
    def upgrades(self) -> Path:
        """Databases from before the last upgrades of the program."""
        return self.root / "upgrades"

    @property
    def program_version(self) -> Path:
        """The version of the program that was here last."""
        return self.root / "data" / "version"

    @property
    def image_cache(self) -> Path:
        """Build contexts for the agent image."""
        return self.root / "data" / "image"

    def group(self, folder: GroupFolder) -> Path:
        """A group's own folder."""
        return self.groups / folder

    def sessions(self, folder: GroupFolder) -> Path:
        """The ``claude`` program's own folder for a group: its transcripts."""
        return self.root / "data" / "sessions" / folder

    def gateway(self, folder: GroupFolder, conversation: str = "group") -> Path:
        """The directory with the gateway sockets of one of a group's agents, shown to it."""
        return self.ipc / folder / ("gateway" if conversation == "group" else f"gateway-{conversation}")

    def launchers(self, folder: GroupFolder) -> Path:
        """Start scripts of a group's sandboxes; never shown to an agent."""
        return self.ipc / folder / "launch"

    def channel(self, name: str) -> Path:
        """What a channel keeps."""
        return self.root / "store" / "auth" / name

    @property
    def folders(self) -> tuple[Path, ...]:
        """Those that must exist."""
        return (
            self.root,
            self.database.parent,
            self.database.parent / "auth",
            self.groups,
            self.global_folder,
            self.root / "data",
            self.ipc,
            self.log.parent,
            self.backups,
        )

    def create(self) -> None:
        """Make the folders that must exist, private to the owner.

        Raises:
            HomeError: the place cannot be written.
        """
        try:
            for folder in self.folders:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                if folder.stat().st_mode & 0o077:
                    # It was made by other hands: what is in it is private all the same.
                    folder.chmod(0o700)
        except OSError as error:
            raise HomeError(
                f"Cannot create {error.filename}: {error.strerror}",
                hint="Choose another place with --home or NANOCLAW_HOME, or free the one above.",
            ) from error


def mount_allowlist() -> Path:
    """Where the owner says which folders groups may see: outside everything an agent can write."""
    base = os.environ.get("XDG_CONFIG_HOME", "")
    return (Path(base) if base.startswith("/") else Path.home() / ".config") / "nanoclaw" / "mount-allowlist.json"


def find_home(given: str | None) -> Home:
    """The home folder: what was given, else ``NANOCLAW_HOME``, else ``~/.nanoclaw``; made absolute, not created."""
    chosen = given or os.environ.get("NANOCLAW_HOME") or "~/.nanoclaw"
    try:
        return Home(Path(chosen).expanduser().absolute())
    except RuntimeError as error:
        raise HomeError(f"There is no user whose home {chosen} could be", hint="Write the path in full.") from error


def process_environment() -> dict[str, str]:
    """This process's environment, for those who start children with it."""
    return dict(os.environ)
