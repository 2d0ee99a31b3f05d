"""What of a server's answers is believed at once, and what only when it has been said again. Pure.

Three answers change how a source is asked from then on, and each is given by mistake, too: "not modified"
for ever (a broken cache), "moved for good" (a login page, a lapsed domain), "gone for good" (a bad deploy).
So the first is checked now and then with a request without conditions, and the other two have to be said
again over days before they count.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from feeds.memory import Trust

UNCHANGED = 20
"""So many answers "not modified" in a row before one may be doubted: a rarely polled source is not."""
BELIEVED, MOST_BELIEVED, LEAST_BELIEVED = 7, 28, 1
"""Days for which "not modified" is believed: at first, after it proved true, after it proved false."""
MOVES, MOVED = 3, timedelta(days=3)
"""A move counts when so many answers in a row told it, over so long."""
GONE = timedelta(days=1)
"""So long a source has to answer 410, and nothing else, until it is asked no more."""
STRANDED = 5
"""After so many failures in a row at the new address, the listed one is asked again."""


def address(trust: Trust, listed: str | None) -> str | None:
    """Say where to ask: where the source moved, unless config.yaml lists another address since.

    Args:
        trust: Of the source.
        listed: Its address in config.yaml; None for a source without one.
    """
    return trust.address if trust.address is not None and trust.listed == listed else listed


def twins(asked: Iterable[tuple[str, str, Trust | None]]) -> Mapping[str, tuple[str, ...]]:
    """Find sources that are one: asked at one address, or sent there for good.

    Args:
        asked: Of each source its name, its address in config.yaml, and what is believed; None before a poll.

    Returns:
        For each that has any the names of the others, in the order given.
    """
    where: defaultdict[str, list[str]] = defaultdict(list)
    for name, listed, trust in asked:
        told = trust or Trust()
        where[told.moving_to or address(told, listed) or listed].append(name)
    return {
        name: tuple(other for other in names if other != name)
        for names in where.values()
        if len(names) > 1
        for name in names
    }


def conditional(trust: Trust, now: datetime) -> bool:
    """Say whether the next request may be conditional; if not, the document is wanted in any case."""
    if trust.whole is None or trust.unchanged < UNCHANGED:
        return True
    return now - trust.whole < timedelta(days=trust.believed)


def not_modified(trust: Trust) -> Trust:
    """Note an answer 304."""
    return replace(trust, unchanged=trust.unchanged + 1)


def modified(trust: Trust, now: datetime, *, doubted: bool, same_tag: bool, same_body: bool) -> Trust:
    """Note that the document came whole.

    Args:
        trust: Before.
        now: The moment of the poll.
        doubted: Whether it was asked for without conditions only to check answers before.
        same_tag: Whether its validators are those we know.
        same_body: Whether its bytes are those we know.

    Returns:
        With "not modified" believed for longer if it proved true, and for a day if a changed document came
        under the validators that were called unchanged.
    """
    believed = trust.believed
    if doubted and same_tag:
        believed = min(believed * 2, MOST_BELIEVED) if same_body else LEAST_BELIEVED
    return replace(trust, whole=now, unchanged=0, believed=believed)


def settled(trust: Trust, listed: str | None, told: str | None, now: datetime) -> Trust:
    """Note where a poll that brought a feed was sent for good.

    Args:
        trust: Before.
        listed: The address in config.yaml.
        told: Where permanent redirects alone led; None if there were none.
        now: The moment of the poll.

    Returns:
        With ``address`` set once the move is confirmed.
    """
    if trust.gone_since is not None or trust.ended:
        trust = replace(trust, gone_since=None, ended=False)
    if trust.address is not None and trust.listed != listed:
        trust = replace(trust, address=None, listed=None)
    if told is None or listed is None:
        # Nearly always nothing changes, and a copy costs more than a look.
        still = trust.moving_to is None and trust.moving_since is None and not trust.moving
        return trust if still else replace(trust, moving_to=None, moving_since=None, moving=0)
    if told != trust.moving_to or trust.moving_since is None:
        return replace(trust, moving_to=told, moving_since=now, moving=1)
    trust = replace(trust, moving=trust.moving + 1)
    if trust.moving < MOVES or now - (trust.moving_since or now) < MOVED:
        return trust
    kept = replace(trust, moving_to=None, moving_since=None, moving=0)
    if told == listed:
        # It is sent back to where it is listed: then that is its address again.
        return replace(kept, address=None, listed=None)
    return replace(kept, address=told, listed=listed)


def failed(trust: Trust, now: datetime, *, failures: int, gone: bool) -> Trust:
    """Note a failed poll.

    Args:
        trust: Before.
        now: The moment of the poll.
        failures: In a row, this one included.
        gone: Whether the answer was 410.

    Returns:
        With ``ended`` set once "gone" is confirmed; with the listed address again where the new one fails.
    """
    trust = replace(trust, moving_to=None, moving_since=None, moving=0)
    if trust.address is not None and (gone or failures >= STRANDED):
        return replace(trust, address=None, listed=None, gone_since=None)
    if not gone:
        return replace(trust, gone_since=None, ended=False)
    since = trust.gone_since or now
    return replace(trust, gone_since=since, ended=now - since >= GONE)
