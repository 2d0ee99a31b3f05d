"""Judges published documents from outside: by schemas, a second XML parser and, if asked, an HTML parser.

Written to disagree with ``feeds.validity`` where it can: it shares no code with it.

    errors(body)               what makes it invalid
    errors(body, safe=True)    also active content in anything a feed reader would show
    judge(body, safe=True)     warnings too

The layers: ``wf`` well-formed for expat and libxml2; ``rng`` RELAX NG of RFC 4287; ``atom`` what RFC 4287
says beyond it; ``policy`` stricter than RFC 4287 on purpose; ``profile`` RSS best practices; ``jsonfeed``
the JSON schema of JSON Feed 1.1 and what no schema can say; ``safe`` active content.
"""

from __future__ import annotations

import calendar
import json
import re
import xml.parsers.expat
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
from judge_safety import json_dangers, xml_dangers
from lxml import etree

SCHEMAS = Path(__file__).parent / "schemas"
ATOM = "{http://www.w3.org/2005/Atom}"
RFC3339 = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)\Z", re.ASCII)
RFC822 = re.compile(
    r"((Mon|Tue|Wed|Thu|Fri|Sat|Sun), )?\d\d? (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4}"
    r" \d\d:\d\d(:\d\d)? ([+-]\d{4}|GMT|UT|[ECMP][SD]T|Z)\Z",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a judge has to say: which layer, ``error`` or ``warning``, a word for it, and more."""

    layer: str
    severity: str
    code: str
    message: str = ""

    def __str__(self) -> str:
        return f"{self.layer}:{self.code}: {self.message[:400]}"


def errors(body: bytes, *, safe: bool = False) -> list[str]:
    """Give what makes a document invalid, as sentences; empty if it is valid."""
    return [str(finding) for finding in judge(body, safe=safe) if finding.severity == "error"]


def judge(body: bytes, *, safe: bool = False) -> tuple[Finding, ...]:
    """Judge a document; what it is shows in its first bytes."""
    start = body[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    return tuple(_json(body, safe=safe) if start[:1] in (b"{", b"[") else _xml(body, safe=safe))


def error(layer: str, code: str, message: object = "") -> Finding:
    return Finding(layer, "error", code, str(message))


def warning(layer: str, code: str, message: object = "") -> Finding:
    return Finding(layer, "warning", code, str(message))


# XML ---------------------------------------------------------------------------------------------------


def _xml(body: bytes, *, safe: bool) -> Iterator[Finding]:
    if not body.strip():
        yield error("wf", "EmptyFile")
        return
    found = list(_well_formed(body))
    yield from found
    if any(finding.severity == "error" for finding in found):
        return
    root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True))
    if root.tag == f"{ATOM}feed":
        yield from _atom(root)
    elif root.tag == "rss":
        yield from _rss(root)
    elif root.tag != "opml":
        yield error("wf", "NotAFeed", root.tag)
    if safe:
        yield from (Finding("safe", *danger) for danger in xml_dangers(root))


def _well_formed(body: bytes) -> Iterator[Finding]:
    declared: list[str | None] = []
    doctypes: list[str] = []
    parser = xml.parsers.expat.ParserCreate(namespace_separator=" ")
    parser.StartDoctypeDeclHandler = lambda name, *_: doctypes.append(name)
    parser.XmlDeclHandler = lambda _version, encoding, _standalone: declared.append(encoding)
    try:
        parser.Parse(body, True)
    except (xml.parsers.expat.ExpatError, LookupError, ValueError) as broken:
        yield error("wf", "NotWellFormedExpat", broken)
    try:
        etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True))
    except (etree.XMLSyntaxError, ValueError, LookupError) as broken:
        yield error("wf", "NotWellFormedLibxml2", broken)
    if doctypes:
        yield error("wf", "DoctypeInOutput", doctypes)
    if any(encoding and encoding.upper() != "UTF-8" for encoding in declared):
        yield warning("wf", "EncodingNotUtf8", declared)
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as broken:
        yield error("wf", "NotUtf8Bytes", broken)
        return
    for code, characters in (
        ("Noncharacter", "[\ufffe\uffff\ufdd0-\ufdef]"),
        ("C1Control", "[\x7f-\x84\x86-\x9f]"),
    ):
        if match := re.search(characters, text):
            yield warning("wf", code, f"U+{ord(match[0]):04X}")


def _atom(root: etree._Element) -> Iterator[Finding]:
    schema = etree.RelaxNG(etree.parse(SCHEMAS / "atom-rfc4287.rng"))
    if not schema.validate(root):
        yield from (
            error("rng", entry.type_name, f"{entry.line}: {entry.message}") for entry in schema.error_log
        )
    entries = root.findall(f"{ATOM}entry")
    for entry in entries:
        yield from _atom_entry(entry, root)
    ids = Counter(entry.findtext(f"{ATOM}id") for entry in entries)
    yield from (error("policy", "DuplicateEntryId", value) for value, count in ids.items() if count > 1)
    if root.findtext(f"{ATOM}id") in ids:
        yield error("policy", "FeedIdReused", root.findtext(f"{ATOM}id"))
    for element in root.iter(f"{ATOM}id"):
        if not _is_iri(element.text or ""):
            yield error("atom", "IdNotAbsoluteIri", repr(element.text))
    for element in root.iter(f"{ATOM}updated", f"{ATOM}published"):
        if not _is_rfc3339(element.text or ""):
            yield error("atom", "BadRfc3339", repr(element.text))
    for part in root.iter(f"{ATOM}feed", f"{ATOM}entry", f"{ATOM}source"):
        yield from _atom_alternates(part)
    yield from _atom_feed(root, entries)


def _atom_feed(root: etree._Element, entries: list[etree._Element]) -> Iterator[Finding]:
    if not any(link.get("rel") == "self" for link in root.iterfind(f"{ATOM}link")):
        yield warning("atom", "NoSelfLink")
    dates = [entry.findtext(f"{ATOM}updated") or "" for entry in entries]
    own = root.findtext(f"{ATOM}updated") or ""
    if dates and all(date.endswith("Z") for date in (*dates, own)) and own < max(dates):
        yield warning("atom", "FeedOlderThanEntry", f"{own} < {max(dates)}")


def _atom_alternates(part: etree._Element) -> Iterator[Finding]:
    pairs = Counter(
        (link.get("type"), link.get("hreflang"))
        for link in part.iterfind(f"{ATOM}link")
        if link.get("rel", "alternate") == "alternate"
    )
    yield from (error("atom", "DuplicateAlternate", pair) for pair, count in pairs.items() if count > 1)


def _atom_entry(entry: etree._Element, root: etree._Element) -> Iterator[Finding]:
    name = entry.findtext(f"{ATOM}id")
    source = entry.find(f"{ATOM}source")
    if not any(part is not None and part.find(f"{ATOM}author") is not None for part in (entry, source, root)):
        yield error("atom", "NoAuthor", name)
    links = entry.findall(f"{ATOM}link")
    content = entry.find(f"{ATOM}content")
    if content is None:
        if not any(link.get("rel", "alternate") == "alternate" for link in links):
            yield error("atom", "NoAlternateNoContent", name)
        return
    if content.get("src") is not None:
        if entry.find(f"{ATOM}summary") is None:
            yield error("atom", "SrcWithoutSummary", name)
        if (content.text or "").strip() or len(content):
            yield error("atom", "SrcNotEmpty", name)
    elif content.get("type", "text") in ("text", "html") and len(content):
        yield error("atom", "MarkupInText", name)


def _rss(root: etree._Element) -> Iterator[Finding]:
    channel = root.find("channel")
    if channel is None:
        yield error("profile", "NoChannel")
        return
    if root.get("version") != "2.0":
        yield error("profile", "RssVersion", root.get("version"))
    if not any(link.get("rel") == "self" for link in channel.iterfind(f"{ATOM}link")):
        yield warning("profile", "NoSelfLink")
    for name in ("title", "link", "description"):
        if len(channel.findall(name)) != 1:
            yield error("profile", "ChannelChild", name)
    image = channel.find("image")
    for name in ("title", "link") if image is not None else ():
        if image.findtext(name) != channel.findtext(name):
            yield warning("profile", "ImageMismatch", name)
    items = channel.findall("item")
    for item in items:
        yield from _rss_item(item)
    guids = Counter((item.findtext("guid") or "").strip() for item in items)
    yield from (
        error("profile", "DuplicateGuid", guid) for guid, count in guids.items() if guid and count > 1
    )


def _rss_item(item: etree._Element) -> Iterator[Finding]:
    guid = item.find("guid")
    name = "" if guid is None else (guid.text or "").strip()
    if guid is None or not name:
        yield warning("profile", "NoGuid")
    elif guid.get("isPermaLink", "true") == "true" and not re.match(r"https?://[^/\s]+", name):
        yield error("profile", "GuidNotPermalink", name)
    yield from _rss_enclosures(item.findall("enclosure"), name)
    for child in ("title", "description", "link"):
        if len(item.findall(child)) > 1:
            yield error("profile", "DuplicateChild", child)
    if item.find("title") is None and item.find("description") is None:
        yield error("profile", "NoTitleNoDescription", name)
    date = item.findtext("pubDate")
    if date is not None and not RFC822.match(date.strip()):
        yield error("profile", "BadRfc822Date", date)
    link = item.findtext("link")
    if link is not None and not re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", link.strip()):
        yield error("profile", "RelativeLink", link)


def _rss_enclosures(enclosures: list[etree._Element], name: str) -> Iterator[Finding]:
    if len(enclosures) > 1:
        yield warning("profile", "MultipleEnclosures", name)
    for enclosure in enclosures:
        if not re.fullmatch(r"[0-9]+", enclosure.get("length", "")):
            yield error("profile", "EnclosureLength", enclosure.get("length"))
        if "/" not in enclosure.get("type", ""):
            yield error("profile", "EnclosureType", enclosure.get("type"))
        if not re.match(r"(https?|ftp)://[^/\s]+", enclosure.get("url", "")):
            yield error("profile", "EnclosureUrl", enclosure.get("url"))


# JSON --------------------------------------------------------------------------------------------------


def _json(body: bytes, *, safe: bool) -> Iterator[Finding]:
    if body.startswith(b"\xef\xbb\xbf"):
        yield error("jsonfeed", "Bom", "RFC 8259: MUST NOT add a byte order mark")
    odd: list[Finding] = []

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        for name, count in Counter(name for name, _ in pairs).items():
            if count > 1:
                odd.append(error("jsonfeed", "DuplicateKey", name))
        return dict(pairs)

    def constant(name: str) -> None:
        odd.append(error("jsonfeed", "BadConstant", name))

    try:
        feed = json.loads(body.decode("utf-8-sig"), object_pairs_hook=unique, parse_constant=constant)
    except (ValueError, RecursionError) as broken:
        yield error("jsonfeed", "NotJson", broken)
        return
    yield from odd
    yield from _json_schema(feed)
    if isinstance(feed, dict):
        yield from _json_values(feed)
        if safe:
            yield from (Finding("safe", *danger) for danger in json_dangers(feed))


def _json_values(feed: dict[str, Any]) -> Iterator[Finding]:
    items = [item for item in feed.get("items") or [] if isinstance(item, dict)]
    if any("author" in part for part in (feed, *items)):
        yield warning("jsonfeed", "DeprecatedAuthor")
    yield from (
        warning("jsonfeed", "NoRecommended", name)
        for name in ("feed_url", "home_page_url")
        if name not in feed
    )
    ids = Counter(str(item.get("id")) for item in items)
    yield from (error("jsonfeed", "DuplicateId", value) for value, count in ids.items() if count > 1)
    if "" in ids:
        yield error("jsonfeed", "EmptyId")
    every = "\n".join(_strings(feed))
    if re.search("[\ud800-\udfff]", every):
        yield error("jsonfeed", "LoneSurrogate")
    if match := re.search("[\x00-\x08\x0b\x0c\x0e-\x1f]", every):
        yield warning("jsonfeed", "ControlCharacter", ascii(match[0]))


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for member in value.items() if isinstance(value, dict) else value:
            yield from _strings(list(member) if isinstance(member, tuple) else member)


def _json_schema(feed: object) -> Iterator[Finding]:
    formats = jsonschema.FormatChecker(formats=())
    formats.checks("uri")(lambda value: not isinstance(value, str) or _is_iri(value))
    formats.checks("date-time")(lambda value: not isinstance(value, str) or _is_rfc3339(value))
    schema = json.loads((SCHEMAS / "jsonfeed-1.1.schema.json").read_bytes())
    for broken in jsonschema.Draft7Validator(schema, format_checker=formats).iter_errors(feed):
        where = "/".join(str(step) for step in broken.absolute_path)
        yield error("jsonfeed", f"Schema:{broken.validator}", f"{where}: {broken.message}")


# Values ------------------------------------------------------------------------------------------------


def _is_rfc3339(text: str) -> bool:
    match = RFC3339.match(text)
    if not match:
        return False
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    if not (year and 1 <= month <= 12 and 1 <= day <= calendar.monthrange(year, month)[1]):
        return False
    zone = match[8]
    return (
        hour < 24 and minute < 60 and second <= 60 and (zone == "Z" or (zone[1:3] < "24" and zone[4:] < "60"))
    )


def _is_iri(text: str) -> bool:
    """Say whether a text is an absolute IRI; web addresses need a host."""
    if not re.match(r'[A-Za-z][A-Za-z0-9+.-]*:[^\s<>"{}|\\^`]+\Z', text):
        return False
    return not re.match(r"(https?|ftp):(?!//[^/])", text)
