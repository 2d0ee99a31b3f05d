"""One entry as feedparser gives it -> an entry of the model."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from feeds.model import Category, Decision, Entry, Link, Moment, Origin, Person, Role, Text, TextType
from feeds.normalize import dates, language
from feeds.normalize.ids import mint
from feeds.normalize.text import shown, visible
from feeds.normalize.titles import shortened, title_of
from feeds.normalize.urls import canonical, is_uri, web_url
from feeds.sources import feed_extra, parts
from feeds.sources.articles.markdown import rendered
from feeds.sources.elements import Element
from feeds.sources.feed_media import media, players, podcast
from feeds.sources.feed_people import credits_of, people_of, sources_of
from feeds.sources.feed_values import Reading, Values, attributes, items, value, web
from feeds.sources.finish import UNKNOWN
from feeds.sources.texts import arranged

HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})
TITLES = ("dc:title", "dcterms:title", "itunes:title", "media:title")
SUMMARIES = (
    *(
        "dc:description",
        "dcterms:abstract",
        "dcterms:description",
        "itunes:summary",
        "googleplay:description",
    ),
    *("media:description", "itunes:subtitle"),
)
RIGHTS = ("dc:rights", "dcterms:rights", "media:copyright")
OWN_RELS = frozenset({"enclosure", "license", "self", "edit", "edit-media", "service.edit", "service.post"})


def read_entry(holder: Values, told: Element, reading: Reading) -> Entry:
    """Read one entry; its id, and what is derived from its texts, is left to ``finish``.

    Args:
        holder: What feedparser says of it.
        told: Its elements as they stand; empty where libxml2 cannot read them.
        reading: What all entries share.
    """
    url = page(holder, told, reading)
    title = _title(holder, told, url, reading)
    summary, content = _texts(holder, told, url, reading)
    enclosures, image = media(told)
    links = tuple(_links(holder, told, url, reading))
    origin, inherited = _origin(holder, told, reading)
    return Entry(
        source=reading.source,
        id=UNKNOWN,
        native_id=native_id(holder) or native_id({"id": told.first("id")}),
        url=url,
        links=links[: parts.MANY],
        title=title_of(title),
        summary=summary,
        content=content,
        published=feed_extra.published(told, reading) or _published(holder, reading),
        updated=feed_extra.updated(told, reading) or moment(holder, "updated", reading),
        people=people_of(told) or people(holder, reading) or inherited,
        credits=credits_of(told),
        categories=categories_of(holder, told),
        language=_language(holder),
        enclosures=enclosures,
        image=image,
        rights=rights_of(holder, told, url, reading),
        license=feed_extra.license_of(told),
        comments_url=_comments(holder, told, reading),
        in_reply_to=feed_extra.in_reply_to(told),
        podcast=podcast(told),
        origin=origin,
        extra=feed_extra.wordless(told),
        decisions=(*shortened(title), *_unread(holder, reading)),
    )


def native_id(holder: Values) -> str | None:
    """Give what the source calls it, byte for byte but for spaces around it."""
    own = value(holder, "xid") or value(holder, "id") or value(holder, "dc_identifier")
    return own.strip() if own and visible(own) else None


def page(holder: Values, told: Element, reading: Reading) -> str | None:
    """Choose the page to open: the link before a feed service rewrote it, else the first alternate.

    A permalink guid serves where RSS gives no link, and RSS 1.0's ``rdf:about``, which "should be identical
    to the link". An Atom id never does, though feedparser says so.
    """
    links = [link for link in links_of(holder, told) if relation(link) == "alternate"]
    pages = [link for link in links if link.get("type", "text/html") in HTML_TYPES]
    candidates = [value(holder, "feedburner_origlink"), *(link.get("href") for link in (*pages, *links))]
    if value(holder, "xpermalink"):
        # A relative guid is no link: resolved, it would be an invented one.
        own = native_id(holder) or ""
        candidates.append(own if web_url(own, None) else None)
    candidates.append(web_url(told.get("rdf:about") or "", None))
    found = (web(candidate, reading) for candidate in candidates)
    return next((url for url in found if url), None)


def base_of(detail: Values, url: str | None, reading: Reading) -> str:
    """Choose what relative addresses in a text are relative to: ``xml:base``; in RSS the entry's page."""
    declared = detail.get("base")
    if isinstance(declared, str) and declared != reading.url and (base := web_url(declared, reading.url)):
        return base
    return url or reading.url if not reading.is_atom else reading.url


def read_text(detail: Values, url: str | None, reading: Reading, *, is_html: bool = False) -> Text | None:
    """Read a text construct. Atom says what it is; in RSS it is HTML if it looks so, or by definition."""
    raw, kind = detail.get("value"), detail.get("type") or "text/html"
    if not isinstance(raw, str) or not raw.strip():
        return None
    declared = language.tag(detail.get("language") or "")
    base = base_of(detail, url, reading)
    if reading.is_atom and kind not in HTML_TYPES:
        return parts.plain_text(raw, declared) if kind.startswith("text/") else None
    text = (parts.html_text if reading.is_atom or is_html else parts.guessed_text)(raw, base, declared)
    if text is not None and url and text.type is TextType.HTML:
        # A link to a note of the same text means the text's page, not the feed's document.
        whole = url.partition("#")[0]
        text = replace(text, value=text.value.replace(f'href="{reading.url}#', f'href="{whole}#'))
    return text


def text_of(holder: Values, key: str, url: str | None, reading: Reading) -> Text | None:
    """Read the text construct of that name; None if the source gave none."""
    detail = attributes(holder, f"{key}_detail")
    return read_text(detail, url, reading) if detail else None


def other_text(told: Element, names: tuple[str, ...], url: str | None) -> Text | None:
    """Read the first of these elements that holds a text; no format says whether it is HTML.

    What stands in a group of files counts where the entry itself has nothing.
    """
    holders = (told, *told.all("media:group", "media:content"))
    found = ((one.text, one.base) for holder in holders for one in holder.all(*names) if one.text)
    texts = (parts.guessed_text(text, url or base) for text, base in found)
    return next((text for text in texts if text), None)


def rights_of(holder: Values, told: Element, url: str | None, reading: Reading) -> Text | None:
    return text_of(holder, "rights", url, reading) or other_text(told, RIGHTS, url)


def categories_of(holder: Values, told: Element) -> tuple[Category, ...]:
    """Give the labels: what feedparser reads of all modules, and Dublin Core's newer terms."""
    tags = (
        parts.category(tag.get("term"), tag.get("scheme"), tag.get("label")) for tag in items(holder, "tags")
    )
    read = parts.categories((*tags, *(parts.category(one.text) for one in told.all("dcterms:subject"))))
    if read:
        return read
    # With elements in it, a category is none to feedparser.
    return parts.categories(parts.category(one.text, one.get("domain")) for one in told.all("category"))


def _title(holder: Values, told: Element, url: str | None, reading: Reading) -> Text | None:
    return text_of(holder, "title", url, reading) or other_text(told, TITLES, url)


def _texts(
    holder: Values, told: Element, url: str | None, reading: Reading
) -> tuple[Text | None, Text | None]:
    """Give summary and content. feedparser copies a content into a missing summary, without a detail."""
    detail = _based(attributes(holder, "summary_detail"), told, "summary")
    summary = read_text(detail, url, reading) if detail else None
    contents = [
        text
        for one in items(holder, "content")[:10]
        if (text := read_text(_based(one, told, "content"), url, reading, is_html=True))
    ]
    content = max(contents, key=lambda text: (text.type is TextType.HTML, len(text.value)), default=None)
    if content is None and (markdown := told.first("source:markdown")):
        content = parts.html_text(rendered(markdown), url or reading.url)
    if summary is None:
        summary = other_text(told, SUMMARIES, url)
    if content is None and summary is not None and url is None:
        # "An item may also be complete in itself" (RSS 2.0): without a page to go to, this is all there is.
        return None, summary
    return arranged(summary, content)


def _based(detail: Values, told: Element, name: str) -> Values:
    """Take XHTML with bases of its own from the second pass: feedparser forgets what they are the base of."""
    markup = next((one.markup for one in told.all(name) if one.markup), None)
    inline = detail.get("type") == "application/xhtml+xml"
    return {**detail, "value": markup} if markup and inline else detail


def moment(holder: Values, key: str, reading: Reading) -> Moment | None:
    """Read a date as written.

    feedparser's own reading (``published_parsed``) is never taken: of the 30th of February it makes the first
    of March, of month 13 the next January, and what else it reads, ``dates`` reads too.
    """
    raw = value(holder, key)
    return None if raw is None else dates.parse(raw, reading.zone)


def _unread(holder: Values, reading: Reading) -> Iterator[Decision]:
    """Note what stands where a date should be and is none."""
    for key in ("published", "dc_xdate", "created", "updated"):
        raw = value(holder, key)
        if raw and visible(raw) and moment(holder, key, reading) is None:
            yield parts.unread_date(raw)


def _published(holder: Values, reading: Reading) -> Moment | None:
    found = (moment(holder, key, reading) for key in ("published", "dc_xdate", "created"))
    return next((one for one in found if one), None)


def people(holder: Values, reading: Reading) -> tuple[Person, ...]:
    """Give authors, contributors and publisher; ``authors`` is the list, ``author_detail`` only the last."""
    persons = [
        parts.named(one.get("name"), one.get("email"), one.get("href"), reading.url)
        for one in items(holder, "authors")
    ]
    others = [
        (Role.CONTRIBUTOR, parts.named(one.get("name"), one.get("email"), one.get("href"), reading.url))
        for one in items(holder, "contributors")
    ]
    return parts.once((*persons, *(one and replace(one, role=role) for role, one in others)))


def _language(holder: Values) -> str | None:
    """Give what the entry says of its language, at the entry or at its texts."""
    details = (
        *items(holder, "content"),
        attributes(holder, "summary_detail"),
        attributes(holder, "title_detail"),
    )
    told = (value(holder, "language"), *(detail.get("language") for detail in details))
    return next((tag for raw in told if isinstance(raw, str) and (tag := language.tag(raw))), None)


def _links(holder: Values, told: Element, url: str | None, reading: Reading) -> Iterator[Link]:
    seen = {canonical(url, fragment=True)} if url else set()
    typed = typed_links(told)
    own = (read_link(link, reading, typed) for link in links_of(holder, told))
    others = (*feed_extra.replies(told), *sources_of(told), *players(told))
    for made in (*own, *others):
        if made is None or made.rel in OWN_RELS or canonical(made.href, fragment=True) in seen:
            continue
        seen.add(canonical(made.href, fragment=True))
        yield made


def links_of(holder: Values, told: Element) -> Sequence[Values]:
    """Give the links with their addresses as written; where there are none (CDF), feedparser's.

    feedparser takes "&copy;" in the text of a link for a mistake, and drops the semicolon.
    """
    own = [{**one.attributes, "href": _address(one)} for one in told.all("link")]
    return own or items(holder, "links")


def _address(link: Element) -> str | None:
    """Give where a link leads; an empty address of the feed itself is its base (RFC 3986, 5.2.2)."""
    itself = link.attributes.get("rel") == "self" and link.attributes.get("href") == ""
    return link.base if itself else link.url("href", "uri", "url") or link.address()


def typed_links(told: Element) -> frozenset[str]:
    """Give the addresses of the links that declare a type."""
    return frozenset(href for one in told.all("link") if one.get("type") and (href := _address(one)))


def relation(link: Values) -> str:
    """Give what a link is for; a registered word may also stand as an address (RFC 4287, 4.2.7.2)."""
    rel = str(link.get("rel") or "alternate").strip()
    return rel.removeprefix("http://www.iana.org/assignments/relation/").lower() or "alternate"


def read_link(link: Values, reading: Reading, typed: frozenset[str] = frozenset()) -> Link | None:
    """Read a link; None if it leads nowhere.

    feedparser puts "text/html" (or Atom's type, for rel=self) where no type was declared, so these are taken
    as declared only for the addresses that are known to be ``typed``.
    """
    href = web(link.get("href"), reading)
    if href is None:
        return None
    rel = relation(link)
    invented = "application/atom+xml" if rel == "self" else "text/html"
    kind = parts.media_type(link.get("type"))
    return Link(
        href=href,
        rel=rel if re.fullmatch(r"[!-~]{1,200}", rel) else "related",
        type=None if kind == invented and href not in typed else kind,
        hreflang=language.tag(str(link.get("hreflang") or "")),
        title=parts.line(link.get("title")),
        length=parts.number(link.get("length")),
    )


def _comments(holder: Values, told: Element, reading: Reading) -> str | None:
    """Give the page with the comments: an element of RSS; in Atom a link to replies as HTML (RFC 4685)."""
    pages = (
        one.url("href")
        for one in told.all("link")
        if one.get("rel") == "replies" and parts.media_type(one.get("type")) in HTML_TYPES
    )
    return web(value(holder, "comments"), reading) or next((url for url in pages if url), None)


def _origin(holder: Values, element: Element, reading: Reading) -> tuple[Origin | None, tuple[Person, ...]]:
    """Read ``atom:source`` or RSS ``source``; and its authors, who are the entry's if it names none."""
    told = attributes(holder, "source")
    links = [made for link in items(told, "links") if (made := read_link(link, reading))]
    own = value(told, "xid") or value(told, "id") or ""
    self_url = next((link.href for link in links if link.rel == "self"), None) or web(
        told.get("href"), reading
    )
    site_url = next((link.href for link in links if link.rel == "alternate"), None)
    title, rights = (text_of(told, key, None, reading) for key in ("title", "rights"))
    name = parts.line(shown(title)) or parts.line(told.get("title"))
    identity = own.strip() if is_uri(own.strip()) else self_url or site_url or name
    if identity is None:
        return None, ()
    updated = moment(told, "updated", reading)
    return (
        Origin(
            id=identity if is_uri(identity) else mint(reading.authority, "origin", identity),
            title=name,
            self_url=self_url,
            site_url=site_url,
            icon=web(value(told, "icon") or value(told, "logo"), reading),
            updated=updated.instant if updated else None,
            language=language.tag(_language_of_origin(told, element) or ""),
            rights=parts.line(shown(rights)),
        ),
        people(told, reading),
    )


def _language_of_origin(told: Values, element: Element) -> str | None:
    tags = (one.get("xml:lang") or one.first("language", "dc:language") for one in element.all("source"))
    return next((tag for tag in tags if tag), None) or value(told, "language")
