"""What the owner is told in the end: how it went, and what to do next."""

from nanoclaw.channels.contract import PairingFault
from nanoclaw.cli.auth.linking import Linked, is_linked
from nanoclaw.cli.context import Context, Result
from nanoclaw.cli.exits import Exit
from nanoclaw.cli.reach import ask
from nanoclaw.cli.render import one_line, visible
from nanoclaw.control.client import Document
from nanoclaw.operations.extras.contract import EXTRAS


def conclude(context: Context, channel: str, linked: Linked) -> Result:
    """The result of a pairing. What went wrong is said as errors are; ``--json`` has all of it, too."""
    shape = linked.shape
    if is_linked(shape):
        text = "\n".join([_opening(channel, shape), *_next_steps(context, channel, linked)])
        return Result(document=shape, text=text, notes=linked.notes)
    notes = (f"error: {shape['problem']}", *([f"hint: {shape['hint']}"] if shape["hint"] else []))
    timed_out = shape["fault"] == PairingFault.TIMEOUT
    return Result(document=shape, notes=notes, exit=Exit.TIMED_OUT if timed_out else Exit.ERROR)


def _opening(channel: str, shape: Document) -> str:
    title = EXTRAS[channel].title if channel in EXTRAS else channel
    if shape["state"] != "done":
        return f"{title} is linked already. To link another account: nanoclaw auth logout {channel}"
    account = one_line(shape["account"]).partition("@")[0]
    return f"{title} is linked{f': {account}' if account else ''}."


def _next_steps(context: Context, channel: str, linked: Linked) -> list[str]:
    groups = ask(context, lambda client: client.groups(), lambda service: service.groups())["groups"]
    chats = {chat["chat"] for group in groups for chat in group["chats"] if chat["channel"] == channel}
    steps = []
    # First: the main group is made by the first start.
    if not linked.live:
        steps.append("Start the assistant:\n    nanoclaw run        (or: nanoclaw service install)")
    chat = visible(linked.shape.get("chat", ""))
    if chat and chat not in chats:
        steps.append(
            "Your own chat there joins your main group, which answers everything in it:\n"
            f"    nanoclaw groups chats main add {channel}:{chat}"
        )
    steps.append(
        "Other chats: `nanoclaw groups list` shows those where somebody wrote; then\n"
        f"    nanoclaw groups add Family --channel {channel} --chat ID"
    )
    steps.append(f"Try it out:\n    nanoclaw channels test {channel}")
    return ["What to do next:", *(f"  {number}. {step}" for number, step in enumerate(steps, 1))]
