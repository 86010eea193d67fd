"""Which host names an agent may reach: names made comparable, and matched against the owner's allowlist."""

import re
from dataclasses import dataclass

from nanoclaw.gateway.contract import GatewayError

_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
# What inet_aton and browsers read as a number: 127.1, 2130706433, 0x7f000001, 0177.0.0.1.
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One entry of the allowlist. With ``subdomains`` it matches names below ``name``, and never ``name`` itself."""

    name: str
    subdomains: bool


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
    """Check the allowlist. An empty one allows nobody.

    Raises:
        GatewayError: an entry is neither a host name nor ``*.`` and a host name of at least two labels.
    """
    return tuple(_parse_rule(entry) for entry in allow)


def _parse_rule(entry: str) -> Rule:
    subdomains = entry.startswith("*.")
    name = normalise_host(entry.removeprefix("*."))
    if name is None or (subdomains and "." not in name):
        raise GatewayError(
            f"{entry[:80]!r} in gateway.allow is not a host name",
            hint="Write example.org, or *.example.org for every name below it; no scheme, port, path or address.",
        )
    return Rule(name=name, subdomains=subdomains)


def is_allowed(host: str, rules: tuple[Rule, ...]) -> bool:
    """Whether a rule matches ``host``, which comes from :func:`normalise_host`."""
    return any(host.endswith("." + rule.name) if rule.subdomains else host == rule.name for rule in rules)
