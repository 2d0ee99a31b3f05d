"""What an attacker writes, put wherever a source may write markup; and what a browser makes of the answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import html5lib
from lxml import etree
from reading import DATA

from feeds.normalize.html import ATTRIBUTES, ELEMENTS, GLOBAL

PAYLOADS: Mapping[str, str] = MappingProxyType(
    json.loads((DATA / "html" / "payloads.json").read_text("utf-8"))
)
DATE = "2026-01-02T03:04:05Z"
MRSS = 'xmlns:media="http://search.yahoo.com/mrss/" xmlns:content="http://purl.org/rss/1.0/modules/content/"'

# Documents with the payload in every field (CHECKS.md, E2) ---------------------------------------------


def atom(payloads: Mapping[str, str], kind: str = "html") -> str:
    """Write an Atom feed: the first payload in every field of the feed, each in every field of an entry."""
    first = next(iter(payloads.values()))
    entries = "".join(_atom_entry(number, payload, kind) for number, payload in enumerate(payloads.values()))
    texts = "".join(
        f'<{name} type="{kind}">{escape(first)}</{name}>' for name in ("title", "subtitle", "rights")
    )
    return (
        f'<feed xmlns="http://www.w3.org/2005/Atom" {MRSS}><id>tag:hill.example,2026:feed</id>{texts}'
        f"<updated>{DATE}</updated><generator uri={quoteattr(first)}>{escape(first)}</generator>"
        f"<author><name>{escape(first)}</name><uri>{escape(first)}</uri></author>"
        f"<icon>{escape(first)}</icon><logo>{escape(first)}</logo>{entries}</feed>"
    )


def _atom_entry(number: int, payload: str, kind: str) -> str:
    text, value = escape(payload), quoteattr(payload)
    texts = "".join(
        f'<{name} type="{kind}">{text}</{name}>' for name in ("title", "summary", "content", "rights")
    )
    return (
        f"<entry><id>tag:hill.example,2026:{number}</id>{texts}<updated>{DATE}</updated>"
        f'<link href="https://hill.example/{number}" title={value}/><link rel="related" href={value}/>'
        f'<link rel="enclosure" href="https://hill.example/{number}.mp3" type={value} title={value}/>'
        f"<author><name>{text}</name><email>{text}</email><uri>{text}</uri></author>"
        f"<category term={value} scheme={value} label={value}/>"
        f'<source><id>tag:far.example,2026:feed</id><title type="{kind}">{text}</title>'
        f'<rights type="{kind}">{text}</rights><updated>{DATE}</updated><icon>{text}</icon></source>'
        f'<media:group><media:title type="html">{text}</media:title><media:description>{text}'
        f"</media:description><media:credit>{text}</media:credit><media:thumbnail url={value}/>"
        f'<media:content url="https://hill.example/{number}.jpg" type={value}/></media:group></entry>'
    )


def rss(payloads: Mapping[str, str]) -> str:
    """Write an RSS feed likewise."""
    first = escape(next(iter(payloads.values())))
    items = "".join(_rss_item(number, payload) for number, payload in enumerate(payloads.values()))
    texts = "".join(
        f"<{name}>{first}</{name}>"
        for name in ("title", "description", "copyright", "generator", "managingEditor", "category", "docs")
    )
    return (
        f'<rss version="2.0" {MRSS} xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>{texts}'
        f"<link>https://hill.example/</link><image><url>{first}</url><title>{first}</title>"
        f"<link>{first}</link></image>{items}</channel></rss>"
    )


def _rss_item(number: int, payload: str) -> str:
    text, value = escape(payload), quoteattr(payload)
    return (
        f'<item><guid isPermaLink="false">{number}</guid><link>https://hill.example/{number}</link>'
        f"<title>{text}</title><description>{text}</description><content:encoded>{text}</content:encoded>"
        f"<author>{text}</author><dc:creator>{text}</dc:creator><category domain={value}>{text}</category>"
        f"<comments>{text}</comments><source url={value}>{text}</source><dc:rights>{text}</dc:rights>"
        f'<enclosure url="https://hill.example/{number}.mp3" length={value} type={value}/>'
        f'<media:content url="https://hill.example/{number}.jpg"><media:title>{text}</media:title>'
        f"<media:description>{text}</media:description><media:credit>{text}</media:credit></media:content></item>"
    )


def json_feed(payloads: Mapping[str, str]) -> str:
    """Write a JSON Feed likewise."""
    first = next(iter(payloads.values()))
    told = {
        "version": "https://jsonfeed.org/version/1.1",
        **dict.fromkeys(("title", "description", "user_comment", "icon", "favicon"), first),
        "home_page_url": first,
        "authors": [{"name": first, "url": first, "avatar": first}],
        "items": [_json_item(number, payload) for number, payload in enumerate(payloads.values())],
    }
    return json.dumps(told)


def _json_item(number: int, payload: str) -> dict[str, Any]:
    return {
        "id": str(number),
        "url": f"https://hill.example/{number}",
        **dict.fromkeys(("title", "summary", "content_html", "image", "external_url"), payload),
        **({"content_text": payload} if number % 2 else {}),
        "authors": [{"name": payload, "url": payload}],
        "tags": [payload],
        "attachments": [
            {"url": f"https://hill.example/{number}.mp3", "mime_type": payload, "title": payload},
            {"url": payload, "mime_type": "audio/mpeg"},
        ],
    }


WRITERS: Mapping[str, Callable[[Mapping[str, str]], str]] = MappingProxyType(
    {
        "atom": atom,
        "atom of plain texts": lambda payloads: atom(payloads, "text"),
        "rss": rss,
        "json_feed": json_feed,
    }
)

# What was published ------------------------------------------------------------------------------------


def fragments(body: bytes) -> Iterator[str]:
    """Give all HTML of a published feed: what a reader would show as such."""
    if body.startswith(b"{"):
        for item in json.loads(body)["items"]:
            yield from (value for key, value in item.items() if key == "content_html")
        return
    for element in etree.fromstring(body).iter():
        described = element.tag == "description" and element.getparent().tag == "item"
        if described or element.get("type") == "html" or etree.QName(element).localname == "encoded":
            yield element.text or ""


def trees(html: str) -> Iterator[Any]:
    """Parse HTML in every way that it may come to be shown: in an element, as a page, scripts on and off."""
    for scripting in (False, True):
        options: dict[str, Any] = {"treebuilder": "etree", "namespaceHTMLElements": False}
        for container in ("div", "body"):
            yield html5lib.parseFragment(html, container, scripting=scripting, **options)
        page = html5lib.parse(f"<!DOCTYPE html><title>t</title><body>{html}", scripting=scripting, **options)
        yield page.find("body")


def outline(tree: Any) -> Any:
    """Write a tree so that it can be compared: texts, names, attributes."""
    children = [(one.tag, sorted(one.attrib.items()), outline(one), one.tail or "") for one in tree]
    return (tree.text or "", children)


def strangers(html: str) -> list[str]:
    """Name every element and attribute that the policy does not know."""
    found = ["a comment"] if "<!--" in html else []
    rel = {"a": frozenset({"rel"})}
    for element in list(next(trees(html)).iter())[1:]:
        known = GLOBAL | ATTRIBUTES.get(element.tag, frozenset()) | rel.get(element.tag, frozenset())
        if element.tag in ELEMENTS:
            found += [f"{element.tag}/{name}" for name in element.attrib if name not in known]
        else:
            found.append(str(element.tag))
    return found
