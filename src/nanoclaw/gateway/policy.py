"""Which hosts an agent may reach: names made comparable, and matched against the owner's allowlists."""

import re
from dataclasses import dataclass

from nanoclaw.gateway.contract import GatewayError
from nanoclaw.model.clock import Clock
from nanoclaw.model.options import GroupOptions, NetworkPolicy

_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
# What inet_aton and browsers read as a number: 127.1, 2130706433, 0x7f000001, 0177.0.0.1.
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)


HTTPS = 443
_PORT = re.compile(r"[1-9][0-9]{0,4}", re.ASCII)
_LAST_PORT = 65_535


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One entry of an allowlist. With ``subdomains`` it matches names below ``name``, and never ``name`` itself."""

    name: str
    subdomains: bool
    port: int = HTTPS


def normalise_host(text: str) -> str | None:
    """A host name in its one comparable form: lower case, IDNA in ASCII, no final dot.

    None for whatever is not a host name: an address in any spelling, an empty label, user information, an escape,
    any character that DNS host names do not have.
    """
    if not 0 < len(text) <= 254:
        return None
    try:
        # The idna codec also folds other full stops and full-width letters, so they are judged as what they become.
        name = text.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return None
    name = name.removesuffix(".")
    labels = name.split(".")
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels) or _NUMBER.fullmatch(labels[-1]):
        return None
    return name


def parse_rules(allow: tuple[str, ...]) -> tuple[Rule, ...]:
    """Check an allowlist. An empty one allows nobody.

    Raises:
        GatewayError: an entry is neither a host name nor ``*.`` and a host name of at least two labels, or its port
            is none.
    """
    return tuple(_parse_rule(entry) for entry in allow)


def _parse_rule(entry: str) -> Rule:
    subdomains = entry.startswith("*.")
    host, colon, port = entry.removeprefix("*.").partition(":")
    name = normalise_host(host)
    if name is None or (subdomains and "." not in name) or (colon and not _is_port(port)):
        raise GatewayError(
            f"{entry[:80]!r} is not a host that can be allowed",
            hint="Write example.org, *.example.org for every name below it, or example.org:8443; no scheme, no path.",
        )
    return Rule(name=name, subdomains=subdomains, port=int(port) if colon else HTTPS)


def _is_port(text: str) -> bool:
    return _PORT.fullmatch(text) is not None and int(text) <= _LAST_PORT


def is_allowed(host: str, port: int, rules: tuple[Rule, ...]) -> bool:
    """Whether a rule matches ``host``, which comes from :func:`normalise_host`, at this port."""
    return any(_matches(host, rule) and rule.port == port for rule in rules)


def _matches(host: str, rule: Rule) -> bool:
    return host.endswith("." + rule.name) if rule.subdomains else host == rule.name


_GRANT_SECONDS = 600.0


class GroupPolicy:
    """What one group may reach. It outlives the group's doors, and a change reaches those that are open at once."""

    def __init__(self, everywhere: tuple[Rule, ...], clock: Clock) -> None:
        self._everywhere = everywhere
        self._clock = clock
        self._network = NetworkPolicy.ALLOWLIST
        self._own: tuple[Rule, ...] = ()
        self._granted: dict[tuple[str, int], float] = {}

    def set_options(self, options: GroupOptions) -> None:
        """Go by these options from now on.

        Raises:
            GatewayError: they allow what is no host.
        """
        self._own = parse_rules(options.allow)
        self._network = options.network
        if self._network is NetworkPolicy.NONE:
            self._granted.clear()

    def grant(self, host: str, port: int) -> None:
        """Allow a host for ten minutes."""
        self._granted[host, port] = self._clock.monotonic() + _GRANT_SECONDS

    @property
    def searches(self) -> bool:
        """Whether the model's service may search the web for this group."""
        return self._network is not NetworkPolicy.NONE

    @property
    def fetches(self) -> bool:
        """Whether the model's service may fetch whatever the agent names, which no allowlist could hold back."""
        return self._network is NetworkPolicy.PUBLIC

    @property
    def asks(self) -> bool:
        """Whether the owner is asked about a host that is refused; not where they closed everything."""
        return self._network is not NetworkPolicy.NONE

    def why_refused(self, host: str, port: int) -> str:
        """Why a host may not be reached; empty when it may."""
        if self._granted.get((host, port), 0.0) > self._clock.monotonic():
            return ""
        match self._network:
            case NetworkPolicy.NONE:
                return "this group has no network (its option network is none)"
            case NetworkPolicy.PUBLIC if port == HTTPS:
                return ""
            case _:
                allowed = is_allowed(host, port, self._everywhere + self._own)
                return "" if allowed else "not on the allowlist; the owner can allow it"
