"""Every setting there is, with its default. A test holds that each is documented in ``docs/reference/settings.md``."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

_Positive = Annotated[int, Field(gt=0)]


def is_time_zone(name: str) -> bool:
    """Whether the time zone database has a zone of this name. POSIX rules such as ``CET-1CEST`` are none."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class AssistantSettings(_Table):
    """Who the assistant is."""

    name: Annotated[str, Field(min_length=1, max_length=40, description="What the assistant is called")] = "Andy"
    trigger: Annotated[str, Field(max_length=60, description="Word that wakes it; empty: @ and its name")] = ""
    time_zone: Annotated[str, Field(description="IANA time zone; empty: the machine's")] = ""
    model: Annotated[str, Field(description="Model of the agents; empty: the claude program's default")] = ""
    fallback_model: Annotated[str, Field(description="Model to use while the first is overloaded; empty: none")] = ""
    effort: Annotated[
        Literal["", "low", "medium", "high", "xhigh", "max"],
        Field(description="How hard it thinks; empty: its default"),
    ] = ""
    question_hours: Annotated[float, Field(gt=0, le=720, description="How long a question waits for its answer")] = 24

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value and not is_time_zone(value):
            raise ValueError("not an IANA time zone, such as Europe/Zurich")
        return value

    @property
    def default_trigger(self) -> str:
        """The trigger of groups that name none."""
        return self.trigger or f"@{self.name}"


class AgentSettings(_Table):
    """How many agents work, and for how long."""

    at_once: Annotated[_Positive, Field(le=100, description="Agents alive at the same time")] = 5
    tasks_at_once: Annotated[
        _Positive, Field(le=100, description="Further agents, for tasks with a conversation of their own")
    ] = 2
    same_call_limit: Annotated[
        int, Field(ge=2, le=1000, description="Identical tool calls in a row after which a turn is stopped")
    ] = 10
    idle_minutes: Annotated[float, Field(gt=0, description="How long an idle agent stays warm")] = 30
    turn_minutes: Annotated[float, Field(gt=0, description="A turn without progress for this long is ended")] = 30
    start_seconds: Annotated[float, Field(gt=0, description="How long an agent may take to start")] = 90
    stop_seconds: Annotated[float, Field(ge=0, description="How long a stop waits for running turns")] = 20
    catch_up_messages: Annotated[_Positive, Field(le=2000, description="Messages of a chat put before the agent")] = 200
    retry_seconds: Annotated[
        tuple[Annotated[float, Field(ge=0)], ...], Field(description="Waits before each retry of a failed turn")
    ] = (5, 10, 20, 40, 80)
    line_mib: Annotated[_Positive, Field(le=256, description="Longest line an agent may print")] = 16


class SandboxSettings(_Table):
    """Where agents run, and what each may use."""

    kind: Annotated[
        Literal["auto", "docker", "podman", "apple-container", "bubblewrap"],
        Field(description="auto: docker where it answers, else podman with its image built, else bubblewrap"),
    ] = "auto"
    base_image: Annotated[str, Field(description="Base of the agent image")] = "debian:bookworm-slim"
    runtime: Annotated[str, Field(description="OCI runtime, such as runsc; empty: the engine's default")] = ""
    memory_mib: Annotated[_Positive, Field(description="Memory of one agent")] = 2048
    cpus: Annotated[float, Field(gt=0, description="Processors of one agent")] = 2.0
    processes: Annotated[_Positive, Field(description="Processes and threads of one agent")] = 512
    open_files: Annotated[_Positive, Field(description="Open files of one process")] = 4096
    file_size_mib: Annotated[_Positive, Field(description="Largest file an agent can write")] = 2048
    disk_mib: Annotated[_Positive, Field(description="Size of a group's folder and transcripts together")] = 2048
    disk_entries: Annotated[_Positive, Field(description="Files and folders in them")] = 200_000
    tmp_mib: Annotated[_Positive, Field(description="Size of /tmp inside")] = 512
    home_mib: Annotated[_Positive, Field(description="Size of the agent's temporary home")] = 256


class GatewaySettings(_Table):
    """What an agent can reach besides the model."""

    allow: Annotated[
        tuple[str, ...],
        Field(description="Hosts agents may reach over HTTPS: example.org, *.example.org, example.org:8443"),
    ] = ()


class BudgetSettings(_Table):
    """What all groups together may spend. Days and months begin at midnight in the assistant's time zone."""

    day_usd: Annotated[float | None, Field(ge=0, description="US dollars a day; absent: no limit")] = None
    month_usd: Annotated[float | None, Field(ge=0, description="US dollars a month; absent: no limit")] = None
    warn_percent: Annotated[int, Field(ge=1, le=100, description="Part of a budget at which the owner is warned")] = 80


class PriceSettings(_Table):
    """What a model costs, in US dollars for a million tokens. Replaces the price that the program knows."""

    input: Annotated[float, Field(ge=0, description="Tokens read")]
    output: Annotated[float, Field(ge=0, description="Tokens written")]
    cache_read: Annotated[float, Field(ge=0, description="Tokens read from the cache")] = 0
    cache_write: Annotated[float, Field(ge=0, description="Tokens written to the cache")] = 0


class LogSettings(_Table):
    """The log."""

    level: Annotated[Literal["debug", "info", "warning", "error"], Field(description="Least level written")] = "info"
    file_mib: Annotated[_Positive, Field(description="Size at which a log file is rotated")] = 10
    files: Annotated[_Positive, Field(description="Files kept; with their size the most that the log takes up")] = 5
    file_days: Annotated[float, Field(gt=0, description="Age in days at which a log file is rotated")] = 7
    keep_days: Annotated[float, Field(gt=0, description="Age in days at which a rotated file is deleted")] = 30


class BackupSettings(_Table):
    """Backups: when the daemon makes them, which are kept, and how they are locked."""

    enabled: Annotated[bool, Field(description="Whether the daemon makes backups by itself")] = True
    daily_hour: Annotated[int, Field(ge=0, le=23, description="Hour of the daily and the weekly backup")] = 2
    weekly_day: Annotated[
        Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"],
        Field(description="Day of the weekly backup"),
    ] = "sunday"
    settle_minutes: Annotated[float, Field(ge=0, description="How long a started daemon waits before its first")] = 5
    keep_hourly: Annotated[_Positive, Field(description="Hours of which the newest backup is kept")] = 24
    keep_daily: Annotated[_Positive, Field(description="Days of which the newest backup is kept")] = 7
    keep_weekly: Annotated[_Positive, Field(description="Weeks of which the newest backup is kept")] = 4
    keep_changes: Annotated[_Positive, Field(description="Backups kept of those made after a change")] = 10
    keep_manual: Annotated[_Positive, Field(description="Backups kept of those made by hand")] = 10
    key_file: Annotated[str, Field(description="File whose content encrypts backups; empty: the passphrase does")] = ""
    copies: Annotated[tuple[str, ...], Field(description="Folders that get a copy of every backup")] = ()
    leave_free_mib: Annotated[int, Field(ge=0, description="Free space that a backup leaves on the disk")] = 512
    drill: Annotated[bool, Field(description="Whether a restore is tried out every week")] = True

    @field_validator("key_file", "copies")
    @classmethod
    def _absolute(cls, value: str | tuple[str, ...]) -> str | tuple[str, ...]:
        for path in [value] if isinstance(value, str) else value:
            if path and not path.startswith("/"):
                raise ValueError("not an absolute path")
        return value


class AlertSettings(_Table):
    """Alerts that leave this machine, beside the owner's own chat."""

    urls: Annotated[
        tuple[str, ...], Field(description="Variables in .env, each of which holds the address of a route")
    ] = ()
    level: Annotated[Literal["info", "warning", "error", "critical"], Field(description="Least level that is sent")] = (
        "warning"
    )
    repeat_hours: Annotated[float, Field(gt=0, le=8760, description="How long the same trouble is not told again")] = 24
    chats: Annotated[
        tuple[str, ...],
        Field(description="Chats of the owner that news go to; the first whose channel is up gets them"),
    ] = ()
    channel_minutes: Annotated[
        float, Field(ge=0, le=1440, description="How long a channel may be down by itself before it is told")
    ] = 15

    @field_validator("urls")
    @classmethod
    def _names(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) for name in value):
            raise ValueError("not the name of a variable; the address itself, which is secret, stands in .env")
        if len(set(value)) < len(value):
            raise ValueError("the same variable twice")
        return value

    @field_validator("chats")
    @classmethod
    def _addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(re.fullmatch(r"[^:\s]+:.+", address) for address in value):
            raise ValueError("not channel:chat, such as telegram:12345; `nanoclaw groups list` shows the chats")
        if len(set(value)) < len(value):
            raise ValueError("the same chat twice")
        return value


_Days = Annotated[int, Field(ge=0, le=36_500)]


class CleanSettings(_Table):
    """What is cleared away once it is old, and when. In days; 0: never. Nothing that is still in use goes."""

    enabled: Annotated[bool, Field(description="Whether the daemon cleans up by itself, once a week")] = True
    transcript_days: Annotated[_Days, Field(description="Conversations that are over")] = 365
    attachment_days: Annotated[_Days, Field(description="Files that came with messages, in inbox/ of a group")] = 0
    outgoing_days: Annotated[_Days, Field(description="Copies of files that agents sent")] = 90
    crash_days: Annotated[_Days, Field(description="Details of a command's defects")] = 90
    replaced_days: Annotated[_Days, Field(description="What restores and rollbacks replaced")] = 0
    image_days: Annotated[_Days, Field(description="Agent images of earlier versions")] = 30


class ChannelSettings(_Table):
    """What may stand in the table of every channel, beside its own options."""

    enabled: Annotated[bool, Field(strict=True, description="Whether it runs; false keeps its settings")] = True
    canary_minutes: Annotated[
        float, Field(ge=0, le=10_080, description="How often it proves that it works; 0: it is not asked to")
    ] = 0


def _of_any_channel(table: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in table.items() if key in ChannelSettings.model_fields}


def _is_table_of_channel(table: dict[str, Any]) -> dict[str, Any]:
    try:
        ChannelSettings.model_validate(_of_any_channel(table))
    except ValidationError as error:
        problem = error.errors(include_input=False, include_url=False)[0]
        raise ValueError(f"{problem['loc'][0]}: {problem['msg'].lower()}") from None
    return table


_ChannelTable = Annotated[dict[str, Any], AfterValidator(_is_table_of_channel)]


class TranscriptionSettings(_Table):
    """A program of the owner's that writes voice notes down. It runs on this machine as the assistant's own user."""

    command: Annotated[
        tuple[Annotated[str, Field(min_length=1)], ...],
        Field(description="The program and its arguments; {file} is the sound, the text is printed; empty: none"),
    ] = ()
    seconds: Annotated[float, Field(gt=0, le=3600, description="How long one voice note may take")] = 120
    at_once: Annotated[_Positive, Field(le=16, description="Voice notes that are written down at the same time")] = 1

    @field_validator("command")
    @classmethod
    def _names_the_file(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if value and not any("{file}" in part for part in value[1:]):
            raise ValueError("one of its arguments must hold {file}, where the path of the sound goes")
        return value


class Settings(_Table):
    """The whole of ``config.toml``."""

    assistant: AssistantSettings = AssistantSettings()
    agents: AgentSettings = AgentSettings()
    sandbox: SandboxSettings = SandboxSettings()
    gateway: GatewaySettings = GatewaySettings()
    budget: BudgetSettings = BudgetSettings()
    prices: Annotated[
        dict[str, PriceSettings], Field(description="One table a model, its name or the beginning of it")
    ] = {}
    log: LogSettings = LogSettings()
    backup: BackupSettings = BackupSettings()
    clean: CleanSettings = CleanSettings()
    alerts: AlertSettings = AlertSettings()
    transcription: TranscriptionSettings = TranscriptionSettings()
    channels: Annotated[dict[str, _ChannelTable], Field(description="One table a channel, parsed by the channel")] = {
        "web": {}
    }

    @property
    def enabled_channels(self) -> dict[str, dict[str, Any]]:
        """The channels that run, each with the options that it parses itself."""
        return {
            name: {key: value for key, value in table.items() if key not in ChannelSettings.model_fields}
            for name, table in self.channels.items()
            if self.channel(name).enabled
        }

    def channel(self, name: str) -> ChannelSettings:
        """What the program itself reads of a channel's table."""
        return ChannelSettings.model_validate(_of_any_channel(self.channels.get(name, {"enabled": False})))


class Credential(_Table):
    """What the gateway shows to the model's service. Only one of the two is set."""

    api_key: SecretStr | None = None
    oauth_token: SecretStr | None = None
    source: str = ""
    """Where it was found, such as ``ANTHROPIC_API_KEY in .env``; never the value."""


class Upstream(_Table):
    """The model's service: where it is, how we sign, and the proxy on the way to it."""

    base_url: str = "https://api.anthropic.com"
    credential: Credential | None = None
    proxy: SecretStr | None = None
    """``HTTPS_PROXY``; may hold a password."""
