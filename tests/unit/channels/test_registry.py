from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from nanoclaw.channels.registry import (
    ENTRY_POINT_GROUP,
    BrokenChannelError,
    UnknownChannelError,
    installed_channels,
    load_channels,
)
from nanoclaw.channels.web.channel import WebChannel

BUILTIN = {"web": WebChannel}


def point(name: str, value: str) -> EntryPoint:
    return EntryPoint(name=name, value=value, group=ENTRY_POINT_GROUP)


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A third-party module, importable for one test."""
    name = f"third_party_{abs(hash(str(tmp_path)))}"
    (tmp_path / f"{name}.py").write_text(
        "from nanoclaw.channels.web.channel import WebChannel\n"
        "class Pager(WebChannel):\n    name = 'pager'\n"
        "class Liar(WebChannel):\n    name = 'another'\n"
        "def nothing(): return object()\n"
        "def a_class(): return Pager\n"
        "def fails(): raise RuntimeError('no pager daemon')\n"
        "number = 5\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    return name


def test_wanted_channels_come_in_their_order_and_once(package: str) -> None:
    channels = load_channels(BUILTIN, ["pager", "web", "pager"], [point("pager", f"{package}:Pager")])
    assert list(channels) == ["pager", "web"]
    assert [channel.name for channel in channels.values()] == ["pager", "web"]


def test_nothing_is_imported_that_nobody_wants() -> None:
    assert list(load_channels(BUILTIN, ["web"], [point("pager", "no.such.module:Pager")])) == ["web"]


def test_an_unknown_channel_is_told_which_there_are(package: str) -> None:
    with pytest.raises(UnknownChannelError, match="'pagr'") as caught:
        load_channels(BUILTIN, ["pagr"], [point("pager", f"{package}:Pager")])
    assert caught.value.hint.startswith("Did you mean 'pager'? There are: pager, web.")


@pytest.mark.parametrize(
    ("thing", "why"),
    [
        ("fails", "RuntimeError: no pager daemon"),
        ("number", "TypeError"),
        ("missing", "AttributeError"),
        ("nothing", "object lacks state, run, send, show_typing, name, capabilities"),
        ("a_class", "lacks being an object"),
        ("Liar", "calls itself 'another'"),
    ],
)
def test_a_broken_channel_is_named_with_its_reason(package: str, thing: str, why: str) -> None:
    with pytest.raises(BrokenChannelError, match="'pager'") as caught:
        load_channels(BUILTIN, ["pager"], [point("pager", f"{package}:{thing}")])
    assert why in str(caught.value)
    assert caught.value.hint


def test_a_module_that_is_not_there_is_explained() -> None:
    with pytest.raises(BrokenChannelError, match=r"no\.such\.module:Pager"):
        load_channels(BUILTIN, ["pager"], [point("pager", "no.such.module:Pager")])


def test_a_built_in_name_cannot_be_taken_over() -> None:
    with pytest.raises(BrokenChannelError, match="which is built in"):
        load_channels(BUILTIN, ["web"], [point("web", "elsewhere:Web")])


def test_two_packages_cannot_bring_the_same_name(package: str) -> None:
    points = [point("pager", f"{package}:Pager"), point("pager", "elsewhere:Pager")]
    with pytest.raises(BrokenChannelError, match="both bring"):
        load_channels(BUILTIN, ["web"], points)
    assert load_channels(BUILTIN, ["pager"], points[:1] * 2)


def test_entry_points_are_those_of_the_group() -> None:
    assert all(found.group == ENTRY_POINT_GROUP for found in installed_channels())
