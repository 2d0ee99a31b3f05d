"""OPML 2.0 (http://opml.org/spec2.opml): what is merged here, for importing it elsewhere.

A source whose address is public is an outline of type rss. One without (a folder, or an address with a
secret in it) is named, and leads to its site if it has one.
"""

from __future__ import annotations

from lxml import etree

from feeds.formats.site import SitePage, SourceLine
from feeds.normalize.chars import one_line
from feeds.validity import web_address


def render(site: SitePage) -> bytes:
    """Write the list of sources, in the order of config.yaml; no date in it, so it changes only with them."""
    root = etree.Element("opml", version="2.0")
    head = etree.SubElement(root, "head")
    etree.SubElement(head, "title").text = one_line(site.title)
    if site.owner:
        etree.SubElement(head, "ownerName").text = one_line(site.owner)
    if web_address(site.base_url):
        etree.SubElement(head, "ownerId").text = site.base_url
    body = etree.SubElement(root, "body")
    for source in site.sources:
        _outline(body, source)
    if not site.sources:
        # OPML wants at least one outline; readers show this one as an empty folder.
        etree.SubElement(body, "outline", text=one_line(site.title) or "feeds")
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True))


def _outline(body: etree._Element, source: SourceLine) -> None:
    title = one_line(source.title) or source.name
    outline = etree.SubElement(body, "outline", text=title)
    site_url = source.site_url if web_address(source.site_url) else None
    if source.url and web_address(source.url):
        outline.set("type", "rss")
        outline.set("title", title)
        outline.set("xmlUrl", source.url)
        if site_url:
            outline.set("htmlUrl", site_url)
    elif site_url:
        outline.set("type", "link")
        outline.set("url", site_url)
    # A comma parts categories, so it cannot stand in one.
    tags = [tag for raw in source.tags if (tag := one_line(raw.replace(",", " ")))]
    if tags:
        outline.set("category", ",".join(tags))
