"""A task, run by hand: its output, its record and its line in the log."""

import time

from nanoclaw.control.client import Document
from nanoclaw.operations.logs.reading import stored_lines
from nanoclaw.operations.verify.contract import ANSWER_SECONDS, Field, StepFailedError
from nanoclaw.operations.verify.isolation import memory_was_read

_OPEN = {"due", "started"}
_LOG_SECONDS = 5


def run_a_task(field: Field) -> list[str]:
    """Make it, run it, look at what became of it. It goes with its group."""
    party = field.first
    task = field.client.add_task(
        {
            "group": party.folder,
            "prompt": f"{party.nonce}-task",
            "schedule_type": "cron",
            "schedule_value": "0 0 1 1 *",
            "context_mode": "isolated",
            "name": "verification",
            "chat": f"local:{party.folder}",
        }
    )
    run = _ended(field, task["id"], field.client.change_task(task["id"], "run")["id"])
    if run["state"] != "succeeded" or run["delivered"] is not True or f"Done {party.nonce}." not in run["result"]:
        why = run["error"] or f"state {run['state']}, delivered {run['delivered']}, result {run['result'][:200]!r}"
        raise StepFailedError(f"The task's run did not succeed: {why}", hint=_HINT, check="tasks")
    memory_was_read(field, party, f"{party.nonce}-task")
    line = _logged(field, run["id"])
    return [
        f"run by hand: {run['state']}, its output delivered",
        f"its line in the log: {line['event']!r}, {line['state']}",
        "its agent began a new conversation and had read the group's memory",
    ]


_HINT = "`nanoclaw tasks list` and `nanoclaw logs -n 50` say why."


def _ended(field: Field, task: int, run: int) -> Document:
    ends = time.monotonic() + ANSWER_SECONDS
    while time.monotonic() < ends:
        found = next((one for one in field.client.task_runs(task, 5)["runs"] if one["id"] == run), None)
        if found is not None and found["state"] not in _OPEN:
            return dict(found)
        time.sleep(0.1)
    raise StepFailedError(f"The task's run did not end within {ANSWER_SECONDS} s", hint=_HINT, check="tasks")


def _logged(field: Field, run: int) -> Document:
    ends = time.monotonic() + _LOG_SECONDS
    while time.monotonic() < ends:
        for line in stored_lines(field.order.home.log):
            if line.get("event") == "run ended" and line.get("run") == run:
                return line
        time.sleep(0.1)
    raise StepFailedError(
        "The run left no line in the log",
        hint="Does [log] level in config.toml leave out info? Is the disk full?",
        check="log-size",
    )
