from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanoclaw.gateway.addresses import why_closed
from tests.unit.gateway.stand_ins import PATIENT

CLOSED = """
0.0.0.0 10.1.2.3 100.64.0.1 100.100.100.200 127.0.0.1 127.255.255.254 168.63.129.16 169.254.169.254 172.16.0.1
172.31.255.255 192.0.0.192 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1
239.255.255.255 240.0.0.1 255.255.255.255
:: ::1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 ::ffff:169.254.169.254 ::127.0.0.1 64:ff9b::a9fe:a9fe 64:ff9b::808:808
64:ff9b:1::1 100::1 2001::1 2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:db8::1 2002:7f00:1:: 2002:808:808::1 3fff::1
fc00::1 fd00:ec2::254 fe80::1 fe80::1%eth0 2606:4700::1%eth0 fec0::1 ff02::1 5f00::1
"""


@pytest.mark.parametrize("text", CLOSED.split())
def test_an_address_that_is_not_public_is_closed(text: str) -> None:
    assert why_closed(ip_address(text))


@pytest.mark.parametrize(
    "text", ["8.8.8.8", "93.184.215.14", "172.32.0.1", "2606:4700::6810:84e5", "2a00:1450:4001::1"]
)
def test_a_public_address_is_open(text: str) -> None:
    assert why_closed(ip_address(text)) is None


@PATIENT
@given(st.ip_addresses())
def test_whatever_the_standard_library_calls_private_is_closed(address: IPv4Address | IPv6Address) -> None:
    # The library knows fewer closed networks than we do, so this holds in one direction only.
    if not address.is_global or address.is_multicast or address.is_reserved:
        assert why_closed(address)


@PATIENT
@given(st.ip_addresses(v=4))
def test_an_ipv4_address_inside_an_ipv6_address_is_closed(address: IPv4Address) -> None:
    number = int(address)
    carriers = [
        IPv6Address((0xFFFF << 32) | number),
        IPv6Address((0x64FF9B << 96) | number),
        IPv6Address((0x2002 << 112) | (number << 80)),
        IPv6Address((0x20010000 << 96) | (number ^ 0xFFFFFFFF)),
    ]
    assert all(why_closed(carrier) for carrier in carriers)
