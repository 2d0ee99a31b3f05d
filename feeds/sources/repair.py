"""Text -> XML that feedparser reads without losing or inventing anything.

What stands here is what the real world does to XML, and what feedparser does to well-formed feeds: some
elements overwrite others, an id that is no link is resolved like one, an attribute makes it drop the text.
Such elements get names of ours (``RENAMED``) before it sees them. No entry is touched but for that.
"""

from __future__ import annotations

import html.entities
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from zoneinfo import ZoneInfo

from feeds.errors import ReadError
from feeds.normalize.chars import xml_safe
from feeds.normalize.dates import parse
from feeds.sources.bounds import MAX_ENTRIES, bearable, bounded, too_much_around, without
from feeds.sources.prefixes import declared
from feeds.sources.spans import BORDER, spans_of, without_middle

ENTITY_LENGTH = 1000
EXPANSION = 100_000

PROLOG = re.compile(r"\s*(?:<\?.*?\?>|<!--.*?-->)", re.DOTALL)
DOCTYPE = re.compile(r"\s*<!DOCTYPE\b([^\[>]*)", re.IGNORECASE)
SUBSET_END = re.compile(r"\"[^\"]*+\"?|'[^']*+'?|<!--(?:(?!-->).)*+(?:-->)?|\]\s*>", re.DOTALL)
ENTITY = re.compile(r"""<!ENTITY\s+([\w.-]+)\s+(?:"([^"]*)"|'([^']*)')\s*>""")
ROOT = re.compile(r"<((?:[\w.-]+:)?[A-Za-z_][\w.-]*)(?=[\s/>])")
FEED_ROOT = re.compile(r"<((?:[\w.-]+:)?(?:rss|feed|rdf))(?=[\s>])[^<>]*>", re.IGNORECASE)

DATE = re.compile(r"<(?:[\w.-]+:)?(?:pubDate|published|issued|date|updated)(?:\s[^<>]*)?>([^<]{4,60})<")
PAIR = re.compile(r"&#(?:[xX]([dD][89abAB]\w\w)|(5[56]\d\d\d));&#(?:[xX]([dD][c-fC-F]\w\w)|(5[67]\d\d\d));")
BYTES = re.compile(r"(?:&#(?:[xX][89a-fA-F][0-9a-fA-F]|1(?:2[89]|[3-9]\d)|2[0-4]\d);){2,}")
# feedparser takes any scheme that it knows for a base; an address on the web is relative to the web only.
BASE = re.compile(r"\sxml:base\s*=\s*([\"'])\s*(?!https?:)[A-Za-z][A-Za-z0-9+.-]*:[^\"'<>]*\1")
# All but those that XML knows.
REFERENCE = re.compile(
    r"&(?!(?:lt|gt|amp|quot|apos);)(?:#[xX]([0-9a-fA-F]*);?|#([0-9]*);?|([A-Za-z_][\w.-]*);)?"
)
NUMERIC = re.compile(r"&#(?:[xX]([0-9a-fA-F]*)|([0-9]*));?")

# Names of ours for elements that feedparser would lose or confuse:
# - an itunes or media summary, title, subtitle overwrites the item's own;
# - so do a title, description and rights of Dublin Core, a description even becomes the content;
# - dc:date becomes "updated", though it tells when the item appeared (RSS 1.0 has nothing else);
# - itunes:explicit is read as "yes" and "clean" only, today's feeds say "true" and "false";
# - a guid or id is resolved against the feed's address, which makes another id of it.
RENAMED = re.compile(
    r"<(/?)(?:(itunes|media|dc|dcterms):(summary|subtitle|title|explicit|description|date|valid|rights)"
    r"|((?:[\w.-]+:)?)(guid|id))(?=[\s/>])([^<>]*)>",
    re.IGNORECASE,
)
PREFIXED = re.compile(r"(</?|\s)rss:(?=[A-Za-z])")
# - the last letters of a mail address are cut off where its domain ends in more than four; within a "name",
#   an author's text is left alone.
AUTHOR = re.compile(
    r"(<((?:dc:|itunes:)?(?:author|creator)|managingEditor)(?:\s[^<>]*)?>)(<!\[CDATA\[[^<>]*\]\]>|[^<>]*@[^<>]*)(</\2\s*>)",
    re.IGNORECASE,
)
# - of a link it takes the attribute "uri", if there is one, instead of the address.
LINK_URI = re.compile(r"(<link\b[^<>]*?)\suri\s*=\s*(?:\"[^\"<>]*\"|'[^'<>]*')", re.IGNORECASE)
NO_LINK = re.compile(r"=\s*[\"']\s*false", re.IGNORECASE)
LOST = frozenset(
    {
        *("itunes:summary", "itunes:subtitle", "itunes:explicit", "itunes:title", "media:title"),
        *("media:description", "dc:date", "dcterms:valid", "dc:title", "dc:description", "dc:rights"),
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Repaired:
    """A document that is fit for feedparser.

    Attributes:
        text: Without declaration and DOCTYPE.
        root: Local name of the root element, lower case.
        truncated: Whether the document had ended before its root element did. Only whole entries are left.
        left_out: How many entries are not in ``text`` because there are too many.
        too_large: Why each of some others is not: it is too large by itself.
    """

    text: str
    root: str
    truncated: bool = False
    left_out: int = 0
    too_large: tuple[str, ...] = ()


def root_of(text: str) -> tuple[str, int] | None:
    """Find the root element: its name as written, and where it begins; None if there is no element.

    Junk before the root of a feed (a server's warning) is passed over.
    """
    at, entities = _behind_prolog(text)
    del entities
    first = ROOT.search(text, at)
    if first is None:
        return None
    if local(first[1]) in {"br", "b", "p", "div", "font", "pre"} or text[at : first.start()].strip():
        later = FEED_ROOT.search(text, first.start())
        if later is not None and "xmlns" in later[0] + "xmlns" * (local(later[1]) == "rss"):
            return later[1], later.start()
    return first[1], first.start()


def local(name: str) -> str:
    """Give the local part of a qualified name in lower case."""
    return name.rpartition(":")[2].lower()


def _behind_prolog(text: str) -> tuple[int, dict[str, str]]:
    """Pass over declarations, comments and the DOCTYPE; give the entities that it declares."""
    at, declared = 0, dict[str, str]()
    while True:
        doctype = DOCTYPE.match(text, at)
        if doctype is not None:
            at = doctype.end()
            if text.startswith("[", at):
                end = next((m for m in SUBSET_END.finditer(text, at) if m[0].startswith("]")), None)
                if end is None:
                    return at, {}
                declared = _entities(text[at : end.end()])
                at = end.end()
            else:
                at += text.startswith(">", at)
        elif (match := PROLOG.match(text, at)) is not None:
            at = match.end()
        else:
            return at, declared


def _entities(subset: str) -> dict[str, str]:
    """Read the plain entities of a DTD: short, and made of no other entity, so that none can grow."""
    found: dict[str, str] = {}
    for match in ENTITY.finditer(subset):
        value = match[2] if match[2] is not None else match[3]
        if "&" not in NUMERIC.sub("", value) and "%" not in value and len(value) <= ENTITY_LENGTH:
            found.setdefault(match[1], value)
    return found


def repair(text: str, name: str, start: int) -> Repaired:
    """Make a feed's text fit for feedparser.

    Args:
        text: The whole document.
        name: The root's name as written.
        start: Where the root begins.

    Raises:
        ReadError: It holds more elements than are read, and no entry that does not.
    """
    entities = _behind_prolog(text[:start])[1] if "<!" in text[:start] else {}
    body, surplus = without_middle(xml_safe(text[start:]), name, MAX_ENTRIES)
    body = BASE.sub("", body)
    if "<rss:" in body and "xmlns:rss" not in body:
        # A prefix that nobody declared; seen in the wild, with "rss" as the root itself.
        body = PREFIXED.sub(r"\1", body)
        name = name.removeprefix("rss:")
    body = declared(LINK_URI.sub(r"\1", body) if " uri=" in body else body, name)
    body = bounded(body)
    spans, rest = spans_of(body, name)
    truncated = _ends_early(body, name, spans[-1][1] if spans else 0)
    if truncated:
        body = _cut(body, name, spans, rest)
    newest_last = len(spans) > 1 and _newest_last(body, spans)
    kept, too_large = bearable(body, spans[::-1] if newest_last else spans)
    if not kept and too_large:
        raise ReadError(f"the feed cannot be read: {too_large[0]}; its operator has to mend that")
    left_out = surplus + len(spans) - len(kept) - len(too_large)
    if len(kept) < len(spans):
        body = without(body, sorted(set(spans) - set(kept)))
        spans = spans_of(body, name)[0]
    if (why := too_much_around(without(body, spans))) is not None:
        raise ReadError(
            f"the feed cannot be read: outside of its entries, {why}; its operator has to mend that"
        )
    return Repaired(
        text=_rename(_mend_references(_placed(body, spans), entities), name),
        root=local(name),
        truncated=truncated,
        left_out=left_out,
        too_large=tuple(too_large),
    )


def _placed(body: str, spans: list[tuple[int, int]]) -> str:
    """Write into each entry which one it is, so that two readings of the document find each other.

    An entry within an entry is left out: it is no entry of this feed, and feedparser would take what follows
    for its own.
    """
    pieces: list[str] = []
    at = 0
    for place, (start, end) in enumerate(spans):
        tag = BORDER.match(body, start)
        if tag is not None and not tag[0].endswith("/>"):
            pieces += (body[at : tag.end()], f"<xplace>{place}</xplace>")
            at = tag.end()
            last = body.rfind("</", at, end)
            inner = spans_of(body[at:last], "")[0] if last > at else []
            for begun, ended in inner:
                pieces.append(body[at : tag.end() + begun])
                at = tag.end() + ended
    return "".join((*pieces, body[at:]))


def apart(repaired: Repaired) -> Iterator[str]:
    """Give the document once for each of its entries, with that entry alone."""
    text = repaired.text
    name = ROOT.match(text)
    spans = spans_of(text, name[1])[0] if name else []
    for start, end in spans:
        yield text[: spans[0][0]] + text[start:end] + text[spans[-1][1] :]


def _newest_last(body: str, spans: list[tuple[int, int]]) -> bool:
    """Say whether a document begins with its oldest entry."""
    ends = (DATE.search(body, *spans[0]), DATE.search(body, *spans[-1]))
    first, last = (parse(end[1], ZoneInfo("UTC")) if end else None for end in ends)
    return first is not None and last is not None and last.instant > first.instant


def _ends_early(body: str, name: str, last: int) -> bool:
    return re.compile(rf"</{re.escape(name)}\s*>", re.IGNORECASE).search(body, last) is None


def _cut(body: str, name: str, spans: list[tuple[int, int]], rest: int) -> str:
    """Keep what is whole of a document that ends early, and close it."""
    kept = body[: spans[-1][1]] if spans else body[:rest]
    if not spans:
        kept = kept[: kept.rfind(">") + 1]
        kept = kept[: _last_whole(kept)]
    opened = re.findall(r"<(/?)((?:[\w.-]+:)?channel)(?=[\s>])", kept, re.IGNORECASE)
    ends = "" if not opened or opened[-1][0] else f"</{opened[-1][1]}>"
    return f"{kept}{ends}</{name}>" if local(name) != "channel" else f"{kept}</{name}>"


def _last_whole(kept: str) -> int:
    """Say up to where a head without entries is whole: behind the last end tag."""
    last = None
    for match in re.finditer(r"</[\w.:-]+\s*>|/>", kept):
        last = match
    return last.end() if last else len(kept)


def _segments(body: str) -> Iterator[tuple[bool, str]]:
    """Part a document into CDATA sections and what stands between them."""
    at = 0
    while (start := body.find("<![CDATA[", at)) >= 0:
        yield False, body[at:start]
        end = body.find("]]>", start)
        if end < 0:
            yield True, body[start:] + "]]>"
            return
        yield True, body[start : end + 3]
        at = end + 3
    yield False, body[at:]


def _mend_references(body: str, entities: Mapping[str, str]) -> str:
    """Write every reference so that XML knows it: no bare "&", no HTML name, no impossible character."""
    if "&" not in body:
        return body
    room = EXPANSION

    def reference(match: re.Match[str]) -> str:
        nonlocal room
        hexadecimal, decimal, name = match.groups()
        if hexadecimal is not None or decimal is not None:
            return _numeric(hexadecimal, decimal)
        if name is None:
            return "&amp;"
        if name in entities:
            room -= len(entities[name])
            return _mend_references(entities[name], MappingProxyType({})) if room > 0 else ""
        character = html.entities.html5.get(name + ";")
        return f"&amp;{name};" if character is None else "".join(f"&#{ord(each)};" for each in character)

    def section(match: re.Match[str]) -> str:
        return _numeric(match[1], match[2]) if match[1] or match[2] else match[0]

    if "&#" in body:
        body = BYTES.sub(_decoded, PAIR.sub(_joined, body))
    return "".join(
        NUMERIC.sub(section, piece) if is_section else REFERENCE.sub(reference, piece)
        for is_section, piece in _segments(body)
    )


def _numeric(hexadecimal: str | None, decimal: str | None) -> str:
    digits = hexadecimal or decimal or "0"
    code = int(digits, 16 if hexadecimal else 10) if len(digits) <= 8 else 0
    fine = 0 < code <= 0x10FFFF and (code > 31 or code in {9, 10, 13}) and xml_safe(chr(code))
    return f"&#{code};" if fine else ""


def _decoded(match: re.Match[str]) -> str:
    """Read references to the bytes of UTF-8, one a byte; told by control characters, which nobody means."""
    found = (int(one[1], 16) if one[1] else int(one[2]) for one in NUMERIC.finditer(match[0]))
    raw = bytes(found)
    if not any(0x80 <= byte < 0xA0 for byte in raw):
        return match[0]
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return match[0]


def _joined(match: re.Match[str]) -> str:
    """Join the two halves of a character that somebody wrote as UTF-16."""
    high = int(match[1], 16) if match[1] else int(match[2])
    low = int(match[3], 16) if match[3] else int(match[4])
    if not (0xD800 <= high < 0xDC00 <= low < 0xE000):
        return ""
    return f"&#{0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)};"


def _rename(body: str, root: str) -> str:
    """Give names of ours to the elements that feedparser would lose or confuse (``RENAMED``)."""
    prefix = root.rpartition(":")[0]
    prefixes = {"", "atom:", "a10:", f"{prefix}:" if prefix else ""}

    def renamed(match: re.Match[str]) -> str:
        end, family, word, own, kind, attributes = match.groups()
        closed = "/" if attributes.rstrip().endswith("/") else ""
        if family:
            known = f"{family}:{word}".lower() in LOST
            return f"<{end}{family}:x{word.lower()}{closed}>" if known else match[0]
        if own not in prefixes:
            return match[0]
        permanent = kind.lower() == "guid" and not end and NO_LINK.search(attributes) is None
        return f"{'<xpermalink>1</xpermalink>' if permanent else ''}<{end}{own}xid{closed}>"

    return RENAMED.sub(renamed, AUTHOR.sub(r"\1<name>\3</name>\4", body))
