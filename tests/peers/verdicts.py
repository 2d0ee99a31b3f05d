"""What may come of one expectation, and the classes of those that are not simply met or missed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType


class Verdict(StrEnum):
    MET = "met"
    MISSED = "missed"
    PURPOSE = "on purpose"
    OUTSIDE = "not in our model"


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """What came of one statement, or of all statements of one expectation.

    Attributes:
        verdict: What came of it.
        words: Its classes in ``CLASSES``; of an expectation, those of all its statements.
        said: For people: what was wanted, and what is held.
    """

    verdict: Verdict
    words: frozenset[str] = frozenset()
    said: str = ""


MET = Judged(verdict=Verdict.MET)


def missed(wanted: object, held: object) -> Judged:
    return Judged(verdict=Verdict.MISSED, said=f"wanted {str(wanted)[:160]!r}, held {str(held)[:160]!r}")


PURPOSES: Mapping[str, str] = MappingProxyType(
    {
        "style": "style attributes go: CSS can cover the page of a reader",
        "svg": "SVG and MathML go, their text stays: browsers parse them in ways that hide scripts",
        "elements": "our list of elements is shorter; what is not on it goes, its text stays",
        "attributes": "our list of attributes is shorter",
        "one line": "a title is one line; paragraphs and pictures are no part of it",
        "nothing to see": "a text of empty elements shows nothing, so it is none; so is an entry of such",
        "empty entry": "an entry without text, address and person is none, whatever language it is in",
        "binary": "what is no text by its media type is a file, not a title or a summary",
        "link without address": "a link that leads nowhere is none",
        "service links": "links by which programs edit or post are no links for readers",
        "same page twice": "two entries with one page and one title are one entry",
        "origin without a name": "an upstream feed without id, title and address cannot be named as origin",
        "forgiven": "yes and no count in any case, and with spaces",
        "blank language": 'xml:lang="" takes no language away: the feed\'s stays, or it is detected',
        "icon or logo": "a picture of a feed is its logo, a favicon its icon",
        "plain words": "names and labels are plain text",
        "published is not updated": "of a last change alone no first appearance is made",
        "as a browser": "what a browser does not show is not shown: behind a comment without end, in a frame",
        "author beside authors": "JSON Feed 1.1's authors outrank 1.0's author",
        "other coordinates": "places are told in WGS 84; what is told in other systems is not",
        "base without slash": "of a base without a slash at its end the last segment goes (RFC 3986, 5.2.3)",
        "mojibake": "what looks like UTF-8 read as Latin-1 is left as it is; it may be meant",
        "entries in entries": "an entry within an entry is a part of it, not one of the feed's",
        "repeats": "a summary that only repeats the content is none",
        "html5 names": "named characters are HTML5's; it names other angle brackets than HTML 4 did",
        "literal": "what is plain by its type is shown literally; the peer does not say if it means markup",
        "which is which": "the longer text is the content; so is the only one of an entry without a page",
        "updated is not published": "pubDate and dc:date tell when an item appeared, not when it changed",
        "link type": "a type that the source does not tell is none; peers put text/html",
        "ids are not resolved": "an id is text; a relative one becomes a tag: URI of ours, never an address",
    }
)
OUTSIDE: Mapping[str, str] = MappingProxyType(
    {
        "bozo": "whether the document was well-formed is no part of what it says",
        "encoding": "the character set is settled at the door",
        "version": "the format is settled at the door",
        "headers": "what HTTP said is no part of a feed",
        "info": "Atom 0.3's info speaks to people who open a feed in a browser",
        "generator": "the source's software",
        "old rss": "textInput, cloud, docs, rating, webMaster: nothing reads them any more",
        "itunes": "itunes:block, keywords, explicit of a whole feed: of use to a directory only",
        "validity": "dates of expiry: an entry stays until its source withdraws it",
        "chapters": "Podlove Simple Chapters inside the feed",
        "media rights": "media:restriction, media:rating, media:license",
        "media credits": "several credits with roles in one media:group",
        "unknown elements": "elements of namespaces that nobody knows",
        "image words": "title and link of a channel's image",
        "feed replies": "a feed that answers an entry",
        "reply parts": "type and source of what an entry answers; its id is kept",
        "origin parts": "of an upstream feed we keep id, title, addresses, icon, date, language, rights",
        "bases": "xml:base is applied and gone",
        "invented ids": "an id that the peer made up where the source gives none; ours is made otherwise",
        "feed published": "a feed's own pubDate: only its last change is kept",
        "notes": "JSON Feed's user_comment and expired",
        "page link": "of the link to an entry's page only the address is kept",
        "text beside html": "of JSON Feed's content_html and content_text the richer one",
        "dates of entries": "a feed that tells no date of its own has none until it is published",
        "pictures in texts": "a picture in a text is part of the text",
        "banner": "of JSON Feed's two pictures the first",
        "feed-rs names": "feed-rs names a person after the element that holds the mail address",
        "excerpts": "a summary that the peer cuts from the content",
        "no feed": "a document that is no feed, or is none any more",
        "events": "dates of events (RSS 1.0 Event)",
        "avatar": "pictures of persons",
        "parser": "how the peer's parser keeps its parts",
    }
)
CLASSES: Mapping[str, str] = MappingProxyType({**PURPOSES, **OUTSIDE})


def classed(word: str, said: str = "") -> Judged:
    """Put a statement into its class.

    Raises:
        KeyError: There is no class of that name.
    """
    verdict = Verdict.PURPOSE if word in PURPOSES else Verdict.OUTSIDE
    return Judged(verdict=verdict, words=frozenset({word}), said=said or CLASSES[word])


def together(statements: Iterable[Judged]) -> Judged:
    """Judge by all statements: the worst counts; what is outside only if there is nothing else."""
    found = list(statements)
    words = frozenset(word for one in found for word in one.words)
    for verdict in (Verdict.MISSED, Verdict.PURPOSE, Verdict.MET, Verdict.OUTSIDE):
        for one in found:
            if one.verdict is verdict:
                return replace(one, words=words)
    return MET
