"""What an agent finds in its sandbox, judged: every single thing too much is told of."""

import base64
import json
from dataclasses import replace
from typing import Any

import pytest

from nanoclaw.operations.verify.inside import judge
from nanoclaw.operations.verify.inside_probe import Inside, read_report
from nanoclaw.sandboxes.contract import AGENT_HOME, CLAUDE_HOME, GATEWAY, GLOBAL_FOLDER, WORKSPACE

PLANNED = tuple((str(place), "ext4") for place in (AGENT_HOME, CLAUDE_HOME, GATEWAY, GLOBAL_FOLDER, WORKSPACE))
GOOD = Inside(
    user=(1000, 1000, 1000),
    capabilities={"CapInh": "0000000000000000", "CapEff": "0000000000000000"},
    no_new_privileges="1",
    seccomp="2",
    mounts=(("/", "overlay"), ("/proc", "proc"), ("/etc/hosts", "ext4"), *PLANNED),
    root=("workspace",),
    workspace=("global", "group"),
    readable=(),
    writable=(),
    reached=(),
    interfaces=("lo",),
)


def test_a_sandbox_as_planned_is_in_order() -> None:
    assert judge(GOOD, of_host=False) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"mounts": (*GOOD.mounts, ("/behind", "ext4"))}, "/behind"),
        ({"mounts": (*GOOD.mounts, ("/usr/share", "ext4"))}, "/usr/share"),
        ({"mounts": GOOD.mounts[:-1]}, f"lacks mounts: {WORKSPACE}"),
        ({"readable": ("/etc/shadow",)}, "/etc/shadow"),
        ({"writable": ("/usr",)}, "write to /usr"),
        ({"reached": ("1.1.1.1:443",)}, "connect to 1.1.1.1:443"),
        ({"interfaces": ("lo", "eth0")}, "eth0"),
        ({"user": (0, 0, 0)}, "root"),
        ({"capabilities": {"CapEff": "0000000000000400"}}, "CapEff"),
        ({"capabilities": {"CapEff": "?"}}, "CapEff"),
        ({"no_new_privileges": "0"}, "gain privileges"),
        ({"seccomp": "0"}, "not filtered"),
        ({"workspace": ("global", "group", "other")}, "other"),
    ],
)
def test_each_thing_too_much_or_too_little_is_told_of(change: dict[str, Any], words: str) -> None:
    (what,) = judge(replace(GOOD, **change), of_host=False)
    assert words in what


def test_programs_of_the_host_are_planned_where_there_is_no_image() -> None:
    seen = replace(
        GOOD, mounts=(*GOOD.mounts, ("/usr", "ext4"), ("/etc/ssl/certs", "ext4"), ("/opt/nanoclaw/entry.py", ""))
    )
    assert judge(seen, of_host=True) == []
    assert "/usr" in judge(seen, of_host=False)[0]
    assert "/etc" in judge(replace(seen, mounts=(*seen.mounts, ("/etc", "ext4"))), of_host=True)[0]


@pytest.mark.parametrize(
    "said",
    ["", "PROBE<", "PROBE<!!>PROBE", f"PROBE<{base64.b64encode(b'[]').decode()}>PROBE", "PROBE<e30=>PROBE"],
)
def test_an_answer_without_a_report_is_none(said: str) -> None:
    assert read_report(said) is None


def test_a_report_is_found_among_other_words() -> None:
    raw = {name: getattr(GOOD, name) for name in GOOD.__slots__}
    text = base64.b64encode(json.dumps(raw).encode()).decode()
    assert read_report(f"total 4\nPROBE<{text}>PROBE\nbye") == GOOD
