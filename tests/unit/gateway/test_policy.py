import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nanoclaw.gateway.contract import GatewayError
from nanoclaw.gateway.policy import GroupPolicy, is_allowed, normalise_host, parse_rules
from nanoclaw.model.options import GroupOptions, NetworkPolicy
from tests.fakes.clocks import ShiftedClock
from tests.unit.gateway.stand_ins import PATIENT


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("example.org", "example.org"),
        ("EXAMPLE.Org", "example.org"),
        ("example.org.", "example.org"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("ｅxample．org", "example.org"),
        ("a-b.c1.example", "a-b.c1.example"),
    ],
)
def test_a_name_has_one_form(text: str, name: str) -> None:
    assert normalise_host(text) == name


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "..",
        "example..org",
        ".example.org",
        "example.org..",
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "1.2.3.0x",
        "１２７.0.0.1",
        "::1",
        "[::1]",
        "fe80::1%eth0",
        "user@example.org",
        "example.org%00.evil.test",
        "example.org\x00",
        "example.org\n",
        "exa mple.org",
        "example.org/",
        "example.org#",
        "-a.example",
        "a-.example",
        "a_b.example",
        "*.example.org",
        "a" * 64 + ".example",
        ("a" * 60 + ".") * 5 + "example",
    ],
)
def test_what_is_no_host_name_has_no_form(text: str) -> None:
    assert normalise_host(text) is None


@PATIENT
@given(st.text(max_size=300))
@example("ß.example")
def test_a_form_is_its_own_form(text: str) -> None:
    name = normalise_host(text)
    assert name is None or (normalise_host(name) == name and name.isascii() and name == name.lower())


@PATIENT
@given(
    st.from_regex(r"[a-z]{1,10}(\.[a-z]{1,10}){1,3}", fullmatch=True), st.from_regex(r"[a-z.]{1,20}", fullmatch=True)
)
def test_an_exact_rule_matches_one_name_only(name: str, prefix: str) -> None:
    rules = parse_rules((name,))
    assert is_allowed(name, 443, rules)
    assert not is_allowed(prefix + name, 443, rules)
    assert not is_allowed(name + prefix, 443, rules)


def test_a_wildcard_matches_subdomains_and_neither_the_name_nor_a_look_alike() -> None:
    rules = parse_rules(("*.Example.org",))
    assert is_allowed("a.example.org", 443, rules)
    assert is_allowed("a.b.example.org", 443, rules)
    assert not is_allowed("example.org", 443, rules)
    assert not is_allowed("evilexample.org", 443, rules)
    assert not is_allowed("example.org.evil.test", 443, rules)


@PATIENT
@given(st.text(max_size=50))
def test_an_empty_allowlist_allows_nobody(host: str) -> None:
    assert not is_allowed(host, 443, parse_rules(()))


@pytest.mark.parametrize(
    "entry",
    [
        "",
        "*",
        "*.",
        "*.org",
        "https://example.org",
        "example.org:",
        "example.org:0",
        "example.org:70000",
        "10.0.0.1",
        "a.*.org",
    ],
)
def test_an_entry_that_is_no_name_is_an_error(entry: str) -> None:
    with pytest.raises(GatewayError, match="not a host that can be allowed") as raised:
        parse_rules((entry,))
    assert "example.org" in raised.value.hint


@pytest.mark.parametrize(
    ("entry", "host", "port", "allowed"),
    [
        ("example.org", "example.org", 443, True),
        ("example.org", "example.org", 8443, False),
        ("example.org", "example.org", 22, False),
        ("example.org:8443", "example.org", 8443, True),
        ("example.org:8443", "example.org", 443, False),
        ("*.example.org:8443", "a.example.org", 8443, True),
        ("*.example.org:8443", "a.example.org", 443, False),
        ("*.example.org:8443", "example.org", 8443, False),
    ],
)
def test_a_rule_holds_for_its_port_only(entry: str, host: str, port: int, allowed: bool) -> None:  # noqa: FBT001 - a table
    assert is_allowed(host, port, parse_rules((entry,))) is allowed


def policy(clock: ShiftedClock, network: NetworkPolicy, *own: str) -> GroupPolicy:
    made = GroupPolicy(parse_rules(("everywhere.example",)), clock)
    made.set_options(GroupOptions(network=network, allow=own))
    return made


def test_a_group_reaches_what_all_may_and_what_it_may_itself() -> None:
    made = policy(ShiftedClock(), NetworkPolicy.ALLOWLIST, "*.own.example:8443")
    assert made.why_refused("everywhere.example", 443) == ""
    assert made.why_refused("a.own.example", 8443) == ""
    assert "allowlist" in made.why_refused("a.own.example", 443)
    assert "allowlist" in made.why_refused("other.example", 443)
    assert made.searches
    assert not made.fetches


def test_a_group_without_a_network_reaches_nothing_whatever_is_listed() -> None:
    made = policy(ShiftedClock(), NetworkPolicy.NONE, "own.example")
    assert "no network" in made.why_refused("everywhere.example", 443)
    assert "no network" in made.why_refused("own.example", 443)
    assert not made.searches
    assert not made.asks


def test_a_public_group_reaches_every_host_at_the_port_of_https_and_other_ports_by_its_list() -> None:
    made = policy(ShiftedClock(), NetworkPolicy.PUBLIC, "own.example:8443")
    assert made.why_refused("whatever.example", 443) == ""
    assert made.why_refused("own.example", 8443) == ""
    assert "allowlist" in made.why_refused("whatever.example", 22)
    assert made.fetches


def test_a_host_that_was_granted_is_open_at_that_port_for_ten_minutes() -> None:
    clock = ShiftedClock()
    made = policy(clock, NetworkPolicy.ALLOWLIST)
    made.grant("once.example", 443)
    clock.ahead += 599
    assert made.why_refused("once.example", 443) == ""
    assert made.why_refused("once.example", 8443)
    assert made.why_refused("a.once.example", 443)
    clock.ahead += 2
    assert made.why_refused("once.example", 443)


def test_closing_everything_takes_back_what_was_granted_for_once() -> None:
    made = policy(ShiftedClock(), NetworkPolicy.ALLOWLIST)
    made.grant("once.example", 443)
    made.set_options(GroupOptions(network=NetworkPolicy.NONE))
    assert "no network" in made.why_refused("once.example", 443)


def test_options_that_allow_no_host_change_nothing() -> None:
    made = policy(ShiftedClock(), NetworkPolicy.ALLOWLIST, "own.example")
    with pytest.raises(GatewayError):
        made.set_options(GroupOptions(network=NetworkPolicy.PUBLIC, allow=("https://own.example",)))
    assert made.why_refused("own.example", 443) == ""
    assert made.why_refused("other.example", 443)
