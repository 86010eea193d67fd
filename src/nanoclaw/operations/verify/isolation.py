"""Two groups cannot see each other's memory or files: each agent hides something, and looks for the other's."""

from nanoclaw.operations.verify.contract import Field, Party, StepFailedError

_TODO = "Stop the assistant (`nanoclaw stop`) until this is explained: groups share /workspace/global alone."


def keep_apart(field: Field) -> list[str]:
    """Have both agents hide, then seek."""
    both = ((field.first, field.second), (field.second, field.first))
    for party, _ in both:
        if "hidden" not in field.say(party, f"{party.nonce}-hide"):
            raise StepFailedError("An agent could not write into its own folder", hint=_LOOK, check="folders")
        _is_on_this_side(field, party)
    for party, other in both:
        _judge(party, other, field.say(party, f"{party.nonce}-seek"))
    _no_request_mixed_them(field)
    return ["each agent found its own note and memory, and nothing of the other's", "no request held both"]


_LOOK = "`nanoclaw logs -n 50`, and the modes of the home: `nanoclaw doctor --section security --fix`."


def _is_on_this_side(field: Field, party: Party) -> None:
    """What was written inside must be in the group's own folder, and in no other's."""
    note = field.order.home.groups / party.folder / "CLAUDE.md"
    try:
        written = party.secret in note.read_text(encoding="utf-8", errors="replace")
    except OSError:
        written = False
    if not written:
        raise StepFailedError(
            f"What the agent of {party.folder} wrote is not in its folder", hint=_LOOK, check="container-mounts"
        )


def _judge(party: Party, other: Party, found: str) -> None:
    if other.secret in found or "open:" in found:
        raise StepFailedError(
            f"The agent of {party.folder} can read files of {other.folder}", hint=_TODO, check="container-mounts"
        )
    if party.secret not in found or "sought" not in found:
        raise StepFailedError(f"The agent of {party.folder} did not find its own note", hint=_LOOK, check="folders")


def _no_request_mixed_them(field: Field) -> None:
    """What one group's agent was told must hold nothing of the other's, which is how memory would leak."""
    for request in field.model.requests:
        body = request.raw_body or b""
        for party, other in ((field.first, field.second), (field.second, field.first)):
            mine, theirs = party.nonce.encode() in body, other.secret.encode() in body
            if mine and (theirs or other.nonce.encode() in body):
                raise StepFailedError(f"The agent of {party.folder} was told of {other.folder}", hint=_TODO)


def memory_was_read(field: Field, party: Party, words: str) -> None:
    """A conversation that began after the note was written must have had it as its memory."""
    asked = [one.raw_body or b"" for one in field.model.requests if words in one.user_text]
    if not any(party.secret.encode() in body for body in asked):
        raise StepFailedError("An agent does not read its group's memory (CLAUDE.md)", hint=_LOOK, check="folders")
    _no_request_mixed_them(field)
