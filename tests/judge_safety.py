"""Looks for active content in anything a feed reader would show, with an HTML parser of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import html5lib
from lxml import etree

Danger = tuple[str, str, str]
"""Severity, a word for it, where and what."""

ATOM = "{http://www.w3.org/2005/Atom}"
XHTML = "{http://www.w3.org/1999/xhtml}"
ACTIVE = frozenset(
    {
        "script",
        "style",
        "iframe",
        "frame",
        "frameset",
        "object",
        "embed",
        "applet",
        "base",
        "meta",
        "link",
        "form",
        "input",
        "button",
        "select",
        "textarea",
        "noscript",
        "noembed",
        "noframes",
        "template",
        "slot",
        "portal",
        "svg",
        "math",
        "xml",
        "isindex",
        "keygen",
        "dialog",
        "plaintext",
        "xmp",
        "marquee",
        "bgsound",
        "layer",
        "ilayer",
        "param",
        "title",
    }
)
ADDRESSES = frozenset(
    {
        "href",
        "src",
        "action",
        "formaction",
        "poster",
        "background",
        "cite",
        "longdesc",
        "data",
        "codebase",
        "classid",
        "profile",
        "usemap",
        "lowsrc",
        "dynsrc",
        "ping",
        "manifest",
        "icon",
        "archive",
        "from",
        "to",
        "values",
        "by",
        "xlink:href",
        "data-src",
    }
)
FORBIDDEN = frozenset({"srcdoc", "formaction", "ping", "http-equiv", "is", "nonce", "autofocus"})
SCHEMES = frozenset(
    {
        "http",
        "https",
        "mailto",
        "ftp",
        "tel",
        "magnet",
        "xmpp",
        "irc",
        "ircs",
        "sip",
        "geo",
        "gemini",
        "news",
        "nntp",
        "feed",
        "webcal",
    }
)
NAMES = frozenset({"tag", "urn", "info", "doi", "ni"})
LINKS = frozenset({"link", "comments", "url", "docs", "uri", "icon", "logo"})
STYLE = re.compile(
    r"expression|javascript:|behaviou?r|-moz-binding|@import|url\s*\(|position\s*:\s*(fixed|absolute)",
    re.IGNORECASE,
)
PICTURE = re.compile(r"\s*data:image/(png|gif|jpe?g|webp|avif)[;,]", re.IGNORECASE)


def xml_dangers(root: etree._Element) -> Iterator[Danger]:
    """Look at every text and address of an Atom, RSS or OPML document."""
    for element in root.iter():
        if not isinstance(element.tag, str):
            if isinstance(element, etree._ProcessingInstruction):
                yield "warning", "ProcessingInstruction", str(element.target)
            continue
        name = etree.QName(element).localname
        where = f"line {element.sourceline} <{name}>"
        text = "".join(element.itertext())
        if element.tag.startswith(ATOM) and name in ("title", "subtitle", "summary", "rights", "content"):
            if element.get("type") == "html":
                yield from html_dangers(text, where)
            yield from text_dangers(text, where)
        elif name in ("description", "encoded", "title") and not element.tag.startswith(ATOM):
            # Half of all readers show an RSS title as HTML.
            yield from html_dangers(text, where)
            yield from text_dangers(text, where)
        elif name in LINKS or (name == "guid" and element.get("isPermaLink", "true") == "true"):
            yield from address_dangers(text.strip(), where)
        yield from _attribute_dangers(element, where)


def _attribute_dangers(element: etree._Element, where: str) -> Iterator[Danger]:
    for key, value in element.attrib.items():
        if key.lower() in ("href", "url", "src", "uri", "xmlurl", "htmlurl"):
            yield from address_dangers(value, f"{where}/@{key}")


def json_dangers(feed: dict[str, Any]) -> Iterator[Danger]:
    """Look at every text and address of a JSON Feed, in extensions too."""
    stack: list[tuple[str, Any]] = [("", feed)]
    while stack:
        where, value = stack.pop()
        if isinstance(value, dict):
            stack += [(f"{where}/{key}", member) for key, member in value.items()]
        elif isinstance(value, list):
            stack += [(f"{where}/{number}", member) for number, member in enumerate(value)]
        elif isinstance(value, str):
            key = where.rpartition("/")[2]
            if key.endswith("html"):
                yield from html_dangers(value, where)
            elif key.endswith("url") or key in ("icon", "favicon", "image", "avatar", "banner_image", "href"):
                yield from address_dangers(value, where)
            else:
                yield from text_dangers(value, where)


def html_dangers(html: str, where: str) -> Iterator[Danger]:
    """Parse a fragment as a browser would, and look at every element and attribute."""
    elements = list(html5lib.parseFragment(html, treebuilder="etree").iter())
    if re.search(r"<\s*(body|html|head|frameset)[\s/>]", html, re.IGNORECASE):
        # The attributes of a second <body> merge into the page's own.
        page = html5lib.parse(f"<!DOCTYPE html><html><body><div>{html}", treebuilder="etree")
        elements += [one for one in page.iter() if one.tag in (f"{XHTML}body", f"{XHTML}html") and one.attrib]
    for element in elements:
        if not isinstance(element.tag, str):
            # Parsers disagree on where comments end.
            yield "warning", "CommentInHtml", where
        elif element.tag != "DOCUMENT_FRAGMENT":
            yield from _element_dangers(element, where)


def _element_dangers(element: Any, where: str) -> Iterator[Danger]:
    if not element.tag.startswith(XHTML):
        yield "error", "ForeignElement", f"{where}: {element.tag}"
    tag = element.tag.rpartition("}")[2].lower()
    if re.search(r"[^a-z0-9]", tag):
        yield "warning", "OddElement", f"{where}: {tag}"
    if tag in ACTIVE:
        yield "error", "ActiveElement", f"{where}: {tag}"
    for raw, value in element.attrib.items():
        key = raw if isinstance(raw, str) else ":".join(map(str, raw))
        yield from _value_dangers(tag, key.rpartition("}")[2].lower(), value or "", where)


def _value_dangers(tag: str, key: str, value: str, where: str) -> Iterator[Danger]:
    what = f"{where}: {tag}/@{key}={value[:60]}"
    if key.startswith("on"):
        yield "error", "EventHandler", what
    elif key in FORBIDDEN:
        yield "error", "ActiveAttribute", what
    elif key == "style":
        dangerous = STYLE.search(re.sub(r"\\|/\*.*?\*/", "", value))
        yield ("error", "DangerousStyle", what) if dangerous else ("warning", "StyleAttribute", what)
    elif key in ("id", "name"):
        yield "warning", "DomClobbering", what
    addresses = [value] if key in ADDRESSES else []
    if key in ("srcset", "imagesrcset"):
        addresses = [part.split()[0] for part in value.split(",") if part.strip()]
    for address in addresses:
        yield from _target_dangers(address, what, picture=tag == "img")


def _target_dangers(address: str, what: str, *, picture: bool) -> Iterator[Danger]:
    scheme = _scheme(address)
    if scheme and scheme not in SCHEMES and not (picture and PICTURE.match(address)):
        yield "error", "DangerousUrl", what
    elif scheme is None and address.strip() and not address.strip().startswith(("#", "//")):
        yield "warning", "RelativeUrl", what


def text_dangers(text: str, where: str) -> Iterator[Danger]:
    """Look for bidirectional controls without a partner: they turn the text around them."""
    opened = len(re.findall("[\u202a\u202b\u202d\u202e\u2066\u2067\u2068]", text))
    closed = len(re.findall("[\u202c\u2069]", text))
    if opened != closed:
        yield "error", "BidiControl", where


def address_dangers(address: str, where: str) -> Iterator[Danger]:
    """Look at one address that a reader may follow."""
    scheme = _scheme(address)
    if scheme and scheme not in SCHEMES | NAMES:
        yield "error", "DangerousUrl", f"{where}: {address[:80]}"
    if re.search(r"[\x00-\x20\x7f]", address):
        yield "error", "ControlInUrl", f"{where}: {address[:80]!a}"
    if scheme in ("http", "https"):
        try:
            parts = urlsplit(address)
            if parts.username or parts.password:
                yield "error", "CredentialsInUrl", f"{where}: {parts.hostname}"
        except ValueError:
            yield "error", "UnparsableUrl", f"{where}: {address[:80]}"


def _scheme(address: str) -> str | None:
    """Read the scheme as the most lenient browser would, which strips spaces and invisible characters."""
    seen = re.sub("[\x00-\x20\x7f-\xa0\u200b-\u200f\u2028-\u202f\ufeff]+", "", address)
    match = re.match(r"([A-Za-z][A-Za-z0-9+.-]*):", seen)
    return match[1].lower() if match else None
