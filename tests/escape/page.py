"""Writes ``docs/reference/escape-attempts.md`` of the newest results: ``python -m tests.escape.page``.

``./nanoclaw test --suite escape`` makes the results, for each kind of sandbox that the machine has.
"""

import json
import re
import sys
from pathlib import Path

from tests.escape.catalogue import ALL, KEYS, TOPICS, key_of

_ROOT = Path(__file__).parents[2]
PAGE = _ROOT / "docs" / "reference" / "escape-attempts.md"
RESULTS = _ROOT / ".cache" / "escape"
KINDS = {"docker": "Docker", "bubblewrap": "bubblewrap"}

_HEAD = """# Attempts to break out

Each of these {count} attempts is made by an agent itself, on Docker and on bubblewrap: the scripted model asks the real
`claude` for a tool, which runs in the real sandbox. The group that makes them is an ordinary one, or main where it says
so. `./nanoclaw test --suite escape` makes them all, and so does the normal run of the tests; an attempt that works, or
that could not be tried, is a failure. Most that do no harm are made outside a sandbox as well, where they must work.

"Blocked" is what the test demands; the words behind it are what came back on the machine that wrote this page.
What is not blocked is in [Security](../../SECURITY.md#what-it-does-not-protect-from). Write this page anew after
`./nanoclaw test --suite escape` with `.cache/test-venv/bin/python -m tests.escape.page`.
"""


def read_results(kind: str) -> dict[str, dict[str, str]]:
    """What came of each attempt, by its key, when the suite ran last."""
    found: dict[str, dict[str, str]] = json.loads((RESULTS / f"{kind}.json").read_text())
    return found


def written(results: dict[str, dict[str, dict[str, str]]]) -> str:
    """The whole page, Markdown."""
    parts = [_HEAD.format(count=len(ALL))]
    for topic, some in TOPICS:
        rows = [f"| {_cell(one.what)} | {_cell(one.holds)} | {_results(key_of(topic, one), results)} |" for one in some]
        kinds = " | ".join(KINDS.values())
        parts.append(
            f"\n## {topic}\n\n| attempt | what holds | {kinds} |\n| --- | --- | --- | --- |\n" + "\n".join(rows) + "\n"
        )
    return "".join(parts)


def rows(page: str) -> list[list[str]]:
    """The cells of the page's rows: what is tried, what holds, and the verdict for each kind."""
    lines = [
        line for line in page.splitlines() if line.startswith("| ") and not line.startswith(("| attempt", "| ---"))
    ]
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    return [[*row[:2], *(cell.partition(" (")[0] for cell in row[2:])] for row in cells]


def expected_rows() -> list[list[str]]:
    """What :func:`rows` finds when the page is of these attempts, and all are blocked."""
    return [[_cell(one.what), _cell(one.holds), *("blocked" for _ in KINDS)] for one in ALL]


def _results(key: str, results: dict[str, dict[str, dict[str, str]]]) -> str:
    return " | ".join(_result(results[kind][key]) for kind in KINDS)


def _result(found: dict[str, str]) -> str:
    if found["problem"]:
        return "**not blocked**"
    reason = _cell(found["reason"].replace("HELD", "nothing there"))
    return f"blocked ({reason})" if reason else "blocked"


def _cell(text: str) -> str:
    return text.replace("\n", " ").replace("|", "\\|").strip()


def main() -> int:
    """Write the page."""
    results = {kind: read_results(kind) for kind in KINDS}
    if missing := [key for key in KEYS if any(key not in found for found in results.values())]:
        sys.stderr.write(f"run ./nanoclaw test --suite escape first: nothing is known of {', '.join(missing)}\n")
        return 1
    PAGE.write_text(written(results), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
