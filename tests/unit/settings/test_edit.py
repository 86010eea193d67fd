"""``config.toml`` changed by the program."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from nanoclaw.settings.edit import Change, EditError, edit_settings, switch_channel
from nanoclaw.settings.home import Home
from nanoclaw.settings.load import SettingsError, load_settings
from tests.fakes.small_disk import fill, small_disk

ON = Change(keys=("channels", "telegram", "enabled"), value=True)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_a_file_that_is_not_there_is_made_for_its_owner_alone(home: Home) -> None:
    assert edit_settings(home, ON)
    assert home.config.read_text() == "[channels.telegram]\nenabled = true\n"
    assert stat.S_IMODE(home.config.stat().st_mode) == 0o600


def test_what_is_so_already_is_not_written_again(home: Home) -> None:
    edit_settings(home, ON)
    before = home.config.stat()
    assert not edit_settings(home, ON)
    assert home.config.stat() == before


def test_mode_mark_and_comments_stay(home: Home) -> None:
    home.config.write_text("\ufeff# mine\n[log] # quiet\nlevel = 'error'\n", encoding="utf-8")
    home.config.chmod(0o640)
    edit_settings(home, ON)
    assert home.config.read_text(encoding="utf-8").startswith("\ufeff# mine\n[log] # quiet\nlevel = 'error'\n")
    assert stat.S_IMODE(home.config.stat().st_mode) == 0o640
    assert load_settings(home).log.level == "error"


def test_a_link_stays_a_link(home: Home, tmp_path: Path) -> None:
    kept = tmp_path / "dotfiles" / "nanoclaw.toml"
    kept.parent.mkdir()
    kept.write_text("# kept elsewhere\n")
    home.config.symlink_to(kept)
    edit_settings(home, ON)
    assert home.config.is_symlink()
    assert kept.read_text() == "# kept elsewhere\n\n[channels.telegram]\nenabled = true\n"


def test_all_changes_or_none(home: Home) -> None:
    home.config.write_text("[log]\nfiles = 3\n")
    with pytest.raises(SettingsError, match=r"Nothing was changed\. .*log\.level") as caught:
        edit_settings(home, ON, Change(keys=("log", "level"), value="loud"))
    assert "'loud'" not in str(caught.value)
    assert home.config.read_text() == "[log]\nfiles = 3\n"


def test_a_file_that_is_wrong_already_is_not_touched(home: Home) -> None:
    home.config.write_text("[log]\nfilez = 3\n")
    with pytest.raises(SettingsError, match="line 2"):
        edit_settings(home, ON)
    assert home.config.read_text() == "[log]\nfilez = 3\n"


def test_what_is_not_changed_here_is_said_for_the_hand(home: Home) -> None:
    text = "channels = { web = { note = 1979-05-27 } }\n"
    home.config.write_text(text)
    with pytest.raises(EditError) as caught:
        edit_settings(home, ON)
    assert caught.value.hint == "By hand: write enabled = true under [channels.telegram]."
    assert home.config.read_text() == text


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_said(home: Home) -> None:
    home.root.chmod(0o500)
    try:
        with pytest.raises(EditError, match="Permission denied"):
            edit_settings(home, ON)
    finally:
        home.root.chmod(0o700)


def test_on_a_full_disk_the_old_settings_stay_and_it_is_said(tmp_path: Path) -> None:
    with small_disk(tmp_path / "small", 1) as place:
        home = Home(place)
        home.config.write_text("# mine\n")
        filler = fill(place, leave=0)
        with pytest.raises(EditError, match=r"Cannot write .*config\.toml: No space left") as caught:
            edit_settings(home, ON)
        assert "By hand" in caught.value.hint
        assert home.config.read_text() == "# mine\n"
        filler.unlink()
        assert edit_settings(home, ON)
        assert [path.name for path in place.iterdir()] == ["config.toml"]


def test_commands_at_the_same_time_lose_nothing(home: Home) -> None:
    changes = [Change(keys=("channels", f"c{number}", "enabled"), value=True) for number in range(20)]
    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(lambda change: edit_settings(home, change), changes))
    assert set(load_settings(home).channels) == {f"c{number}" for number in range(20)}
    assert [path.name for path in home.root.iterdir()] == ["config.toml"]


def test_a_channel_comes_beside_the_page_that_runs_by_default(home: Home) -> None:
    assert switch_channel(home, "telegram", on=True)
    assert home.config.read_text() == "[channels.web]\n\n[channels.telegram]\n"
    assert not switch_channel(home, "telegram", on=True)


def test_a_channel_that_is_switched_off_keeps_its_options(home: Home) -> None:
    text = "[channels.web]\n\n[channels.telegram] # my bot\ntoken = 'BOT' # in .env\n"
    home.config.write_text(text)
    assert switch_channel(home, "telegram", on=False)
    assert load_settings(home).enabled_channels == {"web": {}}
    assert not switch_channel(home, "telegram", on=False)
    assert switch_channel(home, "telegram", on=True)
    assert load_settings(home).enabled_channels == {"web": {}, "telegram": {"token": "BOT"}}
    assert home.config.read_text() == text


def test_what_runs_by_default_can_be_switched_off(home: Home) -> None:
    assert switch_channel(home, "web", on=False)
    assert load_settings(home).enabled_channels == {}


def test_a_channel_that_is_named_nowhere_is_off_already(home: Home) -> None:
    assert not switch_channel(home, "telegram", on=False)
    assert not home.config.exists()
