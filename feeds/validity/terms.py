"""What several formats agree on: addresses, dates, language tags, the bytes of an XML document."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from lxml import etree

ATOM = "{http://www.w3.org/2005/Atom}"
XML = "{http://www.w3.org/XML/1998/namespace}"

# RFC 3987: no space of any kind, no control, none of the characters that are delimiters in text or forbidden.
IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s\x00-\x20\x7f-\x9f<>\"{}|\\^`\ud800-\udfff\ufffe\uffff]+\Z")
HOSTLESS = re.compile(r"(https?|ftp):(?!//[^/?#])", re.IGNORECASE)
LANGUAGE = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*\Z")
MEDIA_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+(\s*;.*)?\Z")
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)\Z", re.ASCII)
FARTHEST = timedelta(hours=14)
SHOWN = 100
"""So many characters of a wrong value are repeated in a reason."""


def absolute_iri(text: str | None) -> bool:
    """Say whether a text is an absolute IRI that may stand in atom:id; a web address needs a host, too.

    >>> absolute_iri("tag:a.example,2026:x"), absolute_iri("http:///x"), absolute_iri("all.atom")
    (True, False, False)
    """
    return bool(text and IRI.match(text) and not HOSTLESS.match(text))


def web_address(text: str | None) -> bool:
    """Say whether a text is an http or https address that a reader can open, without a user's name in it.

    The scheme must be in small letters, as everybody writes it: some readers know no other.
    """
    if not text or not text.startswith(("http://", "https://")) or not absolute_iri(text):
        return False
    try:
        parts = urlsplit(text)
        _ = parts.port  # urlsplit checks the port only when asked for it
        return bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return False


def language_tag(text: str | None) -> bool:
    """Say whether a text has the shape of a language tag (RFC 4287, appendix B: atomLanguageTag)."""
    return bool(text and LANGUAGE.match(text))


def media_type(text: str | None) -> bool:
    """Say whether a text has the shape of a media type (RFC 6838, 4.2), parameters allowed."""
    return bool(text and text.isprintable() and MEDIA_TYPE.match(text))


def rfc3339(text: str | None) -> datetime | None:
    """Read a date and time with its zone (RFC 3339, 5.6); None if it is not one.

    Zones more than 14 hours from UTC are none: Atom's grammar takes its dates from XML Schema, which says so.
    """
    if not text or not RFC3339.match(text):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if abs(moment.utcoffset() or timedelta()) <= FARTHEST else None


def shown(text: str | None) -> str:
    """Write a value as it may stand in a reason: quoted, short, printable; nothing for a missing one."""
    return "nothing" if text is None else ascii(text[:SHOWN])


def twice(ids: Iterable[str], what: str) -> Iterator[str]:
    """Give a reason for each value that occurs more than once."""
    for value, count in Counter(ids).items():
        if count > 1:
            yield f"{count} entries have the {what} {shown(value)}"


def bare(text: str | None) -> str:
    """Give a text without the white space around it, for elements where XML readers ignore it."""
    return (text or "").strip()


def document(body: bytes) -> etree._Element | str:
    """Read an XML document as a feed reader would; a sentence if it is none that we may publish."""
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        return f"the bytes are not UTF-8: {error.reason} at byte {error.start}"
    # huge_tree: a text of more than 10 MB is not wrong in itself; entities stay shut.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        return f"not well-formed: {error}"
    except ValueError as error:
        return f"not well-formed: {error}"
    info = root.getroottree().docinfo
    if info.doctype:
        return "it carries a DOCTYPE, which feed readers refuse"
    if (info.encoding or "UTF-8").upper() != "UTF-8":
        return f"it declares the encoding {shown(info.encoding)}, expected UTF-8"
    return root
