"""What one door tells: the listener with the door's identity and the time put in."""

from dataclasses import dataclass

from nanoclaw.gateway.contract import Decision, DomainRefused, Listener, ModelCallMetered, ModelRequestSent, Verdict
from nanoclaw.gateway.metering import TokenCounts
from nanoclaw.model.clock import Clock, Milliseconds
from nanoclaw.model.groups import GroupFolder


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedCall:
    """A call to the model that ended. ``status`` is HTTP's, 0 when the service could not be reached."""

    model: str
    status: int
    started_at: Milliseconds
    tokens: TokenCounts
    cost_usd: float


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

    def domain_refused(self, host: str, port: int) -> None:
        """Tell that the agent wanted to reach a host that its group may not."""
        self._listener(DomainRefused(group=self.group, host=host, port=port))

    def model_request_sent(self) -> Milliseconds:
        """Tell that a request is about to leave; returns when, for :meth:`model_call_metered`."""
        now = self._clock.now()
        self._listener(ModelRequestSent(group=self.group, at=now))
        return now

    def model_call_metered(self, call: FinishedCall) -> None:
        """Tell what a call used."""
        self._listener(
            ModelCallMetered(
                group=self.group,
                model=call.model,
                status=call.status,
                started_at=call.started_at,
                finished_at=self._clock.now(),
                input_tokens=call.tokens.input,
                output_tokens=call.tokens.output,
                cache_read_tokens=call.tokens.cache_read,
                cache_write_tokens=call.tokens.cache_write,
                cost_usd=call.cost_usd,
            )
        )
