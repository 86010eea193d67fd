"""A conversation of NanoClaw v1 goes on here, with the real program."""

import shutil
from pathlib import Path

import apsw
import pytest

from nanoclaw.stub_model.script import Rule
from tests.fakes.nanoclaw_v1 import MAIN, make_v1
from tests.integration.installation import Installation

pytestmark = pytest.mark.timeout(120)


async def test_an_imported_conversation_is_resumed_with_what_was_said_in_it(
    tmp_path: Path, scrubbed_environment: dict[str, str], model: tuple[object, str]
) -> None:
    first = Installation(tmp_path / "nc", *model, scrubbed_environment, "bubblewrap")  # type: ignore[arg-type]
    first.script(Rule(when="Rex", reply="Woof."), Rule(when="name", reply="It was said above."))
    await first.start()
    assert await first.answer("My dog is called Rex") == "Woof."
    await first.stop()
    connection = apsw.Connection(str(first.home / "store/messages.db"))
    ((session,),) = connection.execute("SELECT session FROM sessions").fetchall()
    connection.close()

    # v1 worked in /workspace/group, too: its transcripts are what ours are.
    v1 = make_v1(tmp_path / "v1", later=True)
    v1.group(MAIN, "main")
    v1.say(MAIN, 1, "My dog is called Rex")
    v1.session("main", str(session))
    projects = v1.root / "data/sessions/main/.claude/projects"
    shutil.rmtree(projects)
    shutil.copytree(first.home / "data/sessions/main/projects", projects)

    second = Installation(tmp_path / "new", *model, scrubbed_environment, "bubblewrap")  # type: ignore[arg-type]
    second.write_config()
    imported = second.run("import", "nanoclaw", str(v1.root))
    assert imported.returncode == 0, imported.stderr
    assert "These groups go on with their conversation: main." in imported.stdout
    second.script(Rule(when="nothing of the kind", reply="no"))
    await second.start()
    try:
        answer = await second.answer("What is its name?")
        assert answer
        assert "My dog is called Rex" in second.run("messages", "search", "Rex").stdout
        asked = [str(one.body) for one in second.model.requests if "What is its name?" in str(one.body)]
        assert asked
        assert all("My dog is called Rex" in body and "Woof." in body for body in asked)
    finally:
        await second.stop()
