"""What a line of Markdown is: read in one way by every network's dialect, and by who splits a text."""

import re

FENCE = re.compile(r"^\s{0,3}(`{3,}(?=[^`]*$)|~{3,})\s*([\w+#.-]*)")
"""The line before a block of code: its marks and its language. ````` ```words``` ````` is code within a line."""
HEADING = re.compile(r"^\s{0,3}#{1,6}\s+(.+?)\s*#*\s*$")
RULE = re.compile(r"^\s{0,3}([-*_])(?:\s*\1){2,}\s*$")
BULLET = re.compile(r"^(\s*)[*+-]\s+")
TASK = re.compile(r"^\[([ xX])\]\s")
"""How a bullet begins whose point can be done."""
TABLE_RULE = re.compile(r"^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$")
"""The line below a table's head."""


def ends_code(line: str, marks: str) -> bool:
    """Whether a line ends the block of code that a fence of these marks began."""
    bare = line.strip()
    return bare.startswith(marks) and not bare.strip(marks[0])


def box(task: re.Match[str]) -> str:
    """The box of a point that can be done."""
    return "☐" if task[1] == " " else "☑"
