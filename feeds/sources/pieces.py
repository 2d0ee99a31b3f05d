"""A document as its head, its entries as they are written, and its end: so that known entries are not read.

Nothing is parsed here. Parted is only what is plain: UTF-8, no DOCTYPE, nothing but entries between the first
and the last, none within another. Anything else is read whole. ``docs/cost.md`` says why a document that lost
known entries here is read as if it had not.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from feeds.model import Document
from feeds.normalize.dialect import NAMESPACE
from feeds.sources.bounds import COUNTED, MARKUP, MAX_ENTRIES, REPEATED, TAGS, weight_of
from feeds.sources.charset import is_utf8
from feeds.sources.prefixes import RSS_1_1, WELL_KNOWN
from feeds.sources.repair import root_of

Span = tuple[int, int]

VERSION = b"1"
"""Raise it when documents are parted by other rules: what is known of them is void then."""

EDGE = re.compile(r"<(?:(/?)(item|entry)(?=[\s/>])|[!?])")
# A whole entry, where nothing is unusual in it: what ``_spans`` finds edge by edge, at once.
ENTRY = re.compile(
    r"<(item|entry)(?:\s[^<>]*+)?+(?<!/)>"
    r"(?:[^<]++|<!\[CDATA\[[^\]]*+(?:\](?!\]>)[^\]]*+)*+\]\]>|<(?!/?(?:item|entry)[\s/>]|[!?]))*+</\1\s*+>"
)
PROLOG = re.compile(r"(?:\s*+(?:<\?.*?\?>|<!--.*?-->))*+\s*+", re.DOTALL)
BETWEEN = re.compile(r"(?:\s++|<!--.*?-->)*+", re.DOTALL)
END = re.compile(r"(?:\s++|<!--.*?-->|</[\w.:-]++\s*+>)*+", re.DOTALL)
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
SECTION = re.compile(r"(<!\[CDATA\[.*?\]\]>)", re.DOTALL)
# What changes in a head with each new entry, and says nothing of the others: dates, and the list of RSS 1.0.
DATE = re.compile(
    r"(<((?:[\w.-]++:)?(?:lastBuildDate|pubDate|updated|modified|date|published))(?:\s[^<>]*+)?>)[^<]*+(?=</\2\s*>)"
)
LISTED = re.compile(r'<(?:rdf:)?li\s++(?:rdf:)?resource="[^"<>]*+"\s*+/>')
# These are looked for in the whole text, wherever they stand.
ANYWHERE = re.compile(r"skiphours|skipdays|deleted-entry", re.IGNORECASE)
DECLARATION = re.compile(r"xmlns(?!=[\"']http://www\.w3\.org/1999/xhtml[\"'])")


@dataclass(frozen=True, kw_only=True, slots=True)
class Parted:
    """A document that is plain enough to be read in part.

    Attributes:
        text: The whole of it.
        spans: Where each entry begins and ends.
        hashes: Of each entry as it is written; 8 bytes.
        context: Hash of all that an entry may be read by but its own text; 16 bytes.
    """

    text: str
    spans: tuple[Span, ...]
    hashes: tuple[bytes, ...]
    context: bytes

    @property
    def head(self) -> str:
        """All before the first entry."""
        return self.text[: self.spans[0][0]]

    def only(self, places: Iterable[int]) -> str:
        """Give the document with these entries alone, by their places."""
        entries = (self.text[slice(*self.spans[place])] for place in places)
        return "".join((self.head, *entries, self.text[self.spans[-1][1] :]))


def part(document: Document, *settings: str) -> Parted | None:
    """Part a document into its entries; None if it has to be read whole.

    Args:
        document: As fetched.
        settings: What else decides how it is read.
    """
    if not is_utf8(document.body, document.headers):
        return None
    text = document.body.decode("utf-8-sig")
    root = root_of(text)
    if root is None or PROLOG.fullmatch(text, 0, root[1]) is None or not _light(text):
        return None
    spans = _spans(text, root[1])
    if not spans or len(spans) > MAX_ENTRIES:
        return None
    last = spans[-1][1]
    gaps = ((one, other) for one, other in pairwise(spans) if not text[one[1] : other[0]].isspace())
    if any(end != start and BETWEEN.fullmatch(text, end, start) is None for (_, end), (start, _) in gaps):
        return None
    if END.fullmatch(text, last) is None:
        return None
    around = (_lasting(text[: spans[0][0]]), COMMENT.sub("", text[last:]))
    told = (document.headers.get(name, "") for name in ("content-location", "content-language"))
    context = "\0".join((*settings, document.url, *told, *around))
    return Parted(
        text=text,
        spans=tuple(spans),
        hashes=tuple([_hash(text[start:end]) for start, end in spans]),
        context=hashlib.blake2b(VERSION + context.encode(), digest_size=16).digest(),
    )


def without(document: Document, parted: Parted, places: Sequence[int]) -> Document | None:
    """Give the document with the entries at these places alone; None if it has to be read whole."""
    if not _apart(parted, [parted.spans[place] for place in places]):
        return None
    less = replace(document, body=parted.only(places).encode())
    # Its first bytes are others, and what seems to declare a character set there counts.
    return less if is_utf8(less.body, less.headers) else None


def separable(parted: Parted) -> bool:
    """Say whether no entry of a document can change how another is read."""
    head = parted.head
    if ANYWHERE.search(head) and "deleted-entry" in head:
        return False
    return sum(1 for _ in COUNTED.finditer(head)) <= REPEATED and _apart(parted, parted.spans)


def key(text: str) -> bytes:
    """Give what an id is known by; 8 bytes."""
    return _hash(text)


def _hash(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=8).digest()


def _light(text: str) -> bool:
    """Say whether a document is far from all bounds, and holds nothing that counts wherever it stands."""
    if text.count("<") > MARKUP or weight_of(text) > TAGS:
        return False
    return f'="{NAMESPACE}"' not in text and "<rss:" not in text and RSS_1_1 not in text


def _spans(text: str, at: int) -> list[Span] | None:
    """Find the entries; None if one is in another, or without an end, or empty, or if there is a DOCTYPE."""
    spans: list[Span] = []
    begun, name = -1, ""
    while (match := EDGE.search(text, at)) is not None:
        at = match.end()
        if begun < 0 and (whole := ENTRY.match(text, match.start())) is not None:
            spans.append(whole.span())
            at = whole.end()
            continue
        if match[2] is None:
            behind = _behind(text, match.start())
            if behind is None:
                return None
            at = behind
            continue
        close = text.find(">", at)
        if close < 0 or text[close - 1] == "/" or bool(match[1]) != (begun >= 0):
            return None
        if match[1]:
            if match[2] != name or text[at:close].strip():
                return None
            spans.append((begun, close + 1))
            begun = -1
        else:
            begun, name = match.start(), match[2]
        at = close + 1
    return spans if begun < 0 else None


def _behind(text: str, start: int) -> int | None:
    """Pass over a section or a comment; None for all else that begins with ``<!`` or ``<?``."""
    if text.startswith("<![CDATA[", start):
        end = text.find("]]>", start)
    elif text.startswith("<!--", start):
        end = text.find("-->", start + 4)
        if "<![CDATA[" in text[start:end]:
            return None
    else:
        return None
    return end + 3 if end >= 0 else None


def _lasting(head: str) -> str:
    """Leave out of a head what changes with each new entry."""
    pieces = SECTION.split(head)
    if len(pieces) == 1:
        head = COMMENT.sub("", head)
        pieces = [head]
    pieces[::2] = [DATE.sub(r"\1", LISTED.sub("", piece)) for piece in pieces[::2]]
    return "".join(pieces)


def _apart(parted: Parted, spans: Sequence[Span]) -> bool:
    """Say whether these entries hold nothing that tells how others are read, or counts together with them."""
    if not spans:
        return True
    head = parted.head
    undeclared = [f"<{prefix}:" for prefix in WELL_KNOWN if f"xmlns:{prefix}" not in head]
    return all(_alone(parted.text[start:end], undeclared) for start, end in spans)


def _alone(entry: str, undeclared: Sequence[str]) -> bool:
    if "xmlns" in entry and DECLARATION.search(SECTION.sub("", entry)):
        return False
    if any(prefix in entry for prefix in undeclared) or ANYWHERE.search(entry):
        return False
    return entry.count("<") <= REPEATED or sum(1 for _ in COUNTED.finditer(entry)) <= REPEATED


Known = Mapping[bytes, bytes]
"""Of each entry that need not be read again: the hash of its text, and the key of its id."""


def pack(known: Known) -> bytes:
    """Write what is known, 16 bytes an entry."""
    return b"".join(one + two for one, two in known.items())


def unpack(packed: bytes) -> Known:
    """Read it again."""
    return {packed[at : at + 8]: packed[at + 8 : at + 16] for at in range(0, len(packed) - 15, 16)}
