"""The words: frozen values that travel from stage to stage.

Atom (RFC 4287) is the model; every other format is translated into it once, at the door (``sources/``).
``None`` means "the source did not say"; an empty string never does. Instants are aware and in UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Precision(StrEnum):
    """How exactly a source told a time."""

    YEAR = "year"
    MONTH = "month"
    DAY = "day"
    MINUTE = "minute"
    SECOND = "second"


class DateOrigin(StrEnum):
    """Who says that time."""

    DECLARED = "declared"
    INFERRED = "inferred"
    """Read from something else than a date element: a file's name, the text."""
    FIRST_SEEN = "first_seen"
    """Nobody said; it is the moment when we met the entry, or noticed the change."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Moment:
    """A time as precise as it was told.

    Attributes:
        instant: Aware, UTC. For a bare day, month or year: its midnight in the source's zone.
        offset: Minutes east of UTC that the source wrote, or its zone had; None if unknown (then UTC).
        precision: What of ``instant`` was told.
        origin: Who says so.
        raw: The text as the source wrote it; None if there was none.
    """

    instant: datetime
    offset: int | None = None
    precision: Precision = Precision.SECOND
    origin: DateOrigin = DateOrigin.DECLARED
    raw: str | None = None


class TextType(StrEnum):
    """How to read a text's value."""

    PLAIN = "plain"
    HTML = "html"


@dataclass(frozen=True, kw_only=True, slots=True)
class Text:
    """A text that may carry markup.

    Attributes:
        value: Never empty. Free of characters that XML forbids; HTML is sanitized and its addresses absolute.
        type: ``plain`` is to be shown literally, ``html`` is a fragment.
        language: BCP 47 tag if it differs from the entry's; None otherwise.
    """

    value: str
    type: TextType = TextType.PLAIN
    language: str | None = None


class Role(StrEnum):
    """What a person did for an entry."""

    AUTHOR = "author"
    EDITOR = "editor"
    REPORTER = "reporter"
    CORRESPONDENT = "correspondent"
    PHOTOGRAPHER = "photographer"
    TRANSLATOR = "translator"
    CONTRIBUTOR = "contributor"
    PUBLISHER = "publisher"


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """Somebody named as having made an entry; at least one of name, email, uri is set."""

    name: str | None = None
    email: str | None = None
    uri: str | None = None
    role: Role = Role.AUTHOR
    role_raw: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Credit:
    """An agency, photo or source credit: who the material is from, which is not who wrote it.

    Attributes:
        kind: ``agency``, ``photo`` or ``source``.
        code: Lower-case short name of a known agency (dpa, sda, afp, reuters, ap ...); None if unknown.
        name: The name to show.
        raw: The words that say so.
    """

    kind: str
    code: str | None = None
    name: str
    raw: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Category:
    """A label of an entry (RFC 4287, 4.2.2)."""

    term: str
    scheme: str | None = None
    label: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """A link (RFC 4287, 4.2.7). ``href`` is absolute http(s); ``length`` is in bytes."""

    href: str
    rel: str = "alternate"
    type: str | None = None
    hreflang: str | None = None
    title: str | None = None
    length: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Media:
    """A file belonging to an entry: ``length`` in bytes, sizes in pixels, ``duration`` in seconds."""

    url: str
    type: str | None = None
    length: int | None = None
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    title: str | None = None
    credit: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Podcast:
    """What podcast feeds say of an episode (itunes and podcast namespaces)."""

    duration: float | None = None
    episode: int | None = None
    season: int | None = None
    episode_type: str | None = None
    explicit: bool | None = None
    transcript: str | None = None
    chapters: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Origin:
    """The feed an entry came from, as it was when the entry came; becomes atom:source (RFC 4287, 4.2.11).

    Attributes:
        id: The feed's permanent URI.
        title: Plain text.
        self_url: Where the feed is; None if unknown or if the address holds a secret.
        site_url: The page it belongs to.
        icon: Address of a small picture.
        updated: The feed's own date.
        language: BCP 47.
        rights: Plain text.
    """

    id: str
    title: str | None = None
    self_url: str | None = None
    site_url: str | None = None
    icon: str | None = None
    updated: datetime | None = None
    language: str | None = None
    rights: str | None = None


class IdOrigin(StrEnum):
    """What an entry's id was made from."""

    DECLARED = "declared"
    """The source's own URI, kept as it is."""
    NATIVE = "native"
    """A tag: URI (RFC 4151) minted from the source's own id, which is no URI or not its alone."""
    LINK = "link"
    PATH = "path"
    TEXT = "text"


class TitleOrigin(StrEnum):
    """Where a title comes from."""

    DECLARED = "declared"
    DERIVED = "derived"


class LanguageOrigin(StrEnum):
    """Who says that language."""

    DECLARED = "declared"
    CONFIGURED = "configured"
    DETECTED = "detected"


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """One thing we decided about an entry, and why, for ``feeds explain``.

    Attributes:
        topic: id, date, title, language, ...
        reason: One sentence in the present tense, without a time of ours in it.
    """

    topic: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One post, episode, message (RFC 4287, 4.1.2).

    Attributes:
        source: Name of the source in config.yaml.
        id: Our permanent URI of it; absolute.
        native_id: What the source called it; None if it did not.
        id_origin: What ``id`` was made from.
        url: The page to open; absolute http(s). None for an article without a page.
        links: Further links (related, via, replies, ...), never the enclosures, never a copy of ``url``.
        title: None only if there is nothing to derive one from.
        title_origin: Whether the source gave the title.
        summary, content: The short text, the full text.
        published, updated: First appearance, last significant change; behind ``dedupe``, ``updated`` is set.
        people: Authors first, in the source's order.
        language: BCP 47 of title and texts.
        in_reply_to: Id or address of the entry this one answers (RFC 4685).
        license: Address of a licence; ``rights`` is a sentence for people.
        origin: The feed it came from; an upstream planet's ``atom:source`` is kept.
        extra: Sorted pairs of what the model has no word for (``georss:point``, ...).
        decisions: What we decided, in order.
    """

    source: str
    id: str
    native_id: str | None = None
    id_origin: IdOrigin = IdOrigin.DECLARED
    url: str | None = None
    links: tuple[Link, ...] = ()
    title: Text | None = None
    title_origin: TitleOrigin = TitleOrigin.DECLARED
    summary: Text | None = None
    content: Text | None = None
    published: Moment | None = None
    updated: Moment | None = None
    people: tuple[Person, ...] = ()
    credits: tuple[Credit, ...] = ()
    categories: tuple[Category, ...] = ()
    language: str | None = None
    language_origin: LanguageOrigin | None = None
    enclosures: tuple[Media, ...] = ()
    image: Media | None = None
    rights: Text | None = None
    license: str | None = None
    comments_url: str | None = None
    in_reply_to: str | None = None
    podcast: Podcast | None = None
    origin: Origin | None = None
    extra: tuple[tuple[str, str], ...] = ()
    decisions: tuple[Decision, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Tombstone:
    """The mark of a withdrawn entry (RFC 6721): the id it had, when it was withdrawn, and why."""

    id: str
    when: datetime | None = None
    reason: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Withdrawal:
    """A tombstone that is in force here.

    Attributes:
        id: Of the entry, as it was published.
        source: Who withdrew it; empty: the operator, for whatever source.
        when: Since when; not in the future.
        reason: For readers; None if there is none.
    """

    id: str
    source: str
    when: datetime
    reason: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Feed:
    """What a document says, in our model; also what we publish.

    Attributes:
        id: Permanent URI.
        links: With ``rel`` self, alternate, hub, next, ...; absolute.
        updated: Declared by the source; of our own outputs always the newest entry's ``updated``.
        ttl: Minutes that the source asks between polls (RSS 2.0).
        skip_hours: Hours of the day in UTC, 0 to 23. skip_days: 0 is Monday.
        update_period: Seconds between changes as ``sy:updatePeriod`` over ``sy:updateFrequency``.
        entries: In the document's order; of our outputs newest first.
        withdrawn: Entries that the source took back.
        truncated: Whether the document ended too early, so that entries may be missing.
        archive: Whether it is a closed page of an archive (RFC 5005, section 4); of our outputs only.
        separable: Whether each entry was read by itself, so that without one of them the others
            would be the same; of what ``sources`` read only, never remembered.
        complete: Whether there are no further entries (RFC 5005, section 2); of our outputs only.
        decisions: What we decided about the document as a whole: a file of a folder that was left out, ...
    """

    id: str
    title: Text | None = None
    subtitle: Text | None = None
    links: tuple[Link, ...] = ()
    icon: str | None = None
    logo: str | None = None
    language: str | None = None
    rights: Text | None = None
    updated: Moment | None = None
    ttl: int | None = None
    skip_hours: frozenset[int] = frozenset()
    skip_days: frozenset[int] = frozenset()
    update_period: int | None = None
    people: tuple[Person, ...] = ()
    categories: tuple[Category, ...] = ()
    entries: tuple[Entry, ...] = ()
    withdrawn: tuple[Tombstone, ...] = ()
    truncated: bool = False
    archive: bool = False
    complete: bool = False
    separable: bool = field(default=False, compare=False)
    decisions: tuple[Decision, ...] = ()

    def link(self, rel: str) -> str | None:
        """Give the address of the first link with that ``rel``; None if there is none."""
        return next((link.href for link in self.links if link.rel == rel), None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Validators:
    """What a conditional request echoes, byte for byte (RFC 9110, 8.8). None: the server gave none."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """What a server, or a folder, answered.

    Attributes:
        url: Address after all redirects; a file: address for local kinds. Base of relative links.
        headers: Lower-case names; a repeated header's values joined with a comma.
        body: Decoded bytes (no content coding left).
        status: HTTP status; 200 for local kinds.
        validators: To echo at the next request.
        moved_to: Where permanent redirects (301, 308) alone lead; None if there were none.
    """

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes
    status: int = 200
    validators: Validators = Validators()
    moved_to: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class NotModified:
    """The document is as it was at the last poll: an answer, not an error.

    Attributes:
        headers: As in ``Document``; a 304 may carry new caching headers (RFC 9110, 15.4.5).
        validators: Those of the 304 where it gave any, else those that were sent.
        moved_to: As in ``Document``.
    """

    headers: Mapping[str, str] = field(default_factory=dict)
    validators: Validators = Validators()
    moved_to: str | None = None
