"""Read ``config.toml``, ``.env`` and the environment into frozen values, or say which key on which line is wrong."""

import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import SecretStr, ValidationError

from nanoclaw.model.errors import NanoclawError
from nanoclaw.settings.home import Home
from nanoclaw.settings.schema import AlertSettings, Credential, Settings, Upstream, is_time_zone

_API_KEYS = ("CLAUDE_API_KEY", "ANTHROPIC_API_KEY")
_BACKUP_PASSPHRASE = "NANOCLAW_BACKUP_PASSPHRASE"  # noqa: S105 - the name of a variable
_OAUTH_TOKEN = "CLAUDE_CODE_OAUTH_TOKEN"  # noqa: S105 - the name of a variable
HANDED_OVER = "nanoclaw.env"
"""The name of the credential that the service's unit loads."""
_ENV_LINE = re.compile(
    r"""\s*(?:export\s+)?(?P<name>[A-Za-z_][A-Za-z0-9_]*)\s*=\s*"""
    r"""(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<bare>.*?))\s*(?:(?<=\s)\#.*)?"""
)


class SettingsError(NanoclawError):
    """The configuration cannot be read, or says something that is not allowed."""


def load_settings(home: Home) -> Settings:
    """The settings of a home; the defaults where there is no ``config.toml``.

    Raises:
        SettingsError: unreadable, not TOML, an unknown key or a value that is not allowed. Names key and line.
    """
    text = _read(home.config)
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{home.config} is not valid TOML: {error}", hint="Mend that line.") from error
    try:
        return Settings.model_validate(raw)
    except ValidationError as error:
        raise SettingsError(
            explain(home.config, text, error), hint="docs/reference/settings.md has all keys."
        ) from error


def load_upstream(home: Home) -> Upstream:
    """Where the model's service is and how to sign: the environment, then the service's credentials, then ``.env``.

    Raises:
        SettingsError: ``.env`` is unreadable, or an address is no HTTP address.
    """
    values = _environment(home)
    base_url = values.get("ANTHROPIC_BASE_URL", "").rstrip("/") or Upstream().base_url
    proxy = values.get("HTTPS_PROXY") or values.get("https_proxy")
    for name, url in (("ANTHROPIC_BASE_URL", base_url), ("HTTPS_PROXY", proxy)):
        if url and not _is_http(url):
            raise SettingsError(
                f"{name} is not an http or https address", hint="Write it as https://host or leave it out."
            )
    return Upstream(base_url=base_url, credential=_credential(values, home), proxy=SecretStr(proxy) if proxy else None)


def load_backup_passphrase(home: Home) -> SecretStr | None:
    """What backups are encrypted with where no key file is set: the environment first, then ``.env``.

    Raises:
        SettingsError: ``.env`` is unreadable.
    """
    value = _environment(home).get(_BACKUP_PASSPHRASE, "")
    return SecretStr(value) if value else None


def load_alert_settings(home: Home) -> AlertSettings | None:
    """The alerts of a home, also where something else in ``config.toml`` is wrong; None where they cannot be known."""
    try:
        raw = tomllib.loads(_read(home.config))
        return AlertSettings.model_validate(raw.get("alerts", {}))
    except (SettingsError, tomllib.TOMLDecodeError, ValidationError):
        return None


def load_alert_urls(home: Home, names: Sequence[str]) -> dict[str, SecretStr]:
    """The addresses of alert routes by the names of their variables; those that are not set are left out.

    Raises:
        SettingsError: ``.env`` is unreadable.
    """
    values = _environment(home)
    return {name: SecretStr(values[name]) for name in names if values.get(name)}


def engine_environment() -> dict[str, str]:
    """What container engines' own programs need of the environment: where they are and how to reach their engine."""
    keep = (
        "PATH",
        "HOME",
        "LANG",
        "DOCKER_HOST",
        "DOCKER_CONFIG",
        "DOCKER_CONTEXT",
        "CONTAINER_HOST",
        "XDG_RUNTIME_DIR",
        "DBUS_SESSION_BUS_ADDRESS",
        "TMPDIR",
    )
    return {name: os.environ[name] for name in keep if name in os.environ}


def time_zone(settings: Settings) -> ZoneInfo:
    """The zone in which days begin and clocks are read: the configured one, else the machine's."""
    return ZoneInfo(settings.assistant.time_zone or machine_time_zone())


def machine_time_zone() -> str:
    """The machine's IANA time zone as ``TZ`` or ``/etc/localtime`` tell it; ``UTC`` when neither names one."""
    given = os.environ.get("TZ", "").lstrip(":")
    if given and is_time_zone(given):
        return given
    found = os.path.realpath("/etc/localtime").partition("zoneinfo/")[2]
    return found if is_time_zone(found) else "UTC"


def _credential(values: Mapping[str, str], home: Home) -> Credential | None:
    in_file = _read_env_file(home.env_file)
    for name in (*_API_KEYS, _OAUTH_TOKEN):
        if value := values.get(name):
            place = _place(name, in_file)
            secret = SecretStr(value)
            source = f"{name} in {place}"
            if name == _OAUTH_TOKEN:
                return Credential(oauth_token=secret, source=source)
            return Credential(api_key=secret, source=source)
    return None


def _place(name: str, in_file: Mapping[str, str]) -> str:
    if os.environ.get(name):
        return "the environment"
    if _handed_over().get(name):
        return "the service's credentials"
    return ".env" if name in in_file else "the environment"


def _environment(home: Home) -> dict[str, str]:
    given = {name: value for name, value in os.environ.items() if value}
    return {**_read_env_file(home.env_file), **_handed_over(), **given}


def _handed_over() -> dict[str, str]:
    """What systemd hands over by ``LoadCredential``: a file like ``.env``, in a folder for this process alone."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY", "")
    return _read_env_file(Path(folder) / HANDED_OVER) if folder.startswith("/") else {}


def _read_env_file(path: Path) -> dict[str, str]:
    values = {}
    for line in _read(path).splitlines():
        if match := _ENV_LINE.fullmatch(line):
            values[match["name"]] = match["double"] or match["single"] or match["bare"] or ""
    return values


def _is_http(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        # Brackets that do not close, a port that is no number or too large.
        return False


def _read(path: Path) -> str:
    try:
        # Some editors begin a file with a byte order mark.
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path} is not UTF-8 text", hint="Save it as UTF-8.") from error
    except OSError as error:
        raise SettingsError(f"Cannot read {path}: {error.strerror}", hint="Mend the file's mode or owner.") from error


def explain(path: Path, text: str, error: ValidationError) -> str:
    """Which key on which line is wrong, and how; never a value, which may be secret."""
    parts = []
    for problem in error.errors(include_input=False, include_url=False):
        keys = [str(part) for part in problem["loc"]]
        line = _line_of(text, keys)
        place = f"line {line}: " if line else ""
        parts.append(f"{place}{'.'.join(keys)}: {_plain(problem)}")
    return f"{path}: " + "; ".join(parts)


def _plain(problem: Any) -> str:
    if problem["type"] == "extra_forbidden":
        return "there is no such setting"
    text = str(problem["msg"]).removeprefix("Value error, ")
    return text[:1].lower() + text[1:]


def _line_of(text: str, keys: list[str]) -> int | None:
    """The line where a key stands: inside its table, else the table's own header."""
    table: list[str] = []
    header = None
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if match := re.fullmatch(r"\[+\s*([^\]]+?)\s*\]+\s*(?:#.*)?", stripped):
            table = [part.strip().strip("\"'") for part in match[1].split(".")]
            if table == keys[: len(table)]:
                header = number
            continue
        if match := re.match(r"([A-Za-z0-9_.\"'-]+)\s*=", stripped):
            full = table + [part.strip("\"'") for part in match[1].split(".")]
            if full == keys[: len(full)]:
                return number
    return header
