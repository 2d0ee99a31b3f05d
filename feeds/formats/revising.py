"""Change a closed page as little as can be: take entries out, or move its links to another address.

A page is not rendered anew, because what it was made from may have changed or expired since: all that is not
asked for stays byte for byte as it was published.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any
from xml.sax.saxutils import escape

from lxml import etree

from feeds.formats.elements import ATOM
from feeds.formats.media import Move


def revise_xml(body: bytes, without: Collection[str], move: Move | None = None) -> bytes:
    """Give a page of Atom or RSS without the entries of these ids."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
    root = etree.fromstring(body, parser)
    channel = root.find("channel")
    feed = root if channel is None else channel
    own, name = (f"{{{ATOM}}}entry", f"{{{ATOM}}}id") if channel is None else ("item", "guid")
    for entry in feed.findall(own):
        if entry.findtext(name) in without:
            feed.remove(entry)
    if move is not None:
        for link in feed.findall(f"{{{ATOM}}}link"):
            link.set("href", _moved(link.get("href", ""), move))
        for page in feed.findall("link"):
            page.text = _moved(page.text or "", move)
    revised: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)
    return revised


def revise_json(body: bytes, without: Collection[str], move: Move | None = None) -> bytes:
    """Give a page of JSON Feed without the items of these ids: an item stands on a line of its own."""
    feed: dict[str, Any] = json.loads(body)
    items = [item for item in feed.pop("items") if item["id"] not in without]
    if move is not None:
        for part in (feed, feed.get("_feeds", {})):
            part.update(
                {key: _moved(value, move) for key, value in part.items() if key.endswith("_url") and value}
            )
    lines = ",\n".join(json.dumps(item, ensure_ascii=False) for item in items)
    return f'{json.dumps(feed, ensure_ascii=False)[:-1]}, "items": [\n{lines}\n]}}\n'.encode()


def holds_xml(body: bytes, name: str) -> bool:
    """Say whether an entry of that id is in a page of Atom or RSS that we wrote."""
    return f">{escape(name)}</".encode() in body


def holds_json(body: bytes, name: str) -> bool:
    """Say whether an item of that id is in a page of JSON Feed that we wrote."""
    return f'{{"id": {json.dumps(name, ensure_ascii=False)}'.encode() in body


def _moved(address: str, move: Move) -> str:
    old, new = move
    return new + address.removeprefix(old) if address.startswith(old) else address
