"""What one door tells: the listener with the door's identity and the time put in."""

from nanoclaw.gateway.contract import Decision, Listener, ModelCallMetered, ModelRequestSent, Verdict
from nanoclaw.gateway.metering import TokenCounts
from nanoclaw.model.clock import Clock, Milliseconds
from nanoclaw.model.groups import GroupFolder


class Reporter:
    """Speaks for one group. The group comes from the socket, never from a request."""

    def __init__(self, group: GroupFolder, clock: Clock, listener: Listener) -> None:
        self.group = group
        self._clock = clock
        self._listener = listener

    def allowed(self, target: str, reason: str) -> None:
        """Tell of a request that was let through."""
        self._decided(Verdict.ALLOWED, target, reason)

    def denied(self, target: str, reason: str) -> None:
        """Tell of a request that was refused."""
        self._decided(Verdict.DENIED, target, reason)

    def _decided(self, verdict: Verdict, target: str, reason: str) -> None:
        self._listener(Decision(at=self._clock.now(), group=self.group, verdict=verdict, target=target, reason=reason))

    def model_request_sent(self) -> Milliseconds:
        """Tell that a request is about to leave; returns when, for :meth:`model_call_metered`."""
        now = self._clock.now()
        self._listener(ModelRequestSent(group=self.group, at=now))
        return now

    def model_call_metered(self, model: str, status: int, started_at: Milliseconds, tokens: TokenCounts) -> None:
        """Tell what a call used."""
        self._listener(
            ModelCallMetered(
                group=self.group,
                model=model,
                status=status,
                started_at=started_at,
                finished_at=self._clock.now(),
                input_tokens=tokens.input,
                output_tokens=tokens.output,
                cache_read_tokens=tokens.cache_read,
                cache_write_tokens=tokens.cache_write,
            )
        )
