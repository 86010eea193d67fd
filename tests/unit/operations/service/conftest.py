"""Managers' commands that are small real scripts: they write down how they were called, and answer from files."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from nanoclaw.operations.service.contract import Account, Scope, ServicePlan
from nanoclaw.operations.service.machine import Machine, runner

_SCRIPT = """#!/bin/sh
printf '%s\\n' "$(basename "$0")${*:+ $*}" >> "$RECORD/calls"
for word in "$@"; do
  if [ -f "$RECORD/answer-$word" ]; then cat "$RECORD/answer-$word"; fi
  if [ -f "$RECORD/fail-$word" ]; then cat "$RECORD/fail-$word" >&2; exit 1; fi
done
exit 0
"""


@dataclass
class Bench:
    """A machine below a folder."""

    folder: Path
    platform: str = "linux"
    uid: int = 1000
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def machine(self) -> Machine:
        environment = {"PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}", "RECORD": str(self.folder), **self.extra}
        return Machine(
            account=Account(name="alice", uid=self.uid, home=self.folder / "alice"),
            run=runner(environment),
            environment=environment,
            platform=self.platform,
            root=self.folder / "root",
        )

    @property
    def home(self) -> Path:
        return self.folder / "alice" / ".nanoclaw"

    def calls(self) -> list[str]:
        """How the managers' commands were called, oldest first, without what all calls have."""
        path = self.folder / "calls"
        lines = path.read_text().splitlines() if path.exists() else []
        return [line.replace(" --no-pager --no-ask-password", "") for line in lines]

    def answer(self, word: str, text: str) -> None:
        """What a call with this word prints."""
        (self.folder / f"answer-{word}").write_text(text)

    def fail(self, word: str, text: str) -> None:
        """A call with this word fails."""
        (self.folder / f"fail-{word}").write_text(text)

    def plan(self, *program: str, scope: Scope = Scope.USER) -> ServicePlan:
        return ServicePlan(
            home=self.home,
            program=program or ("/bin/sh", "-m", "nanoclaw"),
            account=self.machine.account,
            scope=scope,
            environment={"PATH": "/usr/bin:/bin"},
        )

    def install_scripts(self, names: Sequence[str]) -> None:
        for name in names:
            script = self.folder / "bin" / name
            script.write_text(_SCRIPT)
            script.chmod(0o755)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    for name in ("bin", "alice/.nanoclaw", "root/run/systemd/system", "root/var/lib/systemd/linger"):
        (tmp_path / name).mkdir(parents=True)
    made = Bench(tmp_path)
    made.install_scripts(("systemctl", "journalctl", "launchctl", "runuser"))
    return made
