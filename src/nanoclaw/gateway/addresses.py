"""Which addresses a tunnel may end at: public unicast addresses, and no others."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

Address = IPv4Address | IPv6Address

# From the IANA special-purpose registries. Written out, because the standard library's ``is_global`` changes between
# patch releases and says yes to several of them.
_CLOSED_V4 = {
    IPv4Network("0.0.0.0/8"): "unspecified",
    IPv4Network("10.0.0.0/8"): "private",
    IPv4Network("100.64.0.0/10"): "carrier-grade NAT",
    IPv4Network("127.0.0.0/8"): "loopback",
    IPv4Network("168.63.129.16/32"): "a cloud's metadata service",
    IPv4Network("169.254.0.0/16"): "link-local",
    IPv4Network("172.16.0.0/12"): "private",
    IPv4Network("192.0.0.0/24"): "reserved",
    IPv4Network("192.0.2.0/24"): "documentation",
    IPv4Network("192.31.196.0/24"): "reserved",
    IPv4Network("192.52.193.0/24"): "reserved",
    IPv4Network("192.88.99.0/24"): "a 6to4 relay",
    IPv4Network("192.168.0.0/16"): "private",
    IPv4Network("192.175.48.0/24"): "reserved",
    IPv4Network("198.18.0.0/15"): "benchmarking",
    IPv4Network("198.51.100.0/24"): "documentation",
    IPv4Network("203.0.113.0/24"): "documentation",
    IPv4Network("224.0.0.0/4"): "multicast",
    IPv4Network("240.0.0.0/4"): "reserved",
}
_GLOBAL_UNICAST_V6 = IPv6Network("2000::/3")
"""All else of IPv6 is closed: ::1, ::, IPv4-mapped, NAT64 (64:ff9b::/96), unique local, link-local, multicast."""
_CLOSED_V6 = {
    IPv6Network("2001::/23"): "Teredo or another IETF protocol",
    IPv6Network("2001:db8::/32"): "documentation",
    IPv6Network("2002::/16"): "6to4",
    IPv6Network("2620:4f:8000::/48"): "reserved",
    IPv6Network("3fff::/20"): "documentation",
}


def why_closed(address: Address) -> str | None:
    """Why no tunnel may end at ``address``, in a word or two; None when it is public.

    Addresses that carry an IPv4 address inside (mapped, NAT64, 6to4, Teredo) are closed whatever they carry, since
    the machine on the way that unpacks them would dial an address we never checked.
    """
    if isinstance(address, IPv4Address):
        return next((kind for network, kind in _CLOSED_V4.items() if address in network), None)
    if address.scope_id is not None or address not in _GLOBAL_UNICAST_V6:
        return "not global unicast"
    return next((kind for network, kind in _CLOSED_V6.items() if address in network), None)
