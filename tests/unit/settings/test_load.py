"""Configuration, credentials and the environment."""

import os
from pathlib import Path

import pytest

from nanoclaw.settings.home import Home
from nanoclaw.settings.load import SettingsError, engine_environment, load_settings, load_upstream, machine_time_zone
from nanoclaw.settings.schema import Credential, Settings

SECRET = "sk-ant-very-secret-0123456789"  # noqa: S105 - not one
NAMES = ("CLAUDE_API_KEY", "ANTHROPIC_API_KEY", "CLAUDE_CODE_OAUTH_TOKEN")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def credential(home: Home) -> Credential:
    found = load_upstream(home).credential
    assert found is not None
    return found


def value(found: Credential) -> str:
    secret = found.api_key or found.oauth_token
    assert secret is not None
    return secret.get_secret_value()


def test_without_a_file_everything_has_its_default(home: Home) -> None:
    assert load_settings(home) == Settings()


def test_a_file_changes_what_it_names(home: Home) -> None:
    home.config.write_text('[assistant]\nname = "Zoë"\n[agents]\nretry_seconds = []\n[channels.web]\nport = 0\n')
    settings = load_settings(home)
    assert settings.assistant.default_trigger == "@Zoë"
    assert settings.agents.retry_seconds == ()
    assert settings.channels == {"web": {"port": 0}}


def test_what_every_channel_may_say_is_no_option_of_its_own(home: Home) -> None:
    home.config.write_text("[channels.web]\nport = 1\ncanary_minutes = 5\n[channels.other]\nenabled = false\nx = 1\n")
    settings = load_settings(home)
    assert settings.enabled_channels == {"web": {"port": 1}}
    assert settings.channel("web").canary_minutes == 5
    assert not settings.channel("other").enabled
    assert not settings.channel("nobody").enabled


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("\n[agents]\nat_onec = 3\n", ("line 3", "agents.at_onec", "no such setting")),
        ("[nothing]\n", ("line 1", "nothing", "no such setting")),
        (f"# first\n[agents]\nat_once = '{SECRET}'\n", ("line 3", "agents.at_once", "integer")),
        ("agents.at_once = 101\n", ("line 1", "agents.at_once", "100")),
        (f"[agents]\nidle_minutes = 0 # {SECRET}\n", ("line 2", "agents.idle_minutes", "greater than 0")),
        (f"[agents]\nretry_seconds = [5, '{SECRET}']\n", ("line 2", "agents.retry_seconds.1", "number")),
        (f"[sandbox]\nkind = '{SECRET}'\n", ("line 2", "sandbox.kind", "'docker'")),
        ("[assistant]\ntime_zone = 'Europe/Atlantis'\n", ("line 2", "assistant.time_zone", "Europe/Zurich")),
        ("[assistant]\ntime_zone = '../../etc/passwd'\n", ("line 2", "assistant.time_zone", "Europe/Zurich")),
        (f"[channels]\nweb = '{SECRET}'\n", ("line 2", "channels.web", "dictionary")),
        (f"\n[channels.web]\nenabled = '{SECRET}'\n", ("line 2", "channels.web: enabled", "boolean")),
        (f"[channels.web]\ncanary_minutes = '{SECRET}'\n", ("line 1", "channels.web: canary_minutes", "number")),
        ("[alerts]\nchats = ['telegram']\n", ("line 2", "alerts.chats", "telegram:12345")),
        (f"\nx = {SECRET}\n", ("not valid TOML", "line 2")),
        ("[agents]\n[agents]\n", ("not valid TOML", "line 2")),
    ],
)
def test_a_mistake_is_named_with_key_and_line_and_no_value_is_shown(
    home: Home, text: str, words: tuple[str, ...]
) -> None:
    home.config.write_text(text)
    with pytest.raises(SettingsError) as caught:
        load_settings(home)
    for word in (*words, "config.toml"):
        assert word in str(caught.value)
    assert SECRET not in str(caught.value)
    assert caught.value.hint


def test_several_mistakes_are_named_at_once(home: Home) -> None:
    home.config.write_text("[log]\nfiles = 0\nlevel = 'loud'\n")
    with pytest.raises(SettingsError) as caught:
        load_settings(home)
    assert "line 2: log.files" in str(caught.value)
    assert "line 3: log.level" in str(caught.value)


def test_a_file_that_is_no_text_and_one_that_cannot_be_read_are_named(home: Home) -> None:
    home.config.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match="not UTF-8"):
        load_settings(home)
    home.config.unlink()
    home.config.mkdir()
    with pytest.raises(SettingsError, match=r"Cannot read .*config\.toml"):
        load_settings(home)


@pytest.mark.parametrize(
    "line",
    [
        f"ANTHROPIC_API_KEY={SECRET}",
        f"export ANTHROPIC_API_KEY={SECRET}",
        f"  export   ANTHROPIC_API_KEY = {SECRET}  ",
        f'ANTHROPIC_API_KEY="{SECRET}"',
        f"ANTHROPIC_API_KEY='{SECRET}'",
        f"ANTHROPIC_API_KEY={SECRET}\r",
        f"# ANTHROPIC_API_KEY=other\nOTHER=x\nnonsense\nANTHROPIC_API_KEY={SECRET}\n",
        f"ANTHROPIC_API_KEY=other\nANTHROPIC_API_KEY={SECRET}",
        f"ANTHROPIC_API_KEY={SECRET} # for the family",
        f'ANTHROPIC_API_KEY="{SECRET}" # for the family',
        f"\ufeffANTHROPIC_API_KEY={SECRET}",
    ],
)
def test_env_lines_may_be_written_as_people_write_them(home: Home, line: str) -> None:
    home.env_file.write_text(line, encoding="utf-8", newline="")
    assert value(credential(home)) == SECRET
    assert credential(home).source == "ANTHROPIC_API_KEY in .env"


def test_a_hash_inside_a_value_belongs_to_it(home: Home) -> None:
    for written, meant in (("a#b", "a#b"), ("'a #b'", "a #b"), ('"a #b" # c', "a #b")):
        home.env_file.write_text(f"ANTHROPIC_API_KEY={written}\n")
        assert value(credential(home)) == meant


@pytest.mark.parametrize("line", ["ANTHROPIC_API_KEY=", "ANTHROPIC_API_KEY=''", "#ANTHROPIC_API_KEY=x", "1A=x", ""])
def test_without_a_value_there_is_no_credential(home: Home, line: str) -> None:
    home.env_file.write_text(line)
    assert load_upstream(home).credential is None


@pytest.mark.parametrize("name", NAMES)
def test_the_environment_comes_before_the_file(home: Home, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    home.env_file.write_text(f"{name}=from-file\n")
    assert (value(credential(home)), credential(home).source) == ("from-file", f"{name} in .env")
    monkeypatch.setenv(name, "from-environment")
    assert (value(credential(home)), credential(home).source) == ("from-environment", f"{name} in the environment")
    monkeypatch.setenv(name, "")
    assert credential(home).source == f"{name} in .env"


def test_what_the_service_hands_over_comes_before_the_file_and_after_the_environment(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.env_file.write_text("ANTHROPIC_API_KEY=from-file\n")
    folder = tmp_path / "credentials"
    folder.mkdir()
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))
    assert value(credential(home)) == "from-file"
    (folder / "nanoclaw.env").write_text("ANTHROPIC_API_KEY=handed-over\n")
    assert value(credential(home)) == "handed-over"
    assert credential(home).source == "ANTHROPIC_API_KEY in the service's credentials"
    monkeypatch.setenv("ANTHROPIC_API_KEY", "from-environment")
    assert value(credential(home)) == "from-environment"


def test_the_first_of_the_names_wins_and_a_token_is_no_key(home: Home) -> None:
    for name in reversed(NAMES):
        with home.env_file.open("a") as file:
            file.write(f"{name}={SECRET}\n")
        found = credential(home)
        assert found.source.startswith(name)
        assert bool(found.oauth_token) == (name == "CLAUDE_CODE_OAUTH_TOKEN")
        assert bool(found.api_key) != bool(found.oauth_token)


def test_no_secret_is_shown_by_accident(home: Home) -> None:
    home.env_file.write_text(f"ANTHROPIC_API_KEY={SECRET}\nHTTPS_PROXY=http://user:{SECRET}@proxy:3128\n")
    upstream = load_upstream(home)
    assert SECRET not in f"{upstream} {upstream!r} {upstream.model_dump()} {upstream.model_dump_json()}"


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy"])
def test_a_proxy_may_stand_in_the_environment_or_the_file(
    home: Home, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    home.env_file.write_text("HTTPS_PROXY=http://in-file:1\n")
    monkeypatch.setenv(name, "http://user:pass@there:3128")
    monkeypatch.delenv("HTTPS_PROXY" if name == "https_proxy" else "https_proxy", raising=False)
    proxy = load_upstream(home).proxy
    assert proxy is not None
    expected = "http://in-file:1" if name == "https_proxy" else "http://user:pass@there:3128"
    assert proxy.get_secret_value() == expected


def test_another_service_loses_only_its_last_slash(home: Home) -> None:
    home.env_file.write_text("ANTHROPIC_BASE_URL=http://127.0.0.1:9000/v9/\n")
    assert load_upstream(home).base_url == "http://127.0.0.1:9000/v9"


@pytest.mark.parametrize("name", ["ANTHROPIC_BASE_URL", "HTTPS_PROXY"])
@pytest.mark.parametrize(
    "url",
    ["proxy:3128", "socks5://u:hidden@proxy:1", "http://", "https:///x", "http://[::1", "http://h:99999", "ftp://h"],
)
def test_an_address_that_is_none_is_refused_by_name_without_its_value(home: Home, name: str, url: str) -> None:
    home.env_file.write_text(f"{name}={url}\n")
    with pytest.raises(SettingsError, match=name) as caught:
        load_upstream(home)
    assert "hidden" not in f"{caught.value} {caught.value.hint}"


def test_container_engines_learn_nothing_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*NAMES, "HTTPS_PROXY", "AWS_SECRET_ACCESS_KEY", "DOCKER_HOST"):
        monkeypatch.setenv(name, "set")
    known = engine_environment()
    assert known["DOCKER_HOST"] == "set"
    assert known["PATH"] == os.environ["PATH"]
    assert not set(known) & {*NAMES, "HTTPS_PROXY", "AWS_SECRET_ACCESS_KEY"}


@pytest.mark.parametrize(("given", "zone"), [("Asia/Tokyo", "Asia/Tokyo"), (":Asia/Tokyo", "Asia/Tokyo")])
def test_the_machines_zone_may_be_told_by_tz(monkeypatch: pytest.MonkeyPatch, given: str, zone: str) -> None:
    monkeypatch.setenv("TZ", given)
    assert machine_time_zone() == zone


@pytest.mark.parametrize("given", ["", ":/etc/localtime", "CET-1CEST,M3.5.0,M10.5.0/3", "nonsense", "../x"])
def test_a_tz_that_is_no_zone_leaves_it_to_the_machine(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.delenv("TZ", raising=False)
    machine = machine_time_zone()
    monkeypatch.setenv("TZ", given)
    assert machine_time_zone() == machine
