"""``nanoclaw --version``."""

import argparse
import re
from importlib.util import find_spec
from pathlib import Path

from nanoclaw import __version__
from nanoclaw.cli.context import Context, Result
from nanoclaw.cli.render import visible


def run(_arguments: argparse.Namespace, _context: Context) -> Result:
    """Ours, the SDK's and the ``claude`` program's; read from files, for importing the SDK takes seconds."""
    versions = {
        "nanoclaw": __version__,
        "claude_agent_sdk": _read("_version.py"),
        "claude": _read("_cli_version.py"),
    }
    text = f"nanoclaw {__version__}\nclaude-agent-sdk {versions['claude_agent_sdk']}\nclaude {versions['claude']}"
    return Result(document=dict(versions), text=visible(text))


def _read(name: str) -> str:
    spec = find_spec("claude_agent_sdk")
    if spec is None or spec.origin is None:
        return "not installed"
    try:
        text = Path(spec.origin).with_name(name).read_text(encoding="utf-8")
    except OSError:
        return "unknown"
    match = re.search(r"^__(?:cli_)?version__\s*=\s*[\"']([^\"']+)", text, re.MULTILINE)
    return match[1] if match else "unknown"
