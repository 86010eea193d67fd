"""Numbers that arise while the program works: told to whoever counts, by those who were given an ``Observe``.

They are about the program alone: no chat, group or person is in them, and the few labels are words of ours.
"""

from enum import StrEnum
from typing import Protocol


class Measure(StrEnum):
    """What can be observed. What each means, and its unit, stands in ``operations/figures/catalogue.py``."""

    LOOP_LAG = "event_loop_lag_seconds"
    QUEUE_WAIT = "database_queue_seconds"
    LOCK_WAIT = "database_lock_seconds"
    COMMIT = "database_commit_seconds"
    QUERY = "database_query_seconds"
    REPLY = "message_to_reply_seconds"
    TURN = "turns_total"
    FAULT = "turn_faults_total"
    START = "sandbox_start_seconds"
    START_FAILURE = "sandbox_start_failures_total"
    SEND = "delivery_send_seconds"
    DELIVERY = "deliveries_total"
    CHANNEL = "channel_changes_total"
    CANARY = "channel_canary_seconds"
    CANARY_OUTCOME = "channel_canaries_total"
    MODEL_CALL = "model_call_seconds"
    MODEL_STATUS = "model_calls_total"


class Observe(Protocol):
    """Takes one observation from any thread; returns within a microsecond and never fails."""

    def __call__(self, measure: Measure, value: float = 1.0, label: str = "") -> None:
        """A span in seconds, or how many. ``label`` is one of few words, such as the name of a database."""


def unobserved(measure: Measure, value: float = 1.0, label: str = "") -> None:
    """For those whose numbers nobody counts."""
