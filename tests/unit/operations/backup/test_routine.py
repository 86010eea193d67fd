"""Backups by themselves."""

import asyncio
from dataclasses import dataclass, field

import pytest

from nanoclaw.model.clock import Milliseconds
from nanoclaw.operations.backup.routine import CommandEnd, Routine, RoutineHands
from nanoclaw.operations.backup.snapshot import Kind
from nanoclaw.operations.backup.state import DRILL, VERIFY, Outcome, watch_digest, write_outcome, write_watched
from nanoclaw.settings.schema import BackupSettings, Settings
from tests.unit.operations.backup.conftest import HOUR, World


@dataclass
class Commands:
    """Does what the commands do, as far as the routine sees it."""

    world: World
    fail: set[str] = field(default_factory=set)
    copied: bool = True
    ran: list[str] = field(default_factory=list)
    told: list[tuple[str, str]] = field(default_factory=list)
    drilled: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, arguments: tuple[str, ...]) -> CommandEnd:
        self.ran.append(" ".join(arguments))
        if arguments[0] in self.fail:
            return CommandEnd(status=1, said="error: No room left\nhint: Free space.")
        if arguments[0] == "create":
            self.world.create(Kind(arguments[2]))
            write_watched(self.world.home, watch_digest(self.world.home, self.world.allowlist))
            if not self.copied:
                return CommandEnd(status=1, said="NOT copied to /mnt/nas: There is no folder /mnt/nas.")
        if arguments[0] == "verify":
            write_outcome(self.world.home, VERIFY, Outcome(at=self.world.clock.now(), ok=True, text=""))
        if arguments[0] == "drill":
            self.drilled.set()
            write_outcome(self.world.home, DRILL, Outcome(at=self.world.clock.now(), ok=True, text=""))
        return CommandEnd(status=0, said="")

    async def tell(self, text: str, key: str) -> None:
        self.told.append((text, key))

    def routine(self, **settings: object) -> Routine:
        table = BackupSettings.model_validate(settings)
        zone = Settings().assistant.model_copy(update={"time_zone": "UTC"})
        hands = RoutineHands(run=self.run, tell_owner=self.tell)
        chosen = Settings(backup=table, assistant=zone)
        return Routine(self.world.home, chosen, self.world.allowlist, self.world.clock, hands)


@pytest.fixture
def commands(world: World) -> Commands:
    return Commands(world)


async def test_the_first_round_makes_everything_and_tries_it_out(commands: Commands) -> None:
    assert await commands.routine().round()
    assert commands.ran == [
        "create --kind weekly --gently",
        "prune",
        "verify --repair --gently",
        "drill --gently",
    ]


async def test_then_nothing_is_due_until_the_next_hour(commands: Commands, world: World) -> None:
    routine = commands.routine()
    await routine.round()
    commands.ran.clear()
    assert await routine.round()
    assert commands.ran == []
    world.clock.value += HOUR
    assert await routine.round()
    assert commands.ran == ["create --kind hourly --gently", "prune"]


async def test_a_change_of_the_configuration_is_backed_up_within_ten_minutes(commands: Commands, world: World) -> None:
    routine = commands.routine()
    await routine.round()
    for path in ("config.toml", ".env", "store/auth/matrix/session"):
        commands.ran.clear()
        world.write(path, f"# {path}")
        world.clock.value += 60_000
        await routine.round()
        world.clock.value += 10 * 60_000
        await routine.round()
        assert commands.ran == ["create --kind change --gently"], path


async def test_messages_and_files_in_passing_are_no_change(commands: Commands, world: World) -> None:
    routine = commands.routine()
    world.write("store/auth/whatsapp/session.db", "x")
    world.write("store/auth/whatsapp/sent.log", "x")
    world.write("store/auth/whatsapp/identities", "x")
    await routine.round()
    commands.ran.clear()
    world.write("store/auth/web/incoming/upload", "x")
    world.write("store/auth/whatsapp/session.db", "xyz")
    world.write("store/auth/whatsapp/spool/7.json", "x")
    world.write("store/auth/whatsapp/fetched/picture", "x")
    world.write("store/auth/whatsapp/sent.log", "xyz")
    world.write("store/auth/whatsapp/identities", "xyz")
    assert await routine.round()
    assert commands.ran == []


async def test_a_new_login_is_backed_up_at_once(commands: Commands, world: World) -> None:
    routine = commands.routine()
    world.write("store/auth/whatsapp/session.db", "x")
    await routine.round()
    commands.ran.clear()
    for content in ("xyz", "another session, a moment later"):
        world.write("store/auth/whatsapp/session.db", content)
        routine.hurry()
        await routine.round()
    assert commands.ran == ["create --kind change --gently"] * 2
    await routine.round()
    assert len(commands.ran) == 2


async def test_a_new_login_does_not_wait_for_a_started_daemon_to_settle(commands: Commands) -> None:
    routine = commands.routine(settle_minutes=60)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(routine.run(), name="backups")
        await asyncio.sleep(0)
        assert commands.ran == []
        routine.hurry()
        async with asyncio.timeout(20):
            await commands.drilled.wait()
        running.cancel()
    assert commands.ran[0].startswith("create ")


async def test_a_failure_is_told_to_the_owner_once_a_day(commands: Commands, world: World) -> None:
    commands.fail = {"create"}
    routine = commands.routine()
    for _ in range(3):
        assert not await routine.round()
    assert {key for _, key in commands.told} == {f"backup-weekly-{world.clock.value // (24 * HOUR)}"}
    assert "No room left" in commands.told[0][0]


@pytest.mark.parametrize("command", ["verify", "drill", "prune"])
async def test_what_fails_after_the_backup_is_told_too(commands: Commands, command: str) -> None:
    commands.fail = {command}
    assert not await commands.routine().round()
    assert [key.split("-")[1] for _, key in commands.told] == [command]


async def test_a_success_is_not_told(commands: Commands) -> None:
    await commands.routine().round()
    assert commands.told == []


async def test_a_clock_that_was_set_back_makes_one_and_goes_on(commands: Commands, world: World) -> None:
    routine = commands.routine()
    await routine.round()
    world.clock.value -= 90 * 24 * HOUR
    commands.ran.clear()
    assert await routine.round()
    assert await routine.round()
    assert [ran for ran in commands.ran if ran.startswith("create")] == ["create --kind weekly --gently"]


async def test_drills_and_the_whole_routine_can_be_switched_off(commands: Commands) -> None:
    await commands.routine(drill=False).round()
    assert "drill --gently" not in commands.ran
    async with asyncio.timeout(1):
        await commands.routine(enabled=False).run()


async def test_it_runs_by_itself_and_ends_when_cancelled(commands: Commands) -> None:
    routine = commands.routine(settle_minutes=0)
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(routine.run(), name="routine")
        async with asyncio.timeout(10):
            await commands.drilled.wait()
        task.cancel()


async def test_a_drill_of_the_future_does_not_keep_the_next_from_running(commands: Commands, world: World) -> None:
    write_outcome(world.home, DRILL, Outcome(at=Milliseconds(world.clock.value + 900 * 24 * HOUR), ok=True, text=""))
    await commands.routine().round()
    assert "drill --gently" in commands.ran


async def test_room_is_made_although_the_backup_failed_for_want_of_it(commands: Commands) -> None:
    commands.fail = {"create"}
    assert not await commands.routine().round()
    assert commands.ran == ["create --kind weekly --gently", "prune"]


async def test_a_backup_that_was_not_copied_everywhere_is_read_again_all_the_same(commands: Commands) -> None:
    routine = commands.routine()
    commands.copied = False
    assert not await routine.round()
    assert commands.ran == ["create --kind weekly --gently", "prune"]
    commands.copied = True
    commands.ran.clear()
    assert await routine.round()
    assert commands.ran == ["verify --repair --gently", "drill --gently"]


async def test_what_was_read_again_is_read_again_the_week_after(commands: Commands, world: World) -> None:
    routine = commands.routine(drill=False)
    await routine.round()
    world.clock.value += 7 * 24 * HOUR
    commands.ran.clear()
    assert await routine.round()
    assert commands.ran == ["create --kind weekly --gently", "prune", "verify --repair --gently"]
