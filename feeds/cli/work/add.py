"""``feeds add``: look at a source, and write it into config.yaml."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import click

from feeds import __version__
from feeds.cli.plain import count, visible
from feeds.cli.session import Mistaken, Session, now
from feeds.cli.show import GOOD, Screen
from feeds.cli.work.discovery import Found, feeds_named
from feeds.cli.work.loading import configuration, finish
from feeds.config import edit, names, secrets
from feeds.config.one import one_source
from feeds.config.schema import Config, Source
from feeds.errors import ReadError
from feeds.fetch import open_client
from feeds.model import Document, Feed
from feeds.normalize.urls import canonical
from feeds.pipeline import ask, open_readers

Settings = Mapping[str, str | tuple[str, ...]]
SHAPES = ("entry", "match")
"""Settings without which a source of its kind cannot be read, beside its fields."""


def add(session: Session, address: str, settings: Settings, *, check: bool, yes: bool) -> int:
    """Look at a source, unless told not to, and write it into config.yaml."""
    config = configuration(session)
    screen = Screen(session)
    place = placed(address, config.folder)
    refuse_known(config, place)
    if settings.get("kind") == "page" and not ("entry" in settings and "fields" in settings):
        message = "a page is read by selectors: name them, like --entry li.event --field title=h3"
        raise Mistaken(message)
    title = ""
    if check:
        title, place = seen(session, config, place, settings, yes=yes)
        refuse_known(config, place)
    name = edit.add_source(session.config_path, ordered(settings, place), os.environ)
    screen.line(f"Added {name}: {title}" if check else f"Added {name}", GOOD)
    return 0


def ordered(settings: Settings, place: Mapping[str, str]) -> dict[str, object]:
    """Put a source together in the order in which people write one: its name, where it is, the rest."""
    name = {"name": settings["name"]} if "name" in settings else {}
    rest: dict[str, object] = {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in settings.items()
        if key not in {"name", "fields"}
    }
    rest |= {"fields": fields_of(settings)} if "fields" in settings else {}
    kind = {"kind": "articles"} if "path" in place and "kind" not in rest else {}
    return {**name, **kind, **place, **rest}


def fields_of(settings: Settings) -> dict[str, str]:
    """Read ``title=h3`` and the like.

    Raises:
        Mistaken: It is written otherwise.
    """
    told = settings.get("fields", ())
    pairs = [pair.partition("=") for pair in ((told,) if isinstance(told, str) else told)]
    for name, sign, css in pairs:
        if not (name.strip() and sign and css.strip()):
            message = f"expected a field like title=h3, found {name + sign + css!r}"
            raise Mistaken(message)
    return {name.strip(): css.strip() for name, _, css in pairs}


def placed(address: str, folder: Path) -> dict[str, str]:
    """Say whether an address is a web address or a path; one without a scheme may be either."""
    if "://" in address:
        return {"url": address}
    path = Path(address)
    if path.exists():
        # Written as seen from config.yaml, for that is how it is read.
        with suppress(ValueError):
            return {"path": str(path.absolute().relative_to(folder))}
        return {"path": str(path.absolute())}
    host = address.partition("/")[0]
    if "." in host.strip("."):
        return {"url": f"https://{address}"}
    message = f"expected an address like https://example.org/feed.xml or a folder, found {address!r}"
    raise Mistaken(message)


def refuse_known(config: Config, place: Mapping[str, str]) -> None:
    """Raise Mistaken if the address is listed already."""
    url, path = place.get("url"), place.get("path")
    for source in config.sources:
        same_url = url is not None and source.url is not None and canonical(url) == canonical(source.url)
        if same_url or (path is not None and source.path == path):
            raise Mistaken(f"that is listed already, as {source.name!r}")


def seen(
    session: Session, config: Config, place: dict[str, str], settings: Settings, *, yes: bool
) -> tuple[str, dict[str, str]]:
    """Look at what is to be added: what it is, in words, and where it is (a page may name its feed).

    Raises:
        SourceError: It cannot be had or read, and names no feed.
    """
    source = trial(session, place, settings)
    document, feed, problem = finish(looked(config, source))
    if feed is not None:
        return summary(source, feed), place
    found = feeds_named(document)
    if not found or problem is None:
        raise problem or ReadError(f"{source.name}: nothing to read")
    choice = choose(session, found, yes=yes)
    other = {"url": choice.url}
    _, feed, problem = finish(looked(config, trial(session, other, settings)))
    if feed is None:
        raise problem or ReadError(f"{choice.url}: nothing to read")
    return summary(source, feed), other


def trial(session: Session, place: Mapping[str, str], settings: Settings) -> Source:
    """Make the source that is to be added, to look at: references expanded, as reading the file would.

    Raises:
        Mistaken: A variable of the environment is missing.
    """
    problems: list[str] = []
    found: set[str] = set()
    expanded = {
        key: secrets.expand(value, os.environ, found, problems.append) for key, value in place.items()
    }
    if problems:
        raise Mistaken("; ".join(problems))
    session.secrets.update(found)
    session.secrets.update(text for value in expanded.values() for text in secrets.userinfo(value))
    name = settings.get("name")
    if not isinstance(name, str):
        name = names.name_of_url(place["url"]) if "url" in place else names.name_of_path(place["path"])
    kind = settings.get("kind") or ("articles" if "path" in place else "auto")
    private = bool(found) or any(secrets.userinfo(value) for value in expanded.values())
    shape: dict[str, object] = {key: settings[key] for key in SHAPES if key in settings}
    shape |= {"fields": fields_of(settings)} if "fields" in settings else {}
    return one_source({"name": name, "kind": kind, "private": private, **shape, **expanded})


async def looked(config: Config, source: Source) -> tuple[Document, Feed | None, ReadError | None]:
    async with open_client(config.fetch, __version__) as client:
        document = await ask(client, source, config.folder, now())
    try:
        with open_readers(config.read) as readers:
            _, feed = await readers.read(document, source, config.authority)
    except ReadError as error:
        return document, None, error
    return document, feed, None


def summary(source: Source, feed: Feed) -> str:
    title = visible(feed.title.value) if feed.title else source.name
    return f"{title}, {count(len(feed.entries), 'entry')}"


def choose(session: Session, found: tuple[Found, ...], *, yes: bool) -> Found:
    """Let the operator choose among the feeds that a page names.

    Raises:
        ReadError: There is nobody to ask; the sentence lists them.
    """
    if yes:
        return found[0]
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        listed = "; ".join(f"feeds add {one.url}" for one in found)
        raise ReadError(f"that is a web page, not a feed; it names {count(len(found), 'feed')}: {listed}")
    click.echo("That is a web page. It names these feeds:", err=True)
    for number, one in enumerate(found, start=1):
        label = f" ({visible(one.title)})" if one.title else ""
        click.echo(f"  {number}  {visible(session.hide(one.url))}{label}", err=True)
    number = click.prompt("Which one", type=click.IntRange(1, len(found)), default=1, err=True)
    return found[number - 1]
