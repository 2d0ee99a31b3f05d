"""A planet for tests that watch sources over many polls: a real server, store and files, and a clock by hand.

    with Planet(tmp_path, {"a": lambda n: rss(item(1), ...)}) as planet:
        planet.poll()
        assert planet.items() == ...

A source is a function of the number of its poll, from 1 on, that gives a document.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from servers import Asked, Reply, Site

from feeds import __version__
from feeds.config.load import load
from feeds.config.schema import Config
from feeds.fetch import open_client
from feeds.fetch.client import Client
from feeds.memory import Record, SourceState
from feeds.pipeline import Emission, Emitter, Outcome, Poller, open_readers
from feeds.store import Store, open_store

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
AUTHORITY = "planet.example.org,2026"

Source = Callable[[int], str | bytes]


def element(name: str, value: str | None) -> str:
    return "" if value is None else f"<{name}>{escape(value, quote=False)}</{name}>"


def item(
    key: object,
    *,
    guid: str | None = "{}",
    link: str | None = "https://blog.example/{}",
    title: str | None = "Item {}",
    date: str | None = "Mon, 05 Jan 2026 10:00:00 GMT",
    text: str | None = "This is what item {} says.",
) -> str:
    """Write an item of RSS; ``{}`` stands for its key, None leaves an element out."""
    told = {"link": link, "title": title, "pubDate": date, "description": text}
    inner = "".join(element(name, value and value.format(key)) for name, value in told.items())
    own = "" if guid is None else f"<guid isPermaLink='false'>{escape(guid.format(key))}</guid>"
    return f"<item>{own}{inner}</item>"


def rss(*items: str, head: str = "") -> str:
    return (
        "<?xml version='1.0' encoding='utf-8'?><rss version='2.0'><channel><title>A blog</title>"
        f"<link>https://blog.example/</link><description>d</description>{head}{''.join(items)}</channel></rss>"
    )


def atom_entry(
    key: object,
    *,
    eid: str = "tag:blog.example,2026:{}",
    link: str = "https://blog.example/{}",
    title: str = "Entry {}",
    updated: str = "2026-01-05T10:00:00Z",
    published: str | None = None,
    text: str = "This is what entry {} says.",
) -> str:
    told = {"id": eid, "title": title, "updated": updated, "published": published, "content": text}
    inner = "".join(element(name, value and value.format(key)) for name, value in told.items())
    return f'<entry>{inner}<link href="{escape(link.format(key))}"/></entry>'


def atom(*entries: str, feed_id: str = "tag:blog.example,2026:feed") -> str:
    return (
        "<?xml version='1.0' encoding='utf-8'?><feed xmlns='http://www.w3.org/2005/Atom'>"
        f"<title>A blog</title><id>{feed_id}</id><updated>2026-01-05T10:00:00Z</updated>"
        "<author><name>Ada</name></author><link href='https://blog.example/'/>"
        f"{''.join(entries)}</feed>"
    )


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What a reader of the output sees of an entry."""

    id: str
    title: str | None
    url: str | None
    published: str | None
    updated: str


class Planet:
    """A configuration whose sources are functions, its store and its output."""

    def __init__(self, folder: Path, sources: Mapping[str, Source], settings: str = "") -> None:
        self.folder = folder
        self.sources = dict(sources)
        self.settings = settings
        self.now = NOW
        self.polls: dict[str, int] = dict.fromkeys(sources, 0)
        self.site = Site({f"/{name}": self._route(name) for name in sources})
        self._runner = asyncio.Runner()

    def _route(self, name: str) -> Callable[[Asked], Reply]:
        def answer(_: Asked) -> Reply:
            self.polls[name] += 1
            body = self.sources[name](self.polls[name])
            return Reply(body=body if isinstance(body, bytes) else body.encode())

        return answer

    def __enter__(self) -> Self:
        self.site.__enter__()
        self.config = self.configure()
        self.store: Store = open_store("sqlite:///feeds.db", self.folder)
        self._context = open_client(self.config.fetch, __version__)
        self.client: Client = self._runner.run(self._context.__aenter__())
        self._stack = ExitStack()
        self.readers = self._stack.enter_context(open_readers(self.config.read))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()
        self._runner.run(self._context.__aexit__(None, None, None))
        self._runner.close()
        self.store.close()
        self.site.__exit__(kind, error, trace)

    def configure(self, paths: Mapping[str, str] | None = None) -> Config:
        """Write config.yaml; a source is at the path of its name unless ``paths`` says another."""
        places = {name: self.site.url((paths or {}).get(name, f"/{name}")) for name in self.sources}
        lines = [
            f'site: {{title: Planet, base_url: "https://planet.example.org/", authority: "{AUTHORITY}"}}',
            "fetch: {allow: [127.0.0.0/8]}",
            "outputs: [{name: all, limit: 5000}]",
            "sources:",
            *(f"  - {{name: {name}, url: '{address}'{self.settings}}}" for name, address in places.items()),
        ]
        path = self.folder / "config.yaml"
        path.write_text("\n".join(lines), "utf-8")
        return load(path, {})

    def poll(self, names: Iterable[str] = (), *, after: timedelta = HOUR) -> dict[str, Outcome]:
        """Poll sources, all of them if none is named, some time after the last poll."""
        wanted = tuple(names) or tuple(self.sources)
        states = self.store.states(wanted)
        poller = Poller(self.config, self.store, self.client, self.readers)
        self.now += after
        asked = [states.get(name) or SourceState(name=name) for name in wanted]
        outcomes = self._runner.run(poller.refresh_all(asked, self.now))
        return {outcome.source: outcome for outcome in outcomes}

    def restart(self) -> None:
        """Close the store and open it again, as a new run does."""
        self.store.close()
        self.store = open_store("sqlite:///feeds.db", self.folder)

    def lose(self) -> None:
        """Lose the database."""
        self.store.close()
        for path in self.folder.glob("feeds.db*"):
            path.unlink()
        self.store = open_store("sqlite:///feeds.db", self.folder)

    def emit(self) -> tuple[Emission, ...]:
        return Emitter(self.config, self.store).emit_all(self.now)

    def items(self) -> list[Shown]:
        """Publish, and give what the output shows, newest first."""
        self.emit()
        found = json.loads((self.folder / "output/all.json").read_bytes())["items"]
        return [_shown(one) for one in found]

    def records(self, names: Collection[str] = ()) -> list[Record]:
        return list(self.store.newest(tuple(names) or tuple(self.sources)))

    def files(self) -> dict[str, tuple[bytes, int, int]]:
        """Give bytes, time of change and inode of each published file."""
        return {
            path.name: (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_ino)
            for path in sorted((self.folder / "output").iterdir())
        }


def _shown(one: dict[str, Any]) -> Shown:
    return Shown(
        id=one["id"],
        title=one.get("title"),
        url=one.get("url"),
        published=one.get("date_published"),
        updated=one["date_modified"],
    )
