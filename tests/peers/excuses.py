"""Rules that say why a statement which we do not meet is answered differently on purpose.

Each looks at the document and at what we made of it, never at the document's name.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

from feeds.normalize.html import ATTRIBUTES, ELEMENTS, GLOBAL, plain

from .holding import ABSENT, pictured, shown, tree
from .ours import Read

Path = tuple[str | int, ...]

HOLLOW_LINK = re.compile(r"<(?:atom:)?link\b(?![^<>]*\shref\s*=)[^<>]*/?>")
AS_A_BROWSER = (
    # A comment that never ends, after which a browser shows nothing.
    "sanitize/xml_malicious_comment.xml",
    # What stands between the tags of a frame is shown by browsers that know no frames only.
    "sanitize/entry_summary_iframe.xml",
    # A whole page with scripts in comments and comments in scripts: its title and its scripts are not shown.
    "sanitize/entry_summary_crazy.xml",
    "sanitize/feed_tagline_crazy.xml",
    "sanitize/item_fullitem_crazy.xml",
)
NO_TEXT = re.compile(r"<(?:title|summary|content|rights|subtitle)[^<>]*\stype=\"application/(?!xhtml)")
SERVICE = re.compile(r"(?:service\.|edit)")
TAGS = re.compile(r"<([a-z][\w-]*)([^<>]*)>")
NAMES = re.compile(r"\s([\w-]+)=")
SVG = re.compile(r"<(?:svg|math)[\s>]")
HTML4_ANGLES = str.maketrans("\u2329\u232a", "\u27e8\u27e9")


def excuse(read: Read, path: Path, wanted: object, held: object) -> str | None:
    """Give the class of a statement that we do not meet; None if it is missed.

    Args:
        read: The document.
        path: The place, in the peer's words.
        wanted: What it expects there.
        held: What we hold there; None if there is nothing.
    """
    return next((word for word, rule in RULES if rule(read, path, wanted, held)), None)


def _blank(read: Read, path: Path, wanted: object, held: object) -> bool:
    """Markup around nothing."""
    return (
        held is None
        and isinstance(wanted, str)
        and "<" in wanted
        and not shown(wanted)
        and not pictured(tree(wanted))
        and not SVG.search(wanted)
    )


def _blank_element(read: Read, path: Path, wanted: object, held: object) -> bool:
    """Markup around nothing, of an element that would not pass around something either."""
    return _blank(read, path, wanted, held) and any(
        tag not in ELEMENTS for tag, _ in TAGS.findall(str(wanted))
    )


def _blank_attribute(read: Read, path: Path, wanted: object, held: object) -> bool:
    return _blank(read, path, wanted, held) and any(
        name not in GLOBAL | ATTRIBUTES.get(tag, frozenset())
        for tag, told in TAGS.findall(str(wanted))
        for name in NAMES.findall(told)
    )


def _no_drawing(read: Read, path: Path, wanted: object, held: object) -> bool:
    return held is None and isinstance(wanted, str) and SVG.match(wanted) is not None


def _picture_in_title(read: Read, path: Path, wanted: object, held: object) -> bool:
    """A title that is nothing but a picture."""
    named = any(str(step).startswith("title") for step in path)
    return named and held is None and isinstance(wanted, str) and not shown(wanted) and pictured(tree(wanted))


def _binary(read: Read, path: Path, wanted: object, held: object) -> bool:
    return held is None and isinstance(wanted, str | dict) and NO_TEXT.search(read.body) is not None


def _hollow(read: Read, path: Path, wanted: object, held: object) -> bool:
    return "links" in path and held is None and HOLLOW_LINK.search(read.body) is not None


def _service(read: Read, path: Path, wanted: object, held: object) -> bool:
    """A link by which programs change the entry."""
    rels = re.findall(r"<link[^<>]*\srel=\"([^\"]*)\"", read.body)
    return "links" in path and held is None and any(SERVICE.match(rel) for rel in rels)


def _twice(read: Read, path: Path, wanted: object, held: object) -> bool:
    """An entry that is not there, because another one is the same."""
    merged = any(one.reason.startswith("listed ") for entry in read.feed.entries for one in entry.decisions)
    return merged and path[0] == "entries" and path[1] != 0 and held is None


def _nameless_origin(read: Read, path: Path, wanted: object, held: object) -> bool:
    if path == ("entries", "source") and isinstance(wanted, dict):
        return not any(wanted.get(key) for key in ("id", "title", "links"))
    origins = (entry.origin for entry in read.feed.entries)
    home = read.feed.id
    return "source" in path and held is None and all(one is None or one.id == home for one in origins)


def _empty_entry(read: Read, path: Path, wanted: object, held: object) -> bool:
    """An entry without any text, address or person: only a word about these."""
    return path[:1] == ("entries",) and not read.feed.entries and path[-1] in {"language", "hreflang", "rel"}


def _forgiven(read: Read, path: Path, wanted: object, held: object) -> bool:
    return wanted is ABSENT and isinstance(held, bool)


def _blank_language(read: Read, path: Path, wanted: object, held: object) -> bool:
    return path[-1] == "language" and wanted is ABSENT and 'xml:lang=""' in read.body


def _resolved_id(read: Read, path: Path, wanted: object, held: object) -> bool:
    told = path[-1] == "id" and isinstance(wanted, str)
    relative = re.search(r"<(?:[\w.-]+:)?id[^<>]*>\s*([^<\s:]+)\s*<", read.body)
    return told and relative is not None and str(wanted).endswith(relative[1])


def _plain_words(read: Read, path: Path, wanted: object, held: object) -> bool:
    """A name or a label with markup in it."""
    if not isinstance(wanted, str) or not isinstance(held, str):
        return False
    return path[-1] != "content" and held in {
        " ".join(plain(text).split()) for text in (wanted, plain(wanted))
    }


def _merged_date(read: Read, path: Path, wanted: object, held: object) -> bool:
    """A feed's date that the peer takes from its entries."""
    raws = {one.raw for entry in read.feed.entries for one in (entry.updated, entry.published) if one}
    instants = {one.instant for entry in read.feed.entries for one in (entry.updated, entry.published) if one}
    return path[0] != "entries" and held is None and (wanted in raws or wanted in instants)


def _web_master(read: Read, path: Path, wanted: object, held: object) -> bool:
    return path[0] == "authors" and held is None and "<webMaster>" in read.body


def _picture_in_text(read: Read, path: Path, wanted: object, held: object) -> bool:
    return path[-1] == "image" and held is None and "<img" in unescape(read.body)


def _both_authors(read: Read, path: Path, wanted: object, held: object) -> bool:
    return "authors" in path and '"author"' in read.body and '"authors"' in read.body


def _other_earth(read: Read, path: Path, wanted: object, held: object) -> bool:
    systems = re.findall(r"srsName\s*=\s*\"[^\"]*?(\d+)\"", read.body)
    return "where" in path and held is None and bool(systems) and "4326" not in systems


def _last_segment(read: Read, path: Path, wanted: object, held: object) -> bool:
    return path[-1] == "icon" and 'xml:base="img"' in read.body


def _mojibake(read: Read, path: Path, wanted: object, held: object) -> bool:
    """UTF-8 that somebody read as windows-1252, and wrote again."""
    return isinstance(wanted, str) and wanted.encode().decode("cp1252", "replace") == held != wanted


def _repeats(read: Read, path: Path, wanted: object, held: object) -> bool:
    """A summary that tells, letter by letter, what the content tells."""
    short = path[-1] in {"summary", "description"} and isinstance(wanted, str) and isinstance(held, str)
    return short and len({re.sub(r"\W", "", plain(str(text))) for text in (wanted, held)}) == 1


def _single(read: Read, path: Path, wanted: object, held: object) -> bool:
    return read.url.endswith(AS_A_BROWSER)


def _angle(read: Read, path: Path, wanted: object, held: object) -> bool:
    return (
        isinstance(wanted, str) and isinstance(held, str) and wanted.translate(HTML4_ANGLES) == held != wanted
    )


RULES: tuple[tuple[str, Callable[[Read, Path, object, object], bool]], ...] = (
    ("one line", _picture_in_title),
    ("svg", _no_drawing),
    ("elements", _blank_element),
    ("attributes", _blank_attribute),
    ("nothing to see", _blank),
    ("binary", _binary),
    ("link without address", _hollow),
    ("service links", _service),
    ("same page twice", _twice),
    ("origin without a name", _nameless_origin),
    ("empty entry", _empty_entry),
    ("forgiven", _forgiven),
    ("blank language", _blank_language),
    ("html5 names", _angle),
    ("as a browser", _single),
    ("repeats", _repeats),
    ("mojibake", _mojibake),
    ("author beside authors", _both_authors),
    ("other coordinates", _other_earth),
    ("base without slash", _last_segment),
    ("ids are not resolved", _resolved_id),
    ("plain words", _plain_words),
    ("dates of entries", _merged_date),
    ("old rss", _web_master),
    ("pictures in texts", _picture_in_text),
)
