"""OPML 2.0 in and out: lists of sources as other programs read and write them.

Folders are tags. All our settings travel as JSON in one attribute of a namespace of ours, which others
ignore. listparser, made for reading such lists, drops attributes that it does not know; so lxml reads them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from lxml import etree
from pydantic_core import PydanticCustomError

from feeds.config import scalars
from feeds.config.load import derived_name
from feeds.config.names import digest
from feeds.config.problems import shown
from feeds.config.schema import Config, Source
from feeds.config.secrets import escape, has_reference
from feeds.config.spell import spelled
from feeds.errors import ConfigError, Problem

NAMESPACE = "urn:x-feeds:opml"
SETTINGS = f"{{{NAMESPACE}}}settings"
ORDER = f"{{{NAMESPACE}}}order"
LAST = 2**31


@dataclass(frozen=True, slots=True)
class Imported:
    """What a list says.

    Attributes:
        sources: Plain values in the words of config.yaml, for ``edit.add_sources``; no address twice.
        problems: What could not be taken, with its line.
    """

    sources: tuple[dict[str, Any], ...]
    problems: tuple[Problem, ...]


def outline(source: Source, order: int) -> etree._Element:
    """Make the outline of one source."""
    values = spelled(source)
    told = json.dumps(values.get("fetch"))
    if any(json.dumps(secret)[1:-1] in told for secret in source.fetch.secrets()):
        del values["fetch"]  # A secret that stands in config.yaml itself stays there.
    text = source.title or source.name
    element = etree.Element("outline", text=text, title=text, nsmap={"feeds": NAMESPACE})
    if source.url is not None:
        element.set("type", "rss")
        element.set("xmlUrl", values["url"] if source.private or source.written else source.url)
    shareable = [tag for tag in source.tags if not re.search(r"[,/]", tag)]
    if shareable:
        element.set("category", ",".join(shareable))
    element.set(SETTINGS, json.dumps(values))
    element.set(ORDER, str(order))
    return element


def export_opml(config: Config) -> bytes:
    """Write the sources of a configuration as OPML 2.0.

    Each stands in the folder of its first tag. Secrets are not in it: ``${NAME}`` stays as it is written.
    """
    root = etree.Element("opml", version="2.0", nsmap={"feeds": NAMESPACE})
    etree.SubElement(etree.SubElement(root, "head"), "title").text = config.site.title
    body = etree.SubElement(root, "body")
    folders: dict[str, etree._Element] = {}
    for order, source in enumerate(config.sources):
        parent = body
        if source.tags:
            tag = source.tags[0]
            if tag not in folders:
                folders[tag] = etree.SubElement(body, "outline", text=tag, title=tag)
            parent = folders[tag]
        parent.append(outline(source, order))
    etree.cleanup_namespaces(root, keep_ns_prefixes=["feeds"])
    body_bytes: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return body_bytes


def parsed(body: bytes, file: str) -> tuple[etree._Element, list[Problem]]:
    """Parse a list without network, entities or trust.

    Raises:
        ConfigError: It is no OPML, or declares entities.
    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, recover=True
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        root = None
    if root is None:
        raise ConfigError(Problem(file=file, line=1, column=1, message="expected an OPML list, found no XML"))
    found = etree.QName(root).localname if isinstance(root.tag, str) else "?"
    if found.lower() != "opml":
        message = f"expected an OPML list, found <{found}>"
        raise ConfigError(Problem(file=file, line=root.sourceline, column=1, message=message))
    dtd = root.getroottree().docinfo.internalDTD
    if dtd is not None and any(True for _ in dtd.iterentities()):
        message = "expected a list without entity declarations, found one; nothing of it is taken"
        raise ConfigError(Problem(file=file, line=1, column=1, message=message))
    problems = [
        Problem(
            file=file, line=entry.line, column=entry.column or 1, message=f"not well-formed: {entry.message}"
        )
        for entry in list(parser.error_log)[:1]
    ]
    return root, problems


def walk(root: etree._Element) -> Iterator[tuple[etree._Element, tuple[str, ...]]]:
    """Give all outlines that are no folders, with the names of the folders they are in, outermost first."""
    stack: list[tuple[etree._Element, tuple[str, ...]]] = [(root, ())]
    while stack:
        element, folders = stack.pop()
        if not isinstance(element.tag, str):
            continue
        name = etree.QName(element).localname.lower()
        inside = folders
        if name == "outline":
            attributes = attributes_of(element)
            if SETTINGS in element.attrib or "xmlurl" in attributes:
                yield element, folders
            elif label := clean(attributes.get("text") or attributes.get("title") or ""):
                inside = (*folders, label)
        stack.extend((child, inside) for child in reversed(element))


def attributes_of(element: etree._Element) -> dict[str, str]:
    """Give the attributes with lower-case names: xmlUrl is spelled in every way there is."""
    return {str(key).lower(): str(value) for key, value in element.attrib.items()}


def clean(text: str) -> str:
    """Make one line of a text, without what XML or a terminal would not take."""
    return " ".join(scalars.FORBIDDEN.sub(" ", text).split())


def foreign(attributes: Mapping[str, str], folders: tuple[str, ...]) -> dict[str, Any]:
    """Make a source of an outline that another program wrote.

    Raises:
        PydanticCustomError: Its address cannot be polled.
    """
    url = attributes["xmlurl"].strip()
    # feed://host/ and feed:https://host/ are old ways to say that the address is a feed's.
    bare = re.sub(r"(?i)^feed:(?:(?=https?:)|//)", "", url)
    url = bare if re.match(r"(?i)https?:", bare) or bare == url else f"https://{bare}"
    scalars.address(url)
    source: dict[str, Any] = {"url": escape(url)}
    title = clean(attributes.get("text") or attributes.get("title") or "")
    if title and title not in {url, attributes["xmlurl"]}:
        source["title"] = escape(title)
    labels = (clean(label).strip("/") for label in attributes.get("category", "").split(","))
    tags = [*folders, *(label for label in labels if label and "/" not in label)]
    if tags:
        source["tags"] = [escape(tag) for tag in dict.fromkeys(tags)]
    return source


def ours(text: str) -> dict[str, Any]:
    """Read our own attribute.

    Raises:
        ValueError: It is not what we write.
    """
    values = json.loads(text)
    if not isinstance(values, dict) or not ("url" in values or "path" in values):
        raise ValueError(text)
    return values


def reaches_out(source: object) -> bool:
    """Say whether a source would take something of this machine: a variable of the environment, or files."""
    if isinstance(source, dict):
        return "path" in source or any(map(reaches_out, source.values()))
    if isinstance(source, list):
        return any(map(reaches_out, source))
    return isinstance(source, str) and has_reference(source)


@dataclass(slots=True)
class Collector:
    """Collects sources, each address and each name once."""

    file: str
    trusted: bool
    problems: list[Problem]
    found: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    places: set[tuple[object, ...]] = field(default_factory=set)
    names: set[str] = field(default_factory=set)

    def take(self, element: etree._Element, folders: tuple[str, ...]) -> None:
        attributes = attributes_of(element)
        order = attributes.get(ORDER.lower(), "")
        try:
            own = attributes.get(SETTINGS.lower())
            source = foreign(attributes, folders) if own is None else ours(own)
        except PydanticCustomError as error:
            context: Mapping[str, Any] = error.context or {}
            detail = f": {context['detail']}" if context.get("detail") else ""
            address = shown(attributes["xmlurl"])
            self.wrong(element, f"expected {context.get('expected')}, found {address}{detail}")
            return
        except ValueError:
            self.wrong(element, "expected settings as feeds writes them, found others")
            return
        if not self.trusted and reaches_out(source):
            self.wrong(
                element, "expected a source that takes nothing of this machine, found a path or ${NAME}"
            )
            return
        place = (source.get("url"), source.get("path"), source.get("name"))
        if place in self.places:
            return
        self.places.add(place)
        self.named(source)
        number = int(order) if order.isdecimal() and len(order) < 10 else LAST
        self.found.append((number, source))

    def named(self, source: dict[str, Any]) -> None:
        """Give a source a name of its own if the one from its address is taken by another of the list."""
        name = str(source.get("name") or derived_name(source))
        if name.casefold() in self.names:
            name = f"{name[:80]}-{digest(str(source.get('url') or source.get('path')))}"
            first = {"name": name}
            rest = {key: value for key, value in source.items() if key != "name"}
            source.clear()
            source.update(first | rest)
        self.names.add(name.casefold())

    def wrong(self, element: etree._Element, message: str) -> None:
        self.problems.append(Problem(file=self.file, line=element.sourceline, column=1, message=message))


def read_opml(body: bytes, *, file: str = "OPML", trusted: bool = True) -> Imported:
    """Read a list, taking what can be taken.

    Args:
        body: The file, in any encoding that XML allows.
        file: What to call it in problems.
        trusted: Whether the list is the operator's own. One from elsewhere could name a variable of the
            environment in an address, to have its value sent there, or a folder of this machine.

    Returns:
        Sources in our order if we wrote the list, else in its own; duplicates are left out unsaid.

    Raises:
        ConfigError: It is no OPML, or declares entities.
    """
    root, problems = parsed(body, file)
    collector = Collector(file, trusted, problems)
    for element, folders in walk(root):
        collector.take(element, folders)
    ordered = sorted(collector.found, key=lambda item: item[0])
    return Imported(tuple(source for _, source in ordered), tuple(collector.problems))


def import_opml(body: bytes, *, trusted: bool = True) -> list[dict[str, Any]]:
    """Read a list of which everything can be taken.

    Raises:
        ConfigError: With everything that cannot be taken; ``read_opml`` gives the rest.
    """
    imported = read_opml(body, trusted=trusted)
    if imported.problems:
        raise ConfigError(*imported.problems)
    return list(imported.sources)
