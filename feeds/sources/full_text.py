"""The page of an entry -> its text. Not a kind that config.yaml knows: no source is one such page.

The only room that knows trafilatura, which comes with the extra ``fulltext``.
"""

from __future__ import annotations

from feeds.config.schema import Source
from feeds.config.selectors import Selector
from feeds.errors import ReadError
from feeds.model import Document, Entry, Feed, Text
from feeds.normalize.urls import web_url
from feeds.sources import parts
from feeds.sources.charset import decode
from feeds.sources.finish import UNKNOWN
from feeds.sources.selecting import Page

NOWHERE = "https://source.invalid/"


def read(document: Document, source: Source, authority: str) -> Feed:
    """Read the text of one page, as the content of a feed's only entry.

    Raises:
        ReadError: There is none, or not where the selector says.
    """
    del authority
    html = decode(document.body, document.headers)
    page = Page(html, web_url(document.url, None) or NOWHERE)
    select = source.full_text.select if source.full_text else None
    text = _main(html, page.base) if select is None else _selected(page, select)
    entry = Entry(source=source.name, id=UNKNOWN, content=text)
    return Feed(id=UNKNOWN, entries=(entry,))


def _selected(page: Page, css: str) -> Text:
    found, _ = page.all(css, 1)
    text = parts.html_text(found[0].markup(Selector()), page.base) if found else None
    if text is None:
        raise ReadError(f"{css[:100]} matches no text in it; look at the page, and mend full_text: select:")
    return text


def _main(html: str, base: str) -> Text:
    from trafilatura import extract  # noqa: PLC0415  an extra, and a second to import

    found = extract(
        html,
        url=base,
        output_format="html",
        include_comments=False,
        include_formatting=True,
        include_images=True,
        include_links=True,
        include_tables=True,
    )
    text = parts.html_text(found, base) if found else None
    if text is None:
        raise ReadError("no main text is found in it; name it with full_text: {select: ...}")
    return text
