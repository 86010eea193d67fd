"""The ``claude`` program is there and runs."""

from collections.abc import Sequence

from nanoclaw.operations.doctor.check import Check
from nanoclaw.operations.doctor.contract import Finding, Section, Words, error, fine
from nanoclaw.operations.doctor.ground import Ground
from nanoclaw.sandboxes.contract import SandboxError
from nanoclaw.sandboxes.engine import EngineClient, Outcome
from nanoclaw.sandboxes.image.claude_program import find_claude

_SECONDS = 10.0
_TODO = Words("Remove .venv; the next ./nanoclaw installs it anew.", "请删除 .venv，下次运行 ./nanoclaw 时会重新安装。")


def judge(outcome: Outcome, path: str) -> Finding:
    """What ``claude --version`` said."""
    if outcome.ok and outcome.text:
        return fine(Words(outcome.text, outcome.text))
    said = (outcome.error or outcome.text).splitlines()[-1:] or [f"status {outcome.code}"]
    return error(Words(f"{path} does not run: {said[0]}", f"{path} 无法运行：{said[0]}"), _TODO)


async def _look(ground: Ground) -> Sequence[Finding]:
    try:
        program = str(find_claude().path)
        return [judge(await EngineClient(program, ground.environment).call("--version", seconds=_SECONDS), program)]
    except SandboxError as problem:
        return [error(Words(str(problem), f"无法运行 claude 程序：{problem}"), _TODO)]


CLAUDE_PROGRAM = Check(
    id="claude-program",
    section=Section.PREFLIGHT,
    title=Words("The claude program", "claude 程序"),
    why=Words("It is the agent; nothing is answered without it.", "它就是智能体本身，没有它就无法回答任何消息。"),
    look=_look,
)
