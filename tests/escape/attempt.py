"""What an attempt to break out is, and how its outcome is judged.

A script tells what became of each of its tries on a line of its own: ``BREACH`` when it worked, ``HELD`` and the reason
when it did not, ``UNTRIED`` when it could not even be tried. Only the expected reason counts as blocked.
"""

import re
from dataclasses import dataclass
from typing import Any

MISSING = "No such file or directory"
READ_ONLY = "Read-only file system"
DENIED = "Permission denied"
NOT_PERMITTED = "Operation not permitted"

_SHELL = r"""
try() { # one try: a command that must fail
  out=$("$@" 2>&1 </dev/null); status=$?
  case $status in
    0) echo "BREACH $(echo "$*" | head -n 1)" ;;
    126|127) echo "UNTRIED $*: $out" ;;
    *) echo "HELD $(printf %s "$out" | tr '\n' ' ' | cut -c1-300)" ;;
  esac
}
shows() { # one try: a pattern must not be in what comes in
  if out=$(grep -E -m 1 -- "$1"); then echo "BREACH there is $1"; else echo "HELD nothing of it"; fi
}
"""
PYTHON = """
import ctypes, errno, os, socket, sys, time
libc = ctypes.CDLL(None, use_errno=True)
def call(name, *arguments):
    ctypes.set_errno(0)
    function = libc.syscall if isinstance(name, int) else getattr(libc, name)
    done = function(*((name, *arguments) if isinstance(name, int) else arguments))
    if done == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return done
def attempt(action, *arguments):
    try:
        action(*arguments)
    except OSError as error:
        print('HELD', errno.errorcode.get(error.errno, ''), error.strerror or error)
    except BaseException as error:
        print('UNTRIED', repr(error))
    else:
        print('BREACH', arguments)
def claude():
    pid = os.getppid()
    while 'claude' not in open(f'/proc/{pid}/comm').read():
        pid = int(open(f'/proc/{pid}/stat').read().rsplit(')', 1)[1].split()[1])
    return pid
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt, made by the agent's Bash tool (``script``) or by another tool of its.

    In a script and in strings of arguments ``{host}`` and the like stand for places of the machine that runs the suite.
    """

    name: str
    what: str
    holds: str
    script: str = ""
    tool: str = ""
    arguments: tuple[tuple[str, Any], ...] = ()
    held: str
    """A regular expression for the reason: of each try, or of the tool's error."""
    tries: int = 1
    control: bool = False
    """Harmless: the same script is run outside a sandbox, too, where it must succeed."""
    answers: bool = False
    """The tool refuses nothing, and ``held`` is what its answer consists of."""
    main: bool = False
    """Made by the main group's agent."""
    alone: bool = False
    """Made in a turn of its own, for it may end the sandbox; then that is what holds."""

    def judge(self, output: str, *, is_error: bool = False) -> str:
        """Why the attempt was not blocked, or not made; empty when it was made and blocked."""
        return self._judge_tool(output, is_error=is_error) if self.tool else self._judge_script(output)

    def _judge_tool(self, output: str, *, is_error: bool) -> str:
        if self.answers and (is_error or not re.fullmatch(self.held, output.strip(), re.DOTALL)):
            return f"not all of the answer is {self.held!r}: {output[:300]!r}"
        if not self.answers and not is_error:
            return f"the tool did it: {output[:300]!r}"
        return "" if re.search(self.held, output) else f"nothing of {self.held!r} in {output[:300]!r}"

    def _judge_script(self, output: str) -> str:
        lines = output.splitlines()
        if "ENDED" not in lines:
            return f"it did not run to its end: {output[-300:]!r}"
        for line in lines:
            if line.startswith(("BREACH", "UNTRIED")):
                return line
        held = [line for line in lines if line.startswith("HELD")]
        if len(held) != self.tries:
            return f"{len(held)} of {self.tries} tries: {output[-300:]!r}"
        other = [line for line in held if not re.search(self.held, line)]
        return f"held by something else than {self.held!r}: {other}" if other else ""

    def reasons(self, output: str) -> str:
        """What the tries came back with, in short."""
        found = re.findall(self.held, output) if self.tool else re.findall(self.held, _held_lines(output))
        words = [word if isinstance(word, str) else word[0] for word in found]
        return ", ".join(dict.fromkeys(word[:60] for word in words))


def _held_lines(output: str) -> str:
    return "\n".join(line for line in output.splitlines() if line.startswith("HELD"))


def shell(name: str, what: str, script: str, held: str, holds: str, **more: Any) -> Attempt:
    """An attempt by a shell script, in which ``try COMMAND`` and ``… | shows PATTERN`` are tries."""
    return Attempt(name=name, what=what, script=f"{_SHELL}{script}\n", held=held, holds=holds, **more)


def python(name: str, what: str, code: str, held: str, holds: str, **more: Any) -> Attempt:
    """An attempt by a Python program, in which ``attempt(f, …)`` is a try and ``call(name, …)`` a system call."""
    program = f"{PYTHON}{code.strip()}"
    script = f"cat > /tmp/attempt-$$.py <<'END'\n{program}\nEND\npython3 /tmp/attempt-$$.py\nrm /tmp/attempt-$$.py\n"
    return Attempt(name=name, what=what, script=script, held=held, holds=holds, **more)


def use(name: str, what: str, tool: str, arguments: dict[str, Any], held: str, holds: str, **more: Any) -> Attempt:
    """An attempt by one of the tools of ``claude``, or of ours (``nanoclaw.NAME``)."""
    full = f"mcp__nanoclaw__{tool.removeprefix('nanoclaw.')}" if tool.startswith("nanoclaw.") else tool
    return Attempt(name=name, what=what, tool=full, arguments=tuple(arguments.items()), held=held, holds=holds, **more)
