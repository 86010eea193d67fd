"""Where the ``claude`` program lies: inside the Claude Agent SDK's wheel."""

import platform
from dataclasses import dataclass
from importlib.machinery import PathFinder
from pathlib import Path

from nanoclaw.sandboxes.contract import ImageBuildError


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaudeProgram:
    """An executable for Linux. ``size`` in bytes; with ``version`` it stands for the content, which is 380 MB."""

    path: Path
    version: str
    size: int


def find_claude() -> ClaudeProgram:
    """Find the program without importing the SDK, which takes 0.3 s.

    Raises:
        ImageBuildError: it is not there, or is not a program for Linux.
    """
    spec = PathFinder.find_spec("claude_agent_sdk")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        program = Path(folder, "_bundled", "claude")
        if program.is_file():
            return _described(program)
    raise ImageBuildError(
        "The claude program is not inside the installed claude-agent-sdk",
        hint="Install a wheel of claude-agent-sdk for this platform instead of its source distribution.",
    )


def _described(program: Path) -> ClaudeProgram:
    with program.open("rb") as file:
        is_linux = file.read(4) == b"\x7fELF"
    if not is_linux:
        machine = "aarch64" if platform.machine() in {"arm64", "aarch64"} else "x86_64"
        raise ImageBuildError(
            f"{program} is not a program for Linux, which the sandbox needs",
            hint=f"pip download --no-deps --only-binary :all: --platform manylinux_2_17_{machine} claude-agent-sdk, "
            "and install from the wheel it saves. Building from such a wheel is not automatic yet.",
        )
    version = program.with_name("claude.version")
    text = version.read_text().strip() if version.is_file() else ""
    return ClaudeProgram(path=program, version=text, size=program.stat().st_size)
