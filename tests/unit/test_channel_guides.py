"""The guides for WhatsApp and Telegram: their commands are ones, their states are those that there are."""

import re
import shlex
from pathlib import Path
from typing import get_args

import pytest
from telegram.error import BadRequest, Conflict, InvalidToken, NetworkError

from nanoclaw.channels.contract import ChannelCondition, ChannelStatus
from nanoclaw.channels.telegram.faults import trouble
from nanoclaw.channels.telegram.transport import FloodError
from nanoclaw.channels.whatsapp.link import Standing
from nanoclaw.channels.whatsapp.standings import show
from nanoclaw.cli.main import VERBS, build_parser

DOCS = Path(__file__).parents[2] / "docs"
GUIDES = {
    name: (DOCS / "how-to" / f"connect-{name}.md").read_text(encoding="utf-8") for name in ("whatsapp", "telegram")
}
ALWAYS = {ChannelStatus.UP.value, ChannelStatus.STARTING.value}


def states_told(name: str) -> set[str]:
    table = GUIDES[name].partition("| state |")[2].partition("\n\n")[0]
    return set(re.findall(r"^\| `([a-z-]+)` \|", table, re.MULTILINE))


def commands_in(text: str) -> list[str]:
    blocks = "".join(re.findall(r"^```sh\n(.*?)^```$", text, re.DOTALL | re.MULTILINE))
    inline = re.findall(r"`\./nanoclaw ([^`]+)`", text)
    return [*re.findall(r"^(?:\./)?nanoclaw ([^#\n]*)", blocks, re.MULTILINE), *inline]


@pytest.mark.parametrize("name", [*GUIDES, "tutorial"])
def test_every_command_can_be_given(name: str) -> None:
    text = GUIDES.get(name) or (DOCS / "tutorial" / "write-a-channel.md").read_text(encoding="utf-8")
    given = [words for command in commands_in(text) if (words := shlex.split(command))[0] != "test"]
    assert len(given) >= 2
    for words in given:
        build_parser(words[0]).parse_args(words)


def test_the_states_of_whatsapp_are_all_told() -> None:
    every = get_args(Standing.model_fields["state"].annotation)
    shown = {show(Standing(state=state), 0) for state in every}
    conditions = {state.condition.value for state in shown if state.condition is not ChannelCondition.NONE}
    assert states_told("whatsapp") == ALWAYS | conditions


def test_the_states_of_telegram_are_all_told() -> None:
    errors = (InvalidToken(), Conflict("x"), FloodError(3), NetworkError("x"), BadRequest("x"))
    conditions = {trouble(error).condition.value for error in errors}
    assert states_told("telegram") == ALWAYS | conditions | {ChannelCondition.UNPAIRED.value}


@pytest.mark.parametrize("name", GUIDES)
def test_the_index_and_the_front_page_name_them(name: str) -> None:
    assert f"how-to/connect-{name}.md" in (DOCS / "index.md").read_text(encoding="utf-8")
    assert f"docs/how-to/connect-{name}.md" in (DOCS.parent / "README.md").read_text(encoding="utf-8")


def test_every_page_is_in_the_index_and_every_link_of_the_pages_leads_somewhere() -> None:
    index = (DOCS / "index.md").read_text(encoding="utf-8")
    pages = [page for folder in ("how-to", "tutorial") for page in (DOCS / folder).glob("*.md")]
    assert [page.name for page in pages if f"/{page.name}" not in index] == []
    broken = [
        (page.name, link)
        for page in [*pages, DOCS / "index.md"]
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        if not (page.parent / link).exists()
    ]
    assert broken == []


def test_every_guide_calls_the_program_as_the_readme_does() -> None:
    verbs = "|".join(VERBS)
    bare = re.compile(rf"(?<![\w./-])nanoclaw (?:{verbs})\b")
    for guide in sorted([*DOCS.glob("how-to/*.md"), *DOCS.glob("tutorial/*.md"), DOCS.parent / "README.md"]):
        assert bare.findall(guide.read_text(encoding="utf-8")) == [], guide.name


@pytest.mark.parametrize("guide", ["connect-whatsapp", "look-after-channels"])
def test_what_to_do_about_a_session_that_was_taken_over_or_an_account_that_was_closed_is_told_in_one_way(
    guide: str,
) -> None:
    text = " ".join((DOCS / "how-to" / f"{guide}.md").read_text(encoding="utf-8").split())
    replaced = show(Standing(state="replaced"), 0).hint
    for command in re.findall(r"`nanoclaw (channels \w+) whatsapp`", replaced):
        assert f"`./nanoclaw {command} " in text
    assert "until a time: wait; it goes on by itself. For good: ask for a review" in text
    assert "it goes on by itself" in show(Standing(state="banned", until=1), 0).hint
    assert "review" in show(Standing(state="banned"), 0).hint
