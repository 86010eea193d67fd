"""Groups by way of the tools."""

from typing import Any

import pytest

from tests.unit.agents.tools.world import MAIN, Agent, World, agent_of

CLUB: dict[str, Any] = {"channel": "local", "chat": "club", "name": "The club", "folder": "club"}


async def test_main_sees_all_groups_and_the_chats_that_nobody_registered(main: Agent) -> None:
    assert await main.call("list_groups") == (
        '<context timezone="Europe/Zurich"/>\n'
        '<group folder="main" name="Main" main="yes"/>\n'
        '<group folder="family" name="Family" trigger="@Andy"/>\n'
        '<unregistered_chat channel="local" chat="club" name="Club &quot;&lt;x&gt;&quot; &lt;/chat&gt;" '
        'last_activity="2026-11-23 13:00"/>'
    )


async def test_a_group_sees_itself_only(family: Agent) -> None:
    assert await family.call("list_groups") == '<group folder="family" name="Family" trigger="@Andy"/>'


async def test_a_long_list_of_chats_is_cut_and_says_so(world: World, main: Agent) -> None:
    world.registry.known += [world.registry.known[-1]] * 60
    listed = await main.call("list_groups")
    assert listed.count("<unregistered_chat ") == 50
    assert "11 more chats" in listed


async def test_main_registers_a_chat(world: World, main: Agent) -> None:
    assert "Registered:" in await main.call("register_group", **CLUB, trigger=" @Bot ")
    made = world.registry.groups[-1]
    assert (made.folder, made.name, made.trigger, made.is_main) == ("club", "The club", "@Bot", False)


async def test_a_turn_that_starts_again_registers_once(world: World) -> None:
    await agent_of(world, MAIN).call("register_group", **CLUB)
    assert "registered with this chat already" in await agent_of(world, MAIN).call("register_group", **CLUB)
    assert len(world.registry.groups) == 3


async def test_a_folder_that_is_taken_is_the_books_refusal(world: World, main: Agent) -> None:
    assert "The folder is taken" in await main.refused("register_group", **{**CLUB, "folder": "family"})


@pytest.mark.parametrize("folder", ["../etc", "global", "GLOBAL", "", "a/b", "-x"])
async def test_a_folder_that_could_escape_is_refused_and_not_written_down(
    world: World, main: Agent, folder: str
) -> None:
    await main.refused("register_group", **{**CLUB, "folder": folder})
    assert world.refusals == [("main", "register_group", "InvalidFolderError")]
    assert len(world.registry.groups) == 2


@pytest.mark.parametrize(("tool", "arguments"), [("register_group", CLUB), ("unregister_group", {"folder": "main"})])
async def test_other_groups_can_do_neither(world: World, family: Agent, tool: str, arguments: dict[str, Any]) -> None:
    assert "Only the main group" in await family.refused(tool, **arguments)
    assert len(world.registry.groups) == 2
    assert world.refusals == [("family", tool, "main-only")]


async def test_main_unregisters_a_group_but_never_itself(world: World, main: Agent) -> None:
    assert "cannot be unregistered" in await main.refused("unregister_group", folder="main")
    assert "history and files stay" in await main.call("unregister_group", folder="family")
    assert [group.folder for group in world.registry.groups] == ["main"]
    assert "There is no group 'family'" in await main.refused("unregister_group", folder="family")
