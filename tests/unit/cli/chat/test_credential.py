from pathlib import Path

import pytest

from nanoclaw.cli.chat.credential import Choice, CredentialError, ask, store
from nanoclaw.settings.home import Home
from tests.fakes.small_disk import fill, small_disk


def asked(home: Home, *answers: str) -> tuple[Choice, str]:
    said: list[str] = []
    given = iter(answers)

    def read(_question: str) -> str:
        try:
            return next(given)
        except StopIteration:
            raise EOFError from None

    return ask(home, said.append, read), "\n".join(said)


@pytest.mark.parametrize(
    ("secret", "name"),
    [("sk-ant-api03-abc_DEF", "ANTHROPIC_API_KEY"), ("sk-ant-oat01-abc_DEF", "CLAUDE_CODE_OAUTH_TOKEN")],
)
def test_a_key_is_kept_privately_under_the_name_it_needs(home: Home, secret: str, name: str) -> None:
    choice, said = asked(home, f" {secret} ")
    assert choice is Choice.STORED
    assert home.env_file.read_text() == f"{name}={secret}\n"
    assert home.env_file.stat().st_mode & 0o777 == 0o600
    assert secret not in said


def test_other_lines_stay_and_an_earlier_key_goes(home: Home) -> None:
    home.create()
    home.env_file.write_text("# mine\nHTTPS_PROXY=http://p\nexport ANTHROPIC_API_KEY = old\n")
    store(home, "sk-ant-api03-new")
    assert home.env_file.read_text() == "# mine\nHTTPS_PROXY=http://p\nANTHROPIC_API_KEY=sk-ant-api03-new\n"
    assert [path.name for path in home.root.glob(".env*")] == [".env"]


@pytest.mark.parametrize(
    ("answer", "choice"), [("demo", Choice.DEMO), ("Quit", Choice.QUIT), ("", Choice.QUIT), ("q", Choice.QUIT)]
)
def test_there_is_a_way_without_a_key(home: Home, answer: str, choice: Choice) -> None:
    assert asked(home, answer)[0] is choice
    assert not home.env_file.exists()


def test_what_cannot_be_a_key_is_asked_for_again(home: Home) -> None:
    choice, said = asked(home, "hello there", "short", 'x"; rm -rf', "demo")
    assert choice is Choice.DEMO
    assert said.count("neither") == 3


def test_the_end_of_input_leaves(home: Home) -> None:
    assert asked(home)[0] is Choice.QUIT


def test_a_file_that_cannot_be_read_is_not_replaced(home: Home) -> None:
    home.create()
    home.env_file.write_bytes(b"\xff")
    with pytest.raises(CredentialError):
        store(home, "sk-ant-api03-new")
    assert home.env_file.read_bytes() == b"\xff"


def test_on_a_full_disk_the_old_keys_stay_and_it_is_said(tmp_path: Path) -> None:
    with small_disk(tmp_path / "small", 1) as place:
        home = Home(place / "nc")
        home.create()
        home.env_file.write_text("OTHER=1\n")
        fill(place, leave=0)
        with pytest.raises(CredentialError, match="No space left"):
            store(home, "sk-ant-api03-0123456789abcdefghij")
        assert home.env_file.read_text() == "OTHER=1\n"
