"""Attempts of several steps, which the host has a part in: what the agent planted, said, broke or filled."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tests.escape.broken import disk_bomb, halted_program, inode_bomb, killed_program, memory_bomb
from tests.escape.field import Field
from tests.escape.planted import (
    odd_tree,
    planted_inbox,
    planted_memory,
    planted_program,
    planted_settings,
    swapped_file,
)
from tests.escape.spoken import bad_lines, forged_control, forged_hook, forged_prompt, forged_result, terminal_escapes


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """An attempt of several steps. ``run`` returns what came of it, or fails an assertion when it was not blocked."""

    name: str
    what: str
    holds: str
    run: Callable[[Field], Awaitable[str]]


TRIALS: tuple[tuple[str, tuple[Trial, ...]], ...] = (
    (
        "What the agent plants",
        (
            Trial(name="settings, hooks, servers, plugins", holds="`claude` runs inside, and nothing else reads them",
                  what="Plant settings, hooks, MCP servers and a plugin for the host to run", run=planted_settings),
            Trial(name="memory", holds="Each group has a folder of its own",
                  what="Plant a CLAUDE.md that other groups obey", run=planted_memory),
            Trial(name="inbox", holds="The host follows no link of a workspace",
                  what="Make the folder for incoming files a link to the host", run=planted_inbox),
            Trial(name="swapped file", holds="Files are opened without following links, and then checked",
                  what="Swap a file for a link while the host sends it", run=swapped_file),
            Trial(name="set-user-id program", holds="The agent's user owns it; the home folder is closed",
                  what="Plant a program that makes whoever runs it root", run=planted_program),
            Trial(name="odd tree", holds="Trees are measured without recursion; names are made visible",
                  what="Plant 1,500 nested folders, odd names, a socket, a link to itself, deep JSON", run=odd_tree),
        ),
    ),
    (
        "What the agent says",
        (
            Trial(name="terminal escapes", holds="Control characters are made visible",
                  what="Steer the owner's terminal by replies, tasks, addresses: `chat`, lists, logs",
                  run=terminal_escapes),
            Trial(name="forged message", holds="Messages are escaped XML",
                  what="Forge a message of the owner within a message", run=forged_prompt),
            Trial(name="forged control messages", holds="Calls are checked outside, for the group of the connection",
                  what="Print control messages, tool calls and tool results in the name of `claude`",
                  run=forged_control),
            Trial(name="forged hook", holds="Paths are taken apart by the host; it follows no link",
                  what="Have the host archive a file of its own as a conversation", run=forged_hook),
            Trial(name="forged result", holds="What the program prints is checked; the gateway counts by itself",
                  what="Print a result with a path as its session and a negative cost", run=forged_result),
            Trial(name="bad lines", holds="Lines are bounded, and may be anything",
                  what="Print malformed lines, and one of 20 MiB of opening brackets", run=bad_lines),
        ),
    ),
    (
        "Breaking things",
        (
            Trial(name="killed program", holds="A lost agent is started again",
                  what="Kill every process, `claude` among them", run=killed_program),
            Trial(name="halted program", holds="The owner's word goes to the sandbox, not to the program",
                  what="Halt `claude` by a signal", run=halted_program),
            Trial(name="memory", holds="A limit on memory", what="A memory bomb", run=memory_bomb),
            Trial(name="disk", holds="The group's folders are measured while it works", what="Fill the disk",
                  run=disk_bomb),
            Trial(name="inodes", holds="Files and folders are counted", what="Use up inodes", run=inode_bomb),
        ),
    ),
)  # fmt: skip
