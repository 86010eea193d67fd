"""What the scripted model says to the temporary groups' agents: which commands the real agents run."""

from collections.abc import Iterator

from nanoclaw.operations.verify.contract import Party
from nanoclaw.operations.verify.inside_probe import probe_command
from nanoclaw.stub_model.script import Answer, Rule, Script, ToolCall

MARK = "keep-away-"
"""How secrets begin. The search for them is written so that it does not find itself."""
_SEEK = (
    "grep -rhoasE 'keep-[a]way-[0-9a-f]{16}' /workspace /home /tmp /run /var /mnt /media /srv /opt /root 2>/dev/null"
    ' | sort -u; for place in %s; do ls -la $place >/dev/null 2>&1 && echo "open: $place"; done; echo sought'
)


def write_script(parties: tuple[Party, Party], home: str, ports: tuple[int, ...]) -> Script:
    """Rules for both groups. ``home`` is the host's path of the home folder, ``ports`` are open on the host."""
    first, second = parties
    rules = [*_rules(first, second, home, ports), *_rules(second, first, home, ports)]
    return Script(rules=tuple(rules), side_reply="A verification")


def _rules(party: Party, other: Party, home: str, ports: tuple[int, ...]) -> Iterator[Rule]:
    yield Rule(when=f"{party.nonce}-say", reply=f"Said {party.nonce}.")
    yield Rule(when=f"{party.nonce}-task", reply=f"Done {party.nonce}.")
    hide = f"printf '%s\\n' {party.secret} | tee CLAUDE.md note-of-{party.nonce}.txt >/dev/null && echo hidden"
    yield _runs(f"{party.nonce}-hide", hide)
    places = (f"'{home}/groups/{other.folder}'", f"/workspace/{other.folder}", f"../{other.folder}")
    yield _runs(f"{party.nonce}-seek", _SEEK % " ".join(places))
    yield _runs(f"{party.nonce}-look", probe_command(home, ports))


def _runs(when: str, command: str) -> Rule:
    call = ToolCall(name="Bash", input={"command": command, "description": "Verify the installation"})
    return Rule(when=when, tool=call, then=(Answer(reply="{tool_result}"),))
