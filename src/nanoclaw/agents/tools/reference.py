"""Writes ``docs/reference/agent-tools.md``: ``python -m nanoclaw.agents.tools.reference``.

Made of the tools themselves; a test holds the file to it. Prints how much of each request to the model they take.
"""

import json
import sys
from pathlib import Path
from typing import Any

from nanoclaw.agents.tools.server import SERVER_NAME, TOOLS
from nanoclaw.agents.tools.tally import LIMITS
from nanoclaw.agents.tools.tool import AgentTool, wire_schema

PAGE = Path("docs/reference/agent-tools.md")

_HEAD = f"""# The agent's tools

Beside those of the `claude` program, an agent has tools of an MCP server called `{SERVER_NAME}`. The server runs in the
daemon, not in the sandbox, one for each agent. The model knows them as `mcp__{SERVER_NAME}__send_message` and so on.

- Whose call it is comes from the connection, never from an argument. A group acts on itself only; main acts on all.
- A call that is not allowed or cannot be done comes back as a tool error that says why and what is possible. The
  refusal is recorded with the group, the tool and the reason, never with what the arguments held. That a tool
  goes over a limit is recorded once a turn. Arguments of a wrong type are refused before they reach a tool, and are not
  recorded.
- A turn that starts again, after a failure or a restart, and repeats a call of a tool that sends, asks, schedules or
  registers, does it once: the call is known by the turn, the tool, the arguments and how often it was made.
- Messages are named `in-N` (from people) and `out-N` (from the assistant). Times are local to the assistant's zone.
- Results hold what people wrote as escaped elements, like prompts: a message cannot forge another.
"""


def tools_reference() -> str:
    """The whole page, Markdown."""
    limits = "\n".join(f"| {allowance} | {limit} |" for allowance, limit in LIMITS.items())
    size = f"The {len(TOOLS)} tools take up {size_for_the_model():,} characters of each request to the model.\n"
    head = f"{_HEAD}\n{size}\nIn one turn an agent may use:\n\n| | at most |\n| --- | --- |\n{limits}\n"
    return head + "".join(_section(tool) for tool in TOOLS)


def size_for_the_model() -> int:
    """How many characters of names, descriptions and schemas each request to the model carries."""
    sent = [
        {"name": f"mcp__{SERVER_NAME}__{tool.name}", "description": tool.description, "input_schema": _schema(tool)}
        for tool in TOOLS
    ]
    return len(json.dumps(sent, separators=(",", ":"), ensure_ascii=False))


def _section(tool: AgentTool[Any]) -> str:
    schema = _schema(tool)
    lines = ["", f"## `{tool.name}`", "", tool.description]
    if schema["properties"]:
        lines += ["", "| argument | type | meaning |", "| --- | --- | --- |"]
    for name, part in schema["properties"].items():
        optional = "" if name in schema.get("required", []) else ", optional"
        lines.append(f"| `{name}` | {_type(part)}{optional} | {part.get('description', '')} |")
    return "\n".join(lines) + "\n"


def _schema(tool: AgentTool[Any]) -> dict[str, Any]:
    return wire_schema(tool.arguments)


def _type(part: dict[str, Any]) -> str:
    if "enum" in part:
        return " or ".join(f"`{value}`" for value in part["enum"])
    return "list of strings" if part["type"] == "array" else str(part["type"])


def main() -> None:
    """Write the page."""
    PAGE.write_text(tools_reference())
    sys.stdout.write(f"{len(TOOLS)} tools, {size_for_the_model()} characters in each request to the model\n")


if __name__ == "__main__":
    main()
