"""What goes, what stays, and that nothing else is ever touched."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import apsw
import pytest

from nanoclaw.model.clock import SystemClock
from nanoclaw.operations.cleaning.clean import Cleaned, Cleaning
from nanoclaw.operations.cleaning.findings import Find, Kind
from nanoclaw.operations.cleaning.removing import Remover
from nanoclaw.operations.cleaning.seeking import Ground, seek
from nanoclaw.settings.schema import Settings
from nanoclaw.store.survey import log_size, read_wanted
from tests.unit.operations.cleaning.conftest import (
    CURRENT,
    NOW,
    OVER,
    STILL,
    Place,
    age,
    listener,
    settings,
)

PROJECT = "data/sessions/main/projects/-workspace-group"


async def clean(place: Place, chosen: Settings | None = None, *, dry_run: bool = False, alone: bool = True) -> Cleaned:
    return await Cleaning(place.home, chosen or settings(), STILL, alone=alone, dry_run=dry_run).run()


def names(done: Cleaned, place: Place) -> dict[str, Kind]:
    return {str(one.path.relative_to(place.home.root)): one.kind for one in done.removed}


async def test_a_fresh_home_has_nothing_to_clean(place: Place) -> None:
    done = await clean(place)
    assert (done.removed, done.failed, done.logs, done.notes) == ((), (), (), ())


async def test_old_conversations_go_and_the_current_one_never(place: Place) -> None:
    over = place.put(f"{PROJECT}/{OVER}.jsonl")
    tree = place.put(f"{PROJECT}/{OVER}/subagents/agent-1.jsonl").parents[1]
    todo = place.put(f"data/sessions/main/todos/{OVER}-agent-{OVER}.json")
    age(tree, 400)
    current = place.put(f"{PROJECT}/{CURRENT}.jsonl")
    beside = place.put(f"{PROJECT}/{CURRENT}/tool-results/one.txt")
    age(beside.parents[1], 400)
    young = place.put(f"{PROJECT}/88888888-2222-3333-4444-555555555555.jsonl", days=364)
    memory = place.put(f"{PROJECT}/memory/MEMORY.md")
    age(memory.parent, 400)
    own = place.put("data/sessions/main/.claude.json")
    done = await clean(place)
    assert set(names(done, place).values()) == {Kind.TRANSCRIPT}
    assert not over.exists()
    assert not tree.exists()
    assert not todo.exists()
    assert all(path.exists() for path in (current, beside, young, memory, own))
    assert done.bytes >= 15_000


async def test_a_tree_with_something_young_in_it_stays(place: Place) -> None:
    young = place.put(f"{PROJECT}/{OVER}/subagents/agent-1.jsonl", days=1)
    age(young.parents[1], 400)
    assert (await clean(place)).removed == ()
    assert young.exists()


async def test_days_of_nought_mean_never(place: Place) -> None:
    put = [
        place.put(f"{PROJECT}/{OVER}.jsonl", days=9_000),
        place.put("groups/main/inbox/2001-01-01-photo.jpg", days=9_000),
        place.put("data/outgoing/" + "a" * 32, days=9_000),
        place.put("logs/crash-20010101T000000Z-1.txt", days=9_000),
        place.put("replaced/20010101T000000Z/store/messages.db", days=9_000),
    ]
    age(put[-1].parents[1], 9_000)
    never = settings(transcript_days=0, attachment_days=0, outgoing_days=0, crash_days=0, replaced_days=0)
    assert (await clean(place, never)).removed == ()
    assert all(path.exists() for path in put)


async def test_attachments_go_only_when_answered_and_only_those_that_we_put_there(place: Place) -> None:
    answered = place.put("groups/main/inbox/2024-01-01-answered.pdf")
    waiting = place.put("groups/main/inbox/2024-01-01-waiting.pdf")
    running = place.put("groups/main/inbox/2024-01-01-running.pdf")
    agents_own = place.put("groups/main/inbox/notes.md")
    deeper = place.put("groups/main/inbox/2024-01-01-folder/file.txt")
    memory = place.put("groups/main/CLAUDE.md")
    connection = apsw.Connection(str(place.home.database))
    insert = (
        "INSERT INTO messages (id, chat_id, external_id, sender_id, sender_name, text, attachments, from_assistant,"
        " sent_at, received_at, turn_id) VALUES (?, 1, ?, 'me', 'Me', '', ?, 0, 1, 1, ?)"
    )
    for number, name in ((1, "answered"), (2, "running"), (3, "waiting")):
        files = f'[{{"name": "f", "media_type": "x/y", "path": "inbox/2024-01-01-{name}.pdf"}}]'
        connection.execute(insert, (number, name, files, None))
    connection.execute(
        "INSERT INTO turns (id, chat_id, group_id, state, trigger_id, created_at) VALUES (1, 1, 1, 'running', 2, 1);"
        "UPDATE messages SET turn_id = 1 WHERE id = 2; UPDATE chats SET cursor = 2"
    )
    connection.close()
    done = await clean(place, settings(attachment_days=30))
    assert names(done, place) == {"groups/main/inbox/2024-01-01-answered.pdf": Kind.ATTACHMENT}
    assert not answered.exists()
    assert all(path.exists() for path in (waiting, running, agents_own, deeper, memory))


async def test_sent_files_go_and_those_that_still_wait_stay(place: Place) -> None:
    sent, waiting = place.put("data/outgoing/" + "a" * 32), place.put("data/outgoing/" + "b" * 32)
    connection = apsw.Connection(str(place.home.database))
    insert = (
        "INSERT INTO outbox (chat_id, client_id, text, state, created_at, kind, file)"
        " VALUES (1, ?, '', ?, 1, 'file', json_object('name', 'f', 'media_type', 'x/y', 'path', ?, 'size', 1))"
    )
    connection.execute(insert, ("1", "sent", str(sent)))
    connection.execute(insert, ("2", "pending", str(waiting)))
    connection.close()
    assert names(await clean(place), place) == {f"data/outgoing/{'a' * 32}": Kind.OUTGOING}
    assert waiting.exists()


async def test_old_logs_crash_reports_and_temporary_files_go(place: Place) -> None:
    goes = [
        place.put("logs/nanoclaw.log.3", days=31),
        place.put("logs/gateway.log.1", days=31),
        place.put("logs/crash-20240101T000000Z-77.txt", days=91),
        place.put(f"groups/main/inbox/.{'0' * 32}.part", days=2),
        place.put("data/image/.passwd.partial", days=2),
        place.put("data/image/docker-context/claude", days=2),
        place.put("store/auth/web/incoming/1234", days=8),
        place.put("data/ipc/main/launch/script-19abc1/claude", days=2),
    ]
    for folder in (goes[5].parent, goes[7].parent):
        age(folder, 2)
    stays = [
        place.put("logs/nanoclaw.log", days=100),
        place.put("logs/nanoclaw.log.1", days=29),
        place.put("logs/daemon.out", days=100),
        place.put("logs/crash-of-mine.txt", days=100),
        place.put(f"groups/main/inbox/.{'1' * 32}.part", days=0.5),
        place.put("groups/main/thesis.part", days=100),
        place.put("data/image/podman-context/claude", days=0.1),
        place.put("store/auth/web/token", days=100),
        place.put("data/ipc/main/launch/group/claude", days=100),
    ]
    done = await clean(place)
    left = [path for path in goes if path.exists()]
    assert left == []
    assert all(path.exists() for path in stays)
    assert done.failed == ()


async def test_only_sockets_on_which_nobody_listens_go(place: Place) -> None:
    with listener(place.home.ipc / "main" / "gateway" / "model.sock"):
        listener(place.home.ipc / "family" / "gateway" / "model.sock").close()
        listener(place.home.ipc / "control.sock").close()
        done = await clean(place)
        assert names(done, place) == {
            "data/ipc/control.sock": Kind.SOCKET,
            "data/ipc/family/gateway/model.sock": Kind.SOCKET,
        }
        assert (place.home.ipc / "main" / "gateway" / "model.sock").exists()


async def test_what_a_restore_replaced_goes_as_a_whole_and_only_when_told(place: Place) -> None:
    old = place.put("replaced/20240101T000000Z/store/messages.db", days=40)
    age(old.parents[1], 40)
    done = await clean(place, settings(replaced_days=30))
    assert names(done, place) == {"replaced/20240101T000000Z": Kind.REPLACED}
    assert not old.parents[1].exists()


async def test_an_interrupted_restore_s_files_stay_while_it_may_go_on(place: Place) -> None:
    file = place.put("data/restoring/groups/main/CLAUDE.md", days=3)
    age(file.parents[2], 3)
    assert (await clean(place, alone=False)).removed == ()
    journal = place.put("data/restore.json", days=3, content=b"{}")
    assert (await clean(place)).removed == ()
    journal.unlink()
    assert names(await clean(place), place) == {"data/restoring": Kind.TEMPORARY}


async def test_a_dry_run_lists_exactly_what_the_run_then_removes(place: Place) -> None:
    place.put(f"{PROJECT}/{OVER}.jsonl")
    place.put("data/outgoing/" + "a" * 32)
    before = _tree(place)
    planned = await clean(place, dry_run=True)
    assert _tree(place) == before
    done = await clean(place)
    assert (names(planned, place), planned.bytes) == (names(done, place), done.bytes)
    assert len(done.removed) == 2
    assert (await clean(place)).removed == ()


def _tree(place: Place) -> list[Path]:
    """What is in the home, but for what SQLite leaves beside a database that somebody read."""
    return sorted(path for path in place.home.root.rglob("*") if not path.name.endswith(("-wal", "-shm")))


@pytest.mark.parametrize("state", ["missing", "damaged", "locked", "being restored"])
async def test_without_the_database_s_word_whatever_it_may_need_stays(place: Place, state: str) -> None:
    stays = [place.put(f"{PROJECT}/{OVER}.jsonl"), place.put("data/outgoing/" + "a" * 32)]
    stays.append(place.put("groups/main/inbox/2024-01-01-a.pdf"))
    goes = place.put("logs/crash-20240101T000000Z-77.txt")
    holder = apsw.Connection(str(place.home.database))
    match state:
        case "missing":
            place.home.database.unlink()
        case "being restored":
            place.put("data/restore.json", content=b"{}")
        case "damaged":
            place.home.database.write_bytes(b"rubbish" * 1000)
        case _:
            holder.execute("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE").fetchall()
    done = await clean(place, settings(attachment_days=1))
    holder.close()
    assert all(path.exists() for path in stays)
    assert not goes.exists()
    assert "stay" in done.notes[0]


async def test_links_lead_nowhere(place: Place, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    (outside / "projects" / "p").mkdir(parents=True)
    (outside / "projects" / "p" / f"{OVER}.jsonl").write_bytes(b"not ours")
    (outside / "2024-01-01-a.pdf").write_bytes(b"not ours")
    for path in (outside / "projects" / "p" / f"{OVER}.jsonl", outside / "2024-01-01-a.pdf"):
        age(path, 400)
    place.put("groups/main/CLAUDE.md")
    (place.home.groups / "main" / "inbox").symlink_to(outside)
    (place.home.groups / "linked").symlink_to(outside)
    place.put("data/sessions/main/.claude.json")
    (place.home.root / "data/sessions/main/projects").symlink_to(outside / "projects")
    (place.home.root / "data/sessions/other").symlink_to(outside)
    link = place.home.root / "data/sessions/main/todos"
    link.mkdir()
    (link / f"{OVER}.json").symlink_to(outside / "2024-01-01-a.pdf")
    age(link / f"{OVER}.json", 400)
    done = await clean(place, settings(attachment_days=1))
    assert done.removed == ()
    assert (outside / "projects" / "p" / f"{OVER}.jsonl").exists()
    assert (outside / "2024-01-01-a.pdf").exists()


def test_a_folder_exchanged_for_a_link_between_look_and_removal_leads_nowhere(place: Place, tmp_path: Path) -> None:
    place.put("groups/main/inbox/2024-01-01-a.pdf")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "2024-01-01-a.pdf").write_bytes(b"not ours")
    age(outside / "2024-01-01-a.pdf", 400)
    (find,) = _found(place)
    (place.home.groups / "main" / "inbox").rename(tmp_path / "moved")
    (place.home.groups / "main" / "inbox").symlink_to(outside)
    with Remover() as remover:
        assert remover.remove(find)
    assert (outside / "2024-01-01-a.pdf").exists()


def test_a_file_that_changed_since_it_was_listed_stays(place: Place) -> None:
    path = place.put("groups/main/inbox/2024-01-01-a.pdf")
    (find,) = _found(place)
    path.write_bytes(b"the agent wrote into it")
    with Remover() as remover:
        assert remover.remove(find) == "it changed meanwhile"
        path.unlink()
        assert remover.remove(find) == ""
    assert not path.exists()


def _found(place: Place) -> list[Find]:
    ground = Ground(
        home=place.home,
        settings=settings(attachment_days=1),
        wanted=read_wanted(place.home.database),
        now=NOW,
        alone=True,
    )
    return list(seek(ground))


async def test_odd_names_and_depths_that_an_agent_may_make_are_survived(place: Place) -> None:
    folder = os.fsencode(place.home.root / PROJECT)
    os.makedirs(folder)  # noqa: PTH103 - names that are no text
    odd = OVER.encode() + b"\xff\n\x1b[31m" + "é".encode()
    os.close(os.open(folder + b"/" + odd, os.O_WRONLY | os.O_CREAT))
    os.utime(folder + b"/" + odd, (NOW - 400 * 86_400,) * 2)
    deep = os.open(folder, os.O_RDONLY)
    for number in range(1_500):
        name = OVER if number == 0 else "d"
        os.mkdir(name, dir_fd=deep)
        inner = os.open(name, os.O_RDONLY | os.O_DIRECTORY, dir_fd=deep)
        os.close(deep)
        deep = inner
    os.close(deep)
    age(place.home.root / PROJECT / OVER, 400)
    done = await clean(place)
    assert len(done.removed) == 2
    assert list(os.scandir(folder)) == []


async def test_a_grown_write_ahead_log_is_cut(place: Place) -> None:
    holder = apsw.Connection(str(place.home.database))
    holder.execute("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0").fetchall()
    for number in range(300):
        holder.execute("INSERT INTO troubles (at, what, hint) VALUES (?, ?, '')", (number, "x" * 8000))
    before = log_size(place.home.database)
    assert before > 1 << 20
    planned = await clean(place, dry_run=True)
    assert [(cut.database, cut.before) for cut in planned.logs] == [("messages", before)]
    assert log_size(place.home.database) == before
    done = await clean(place)
    assert [(cut.before, cut.after) for cut in done.logs] == [(before, 0)]
    assert holder.execute("SELECT count(*) FROM troubles").fetchall() == [(300,)]
    holder.close()


async def test_a_folder_that_cannot_be_read_does_not_keep_the_rest(place: Place) -> None:
    place.home.outgoing.parent.mkdir(exist_ok=True)
    place.home.outgoing.write_text("a file where a folder should be")
    goes = place.put("logs/crash-20240101T000000Z-77.txt")
    assert (await clean(place)).failed == ()
    assert not goes.exists()


async def test_a_halt_ends_it_after_the_thing_in_hand(place: Place) -> None:
    for number in range(50):
        place.put(f"data/outgoing/{number:032x}")
    halt = threading.Event()
    halt.set()
    done = await Cleaning(place.home, settings(), STILL, alone=True, halt=halt).run()
    assert done.removed == ()
    assert len(list(place.home.outgoing.iterdir())) == 50


_KILLED = """
import asyncio, sys
from pathlib import Path
from nanoclaw.operations.cleaning.clean import Cleaning
from nanoclaw.settings.home import Home
from nanoclaw.model.clock import SystemClock
from tests.unit.operations.cleaning.conftest import settings
print("ready", flush=True)
asyncio.run(Cleaning(Home(Path(sys.argv[1])), settings(), SystemClock(), alone=True).run())
"""


@pytest.mark.parametrize("after", [0.02, 0.05, 0.1])
def test_a_kill_in_the_middle_leaves_nothing_that_the_next_time_does_not_finish(
    place: Place, tmp_path: Path, after: float
) -> None:
    for number in range(3_000):
        place.put(f"data/outgoing/{number:032x}", content=b"x")
    keep = place.put(f"{PROJECT}/{CURRENT}.jsonl")
    path = os.pathsep.join(path for path in sys.path if path)
    process = subprocess.Popen(
        [sys.executable, "-c", _KILLED, str(place.home.root)],
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[4],
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    threading.Event().wait(after)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    asyncio.run(Cleaning(place.home, settings(), SystemClock(), alone=True).run())
    assert list(place.home.outgoing.iterdir()) == []
    assert keep.exists()
