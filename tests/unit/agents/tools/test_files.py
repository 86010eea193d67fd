"""Files of the group's folder, sent."""

from nanoclaw.agents.tools.files import FILE_LIMIT
from nanoclaw.agents.tools.tally import LIMITS, Allowance
from nanoclaw.model.turns import ReplyKind
from tests.unit.agents.tools.world import FAMILY, Agent, World, address, agent_of


async def test_a_file_is_sent_with_its_caption(world: World, family: Agent) -> None:
    answer = await family.call("send_file", path="out/report.txt", caption="Here <internal>phew</internal>")
    assert answer == "The file report.txt (12 bytes) is sent as out-1."
    (sent,) = world.box.queued
    assert (sent.kind, sent.address, sent.text) == (ReplyKind.FILE, address("family"), "Here")
    assert sent.file is not None
    assert sent.file.path == "/copies/report.txt"


async def test_a_turn_that_starts_again_sends_a_file_once(world: World) -> None:
    for _ in range(2):
        await agent_of(world, FAMILY).call("send_file", path="report.txt")
    assert len(world.box.queued) == 1


async def test_why_a_file_cannot_be_copied_is_told_and_audited_without_its_path(world: World, family: Agent) -> None:
    assert await family.refused("send_file", path="../secret") == (
        "The path leaves the group's folder. Give a path below it."
    )
    assert world.refusals == [("family", "send_file", "NanoclawError")]
    assert world.box.queued == []


async def test_a_file_that_is_too_large_is_refused(world: World, family: Agent) -> None:
    world.file_size = FILE_LIMIT + 1
    assert f"at most {FILE_LIMIT}" in await family.refused("send_file", path="film.mkv")
    assert world.box.queued == []


async def test_a_turn_sends_so_many_files_and_no_more(family: Agent) -> None:
    for number in range(LIMITS[Allowance.FILES]):
        await family.call("send_file", path=f"{number}.txt")
    assert "A turn has 10 files" in await family.refused("send_file", path="more.txt")
