"""One true call to the configured service."""

import time
from typing import Any

from nanoclaw.operations.verify.contract import Field, StepFailedError, StepSkippedError

_SETTLE_SECONDS = 5


def ask_the_service(field: Field) -> list[str]:
    """Through an agent, so that the whole way is the one of every message."""
    if field.real is None:
        raise StepSkippedError("costs money: --real-model makes one true call")
    if not field.status.get("model_key"):
        raise StepFailedError(
            "There is no key for the model's service",
            hint="Put ANTHROPIC_API_KEY or CLAUDE_CODE_OAUTH_TOKEN into the .env file of the home, then restart.",
            check="credential",
        )
    answer = field.say(field.real, "Reply with the one word: ready")
    if not answer.strip():
        raise StepFailedError(
            "The service answered nothing", hint="`nanoclaw doctor --live` tries the key.", check="credential"
        )
    used = _used(field, field.real.folder)
    tokens = used["input_tokens"] + used["cache_read_tokens"] + used["cache_write_tokens"]
    cost = (
        f"cost {used['cost_usd']:.4f} USD: {used['calls']} calls, {tokens:,} tokens in, {used['output_tokens']:,} out"
    )
    return [f"answered {answer.strip()[:60]!r}", f"{cost}; booked to the main group"]


def _used(field: Field, folder: str) -> dict[str, Any]:
    """Usage is written a moment after the answer."""
    ends = time.monotonic() + _SETTLE_SECONDS
    while time.monotonic() < ends:
        lines = field.client.usage({"by": "group"})["lines"]
        if found := next((line for line in lines if line["key"] == folder), None):
            return dict(found)
        time.sleep(0.1)
    raise StepFailedError("The call was not metered", hint="`nanoclaw usage --by group`, and the log.")
