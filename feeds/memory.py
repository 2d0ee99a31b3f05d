"""What the store remembers between runs: entries, the state of sources, what hosts taught us.

Frozen values like those of ``model``, of which they are made. Instants are aware and in UTC.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from feeds.model import Entry, Feed, Text, Validators

LEFT_OUT = "left_out"
"""The note that says of files why they were refused, or which entries they are without and why."""

UNSTABLE = 3
"""Other ids once mean that a source moved; twice within four polls, that it gives new ones always."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """An entry as the store remembers it.

    Attributes:
        entry: With ``updated`` set. None of an entry that is remembered only so that it does not come back
            (expired by ``keep``).
        source, id, native_id: As in the entry; here too because they outlive it.
        url: The entry's page.
        first_seen: When we met it; never changes.
        sort_key: Its place in every output; fixed at first sight.
        fingerprint: Hash of its significant text; equal hashes mean that ``updated`` does not move.
        backlog: Its rank, the newest is 0, among all that the first document of its source brought; None of
            what came later.
        held: Whether it came in a flood and is held back from every output; False if that was undone, None if
            it never was.
    """

    source: str
    id: str
    native_id: str | None
    url: str | None
    entry: Entry | None
    first_seen: datetime
    sort_key: datetime
    fingerprint: str
    backlog: int | None = None
    held: bool | None = None


class Known(NamedTuple):
    """An entry in its place in the order, of which nothing else was read: whoever asked knows the rest."""

    source: str
    id: str


class Heading(NamedTuple):
    """What stands on the outside of a source: as ``SourceState`` says, and what its feed calls itself.

    Attributes:
        revision: As in ``SourceState``.
        kind: Likewise.
        title: Of the feed, as it came; None if it has none.
        site_url: Of the page that it belongs to; None likewise.
    """

    revision: int
    kind: str | None
    title: str | None
    site_url: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Trust:
    """How far the answers are believed that change how a source is asked (``trust``).

    Attributes:
        whole: When the document last came whole; None before the first.
        unchanged: Answers "not modified" in a row since.
        believed: Days for which they are believed.
        moving_to: Where permanent redirects lead, not yet confirmed; None if there are none.
        moving_since: The first of the answers in a row that said so. moving: How many there were.
        address: Where it is asked instead of its listed address; None if it has not moved.
        listed: The address in config.yaml that it moved from; another one there voids the move.
        gone_since: The first 410 of those in a row; None if the last answer was another.
        ended: Whether it is asked no more, because it said over a day that it is gone.
        plain: Whether its last document came over http although it is asked over https.
    """

    whole: datetime | None = None
    unchanged: int = 0
    believed: int = 7
    moving_to: str | None = None
    moving_since: datetime | None = None
    moving: int = 0
    address: str | None = None
    listed: str | None = None
    gone_since: datetime | None = None
    ended: bool = False
    plain: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Spacing:
    """What a host taught us about how often it may be asked (``fetch.manners``).

    Attributes:
        host: Its name, or that of the service it belongs to.
        gap: Least time between two requests.
        until: It asked to be left alone until then; None if it did not.
    """

    host: str
    gap: timedelta
    until: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Robots:
    """What a site asks of programs: its robots.txt as we know it (RFC 9309).

    Attributes:
        origin: Scheme, host and port, as in ``https://a.example``.
        rules: The text; empty: there is none, so nothing is asked. None before the first answer.
        at: When that was answered; None before.
        tried: When it was asked last.
        failing: Since when it cannot be had; None if it was the last time.
        problem: Why it could not be had the last time, in a sentence; None if it could.
    """

    origin: str
    rules: str | None = None
    at: datetime | None = None
    tried: datetime
    failing: datetime | None = None
    problem: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class FullText:
    """What became of the search for an entry's full text.

    Attributes:
        id: Of the entry, as its source says.
        said: Fingerprint of what its source said of it then.
        text: HTML; None if it was not had.
        tries: How often it was asked for in vain.
        due: From when it may be asked for again; None: no more.
        problem: Why it was not had, in words without a time; None if it was, or was not asked for yet.
    """

    id: str
    said: str
    text: Text | None = None
    tries: int = 0
    due: datetime | None = None
    problem: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Spare:
    """What of a source's document need not be read again as long as its text stays the same.

    Attributes:
        context: Hash of all that its entries were read by, but their own texts.
        packed: Of each such entry 16 bytes: the hash of its text, and that of its id.
    """

    context: bytes
    packed: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceState:
    """What the store remembers of a source between polls.

    Attributes:
        name: As in config.yaml.
        kind: How its bytes were read last; None before the first success.
        validators: To echo.
        body_hash: SHA-256 (hex) of the last body that was read whole; None before.
        reading: Hash of the settings it was read with; another hash voids ``validators`` and ``body_hash``.
        feed: What it said of itself, without entries; None before the first success.
        polled: Start of the last poll; None before the first. succeeded: of the last that worked.
        changed: Of the last that brought something new.
        due: From when it may be polled; None means at once.
        failures: Failed polls since the last success. error: The last one's sentence; None after a success.
        error_class: Its class name, for programs.
        status: Last HTTP status; None if there was no answer, or the kind has none.
            trust: How far its server's answers are believed.
            rhythm: What ``cadence`` learned of it, in a text of its own; None before it learned.
            wait: Seconds that were chosen between the last poll and ``due``; None before the first.
        entries: How many entries are remembered with their text.
        revision: Grows by one whenever an entry of it is added, changed or leaves.
        begun: First sight of its first entries; None before it had any.
        reissues: Grows by two at each poll at which most known entries came under other ids than before, and
            falls by one at each at which they did not; from ``UNSTABLE`` on, its ids tell nothing.
        said: Pairs of our id of an entry and the id under which it came last; of a few, and only of such as
            did not come under their own.
    """

    name: str
    kind: str | None = None
    validators: Validators = field(default_factory=Validators)
    body_hash: str | None = None
    reading: str | None = None
    feed: Feed | None = None
    polled: datetime | None = None
    succeeded: datetime | None = None
    changed: datetime | None = None
    due: datetime | None = None
    failures: int = 0
    error: str | None = None
    error_class: str | None = None
    status: int | None = None
    trust: Trust = Trust()
    wait: float | None = None
    rhythm: str | None = None
    entries: int = 0
    revision: int = 0
    begun: datetime | None = None
    reissues: int = 0
    said: tuple[tuple[str, str], ...] = ()

    @property
    def unstable(self) -> bool:
        """Whether the source calls its entries by other ids again and again."""
        return self.reissues >= UNSTABLE
