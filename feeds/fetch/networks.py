"""Which addresses may be reached, and what is wrong with the others. Pure; no name is looked up here.

Python's ``is_global`` is not enough: it knows nothing of what an IPv6 address carries inside (RFC 4291,
2.5.5; RFC 6052; RFC 3056; RFC 4380; RFC 5214), and calls addresses public behind which clouds keep secrets.
So an address is unwrapped first, and then every layer is held against the list below: IANA's registries of
special-purpose addresses, and what clouds answer on. Whatever is not public unicast is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

SECRETS = "where clouds keep a machine's secrets"
SPECIAL: tuple[tuple[Network, str], ...] = tuple(
    (ip_network(prefix), kind)
    for prefix, kind in (
        ("169.254.169.254", SECRETS),
        ("fd00:ec2::254", SECRETS),
        ("100.100.100.200", SECRETS),
        ("168.63.129.16", SECRETS),
        ("0.0.0.0/8", "this machine (unspecified)"),
        ("10.0.0.0/8", "a private network"),
        ("100.64.0.0/10", "a carrier's inner network"),
        ("127.0.0.0/8", "this machine (loopback)"),
        ("169.254.0.0/16", "the local link"),
        ("172.16.0.0/12", "a private network"),
        ("192.0.0.0/24", "reserved for protocols"),
        ("192.0.2.0/24", "reserved for documentation"),
        ("192.88.99.0/24", "reserved (relays of 6to4)"),
        ("192.168.0.0/16", "a private network"),
        ("198.18.0.0/15", "reserved for benchmarks"),
        ("198.51.100.0/24", "reserved for documentation"),
        ("203.0.113.0/24", "reserved for documentation"),
        ("224.0.0.0/4", "a multicast group"),
        ("240.0.0.0/4", "reserved, or a broadcast"),
        ("::/128", "this machine (unspecified)"),
        ("::1/128", "this machine (loopback)"),
        ("64:ff9b:1::/48", "a private network (NAT64)"),
        ("100::/64", "reserved (discarded)"),
        ("2001::/32", "a tunnel (Teredo)"),
        ("2001::/23", "reserved for protocols"),
        ("2001:db8::/32", "reserved for documentation"),
        ("2002::/16", "a tunnel (6to4)"),
        ("3fff::/20", "reserved for documentation"),
        ("fc00::/7", "a private network"),
        ("fe80::/10", "the local link"),
        ("fec0::/10", "a private network (site-local)"),
        ("ff00::/8", "a multicast group"),
    )
)
EVERYWHERE: tuple[Network, ...] = (ip_network("0.0.0.0/0"), ip_network("::/0"))
UNICAST = IPv6Network("2000::/3")
"""All of IPv6 that is given out to anybody (RFC 4291, 2.4)."""
SPELLINGS = (IPv6Network("::ffff:0:0/96"), IPv6Network("64:ff9b::/96"))
"""Another way to write, or to reach, the IPv4 address in the last 32 bits: mapped, NAT64."""
COMPATIBLE = IPv6Network("::/96")
SIX_TO_FOUR = IPv6Network("2002::/16")
TEREDO = IPv6Network("2001::/32")
ISATAP = (0x00005EFE, 0x02005EFE)


def refusal(address: Address, allowed: Iterable[Network]) -> str | None:
    """Say why an address may not be reached; None if it may.

    Args:
        address: The very one that would be connected to. Its zone, if it has one, does not matter.
        allowed: Ranges that the operator has opened.

    Returns:
        What kind of address it is, to follow "which is".

    >>> refusal(IPv6Address("::ffff:127.0.0.2"), ())
    'this machine (loopback)'
    """
    opened = tuple(allowed)
    if _within(address, opened):
        return None
    if isinstance(address, IPv6Address):
        inner = next(_inside(address), None)
        if inner is not None and any(address in prefix for prefix in SPELLINGS):
            return refusal(inner, opened)
        for hidden in _inside(address):
            kind = _special(hidden)
            if kind is not None:
                return kind
    return _special(address)


def _within(address: Address, networks: Iterable[Network]) -> bool:
    return any(address.version == network.version and address in network for network in networks)


def _special(address: Address) -> str | None:
    kind = next((kind for network, kind in SPECIAL if _within(address, (network,))), None)
    if kind is None and isinstance(address, IPv6Address) and address not in UNICAST:
        return "no public address"
    return kind


def _inside(address: IPv6Address) -> Iterator[IPv4Address]:
    """Give the IPv4 addresses that an IPv6 address carries."""
    number = int(address)
    low = number & 0xFFFFFFFF
    if any(address in prefix for prefix in SPELLINGS) or (address in COMPATIBLE and low > 1):
        yield IPv4Address(low)
    elif address in SIX_TO_FOUR:
        yield IPv4Address(number >> 80 & 0xFFFFFFFF)
    elif address in TEREDO:
        yield IPv4Address(low ^ 0xFFFFFFFF)
        yield IPv4Address(number >> 64 & 0xFFFFFFFF)
    elif number >> 32 & 0xFFFFFFFF in ISATAP:
        yield IPv4Address(low)
