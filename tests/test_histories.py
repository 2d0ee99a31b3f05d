"""Random histories of sources against a plain model: none lost, none twice, no id and no date changed."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from planets import HOUR, NOW, Planet, item, rss

WORDS = (
    "The council met on Monday evening to talk about the old bridge over the river {}. It will be closed for "
    "lorries from May, and for everyone in the summer of next year, the mayor said after the vote on item {}."
)


@dataclass(frozen=True)
class Post:
    """What its author knows of a post; ``number`` and ``version`` are all that makes its text."""

    number: int
    date: datetime | None
    version: int = 0

    @property
    def name(self) -> str:
        return f"Post {self.number} of {self.number * 7919 % 1000}"


@dataclass(frozen=True)
class Style:
    """How a source writes its posts: what a move, or its habits, may change."""

    guids: bool
    links: bool
    scheme: str = "https"
    host: str = "blog.example"
    slash: str = ""
    issue: int = 0

    def write(self, source: str, post: Post) -> str:
        path = f"{self.issue}/{post.number}" if self.issue else f"{post.number}"
        told = None if post.date is None else f"{post.date:%d %b %Y %H:%M:%S} GMT"
        return item(
            post.number,
            guid=f"{self.issue}-{{}}" if self.guids else None,
            link=f"{self.scheme}://{source}.{self.host}/{path}{self.slash}" if self.links else None,
            title=f"{post.name}",
            date=told,
            text=WORDS.format(post.name, post.number) + " Corrected." * post.version,
        )


class Histories(RuleBasedStateMachine):
    """Two sources that grow, forget, reorder, edit, and issue their ids anew, each poll in between."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.listed: dict[str, list[Post]] = {"a": [], "b": []}
        self.gone: dict[str, list[Post]] = {"a": [], "b": []}
        self.style: dict[str, Style] = {}
        self.dated: dict[str, bool] = {}
        self.count = 0
        self.met: dict[tuple[str, int], tuple[str, str | None]] = {}
        self.issued = self.lost = False
        sources = {name: (lambda _, n=name: self.write(n)) for name in self.listed}
        self.planet = Planet(self.folder, sources)
        self.planet.__enter__()

    def teardown(self) -> None:
        assert len(self.planet.items()) == len(self.met), "what is published is what is known"
        self.planet.__exit__(None, None, None)
        shutil.rmtree(self.folder)

    def write(self, name: str) -> str:
        return rss(*(self.style[name].write(name, post) for post in self.listed[name]))

    @initialize(data=st.data())
    def begin(self, data: st.DataObject) -> None:
        for name in self.listed:
            kinds = [
                Style(guids=True, links=True),
                Style(guids=False, links=True),
                Style(guids=True, links=False),
            ]
            self.style[name] = data.draw(st.sampled_from([*kinds, Style(guids=False, links=False)]))
            self.dated[name] = data.draw(st.booleans())
            self.grow(name, 3)
        self.poll()

    SOURCES = st.sampled_from("ab")

    @rule(name=SOURCES, number=st.integers(1, 4))
    def grow(self, name: str, number: int) -> None:
        for _ in range(number):
            self.count += 1
            date = NOW - timedelta(days=90) + self.count * 5 * HOUR if self.dated[name] else None
            self.listed[name].insert(0, Post(self.count, date))

    @rule(name=SOURCES, left=st.integers(2, 6))
    def window(self, name: str, left: int) -> None:
        self.gone[name] += self.listed[name][left:]
        del self.listed[name][left:]

    @rule(name=SOURCES)
    def come_back(self, name: str) -> None:
        self.listed[name] += self.gone[name]
        self.gone[name] = []

    @rule(name=SOURCES, data=st.data())
    def shuffle(self, name: str, data: st.DataObject) -> None:
        self.listed[name] = data.draw(st.permutations(self.listed[name]))

    # Without id and link the text is all there is: there, another text is another entry.
    @precondition(lambda self: any(style.guids or style.links for style in self.style.values()))
    @rule(data=st.data())
    def edit(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from([n for n, s in sorted(self.style.items()) if s.guids or s.links]))
        place = data.draw(st.integers(0, len(self.listed[name]) - 1))
        post = self.listed[name][place]
        self.listed[name][place] = replace(post, version=post.version + 1)
        self.poll()

    @rule(name=SOURCES, scheme=st.sampled_from(["http", "https"]), slash=st.sampled_from(["", "/"]))
    def respell(self, name: str, scheme: str, slash: str) -> None:
        self.style[name] = replace(self.style[name], scheme=scheme, slash=slash)
        self.poll()

    @rule(name=SOURCES)
    def reissue(self, name: str) -> None:
        """All ids and links, and the host, are new, of what is listed; what is gone is gone for good."""
        self.poll()
        old = self.style[name]
        self.gone[name] = []
        self.style[name] = replace(old, issue=old.issue + 1, host=f"host{old.issue}.example")
        self.issued = True
        self.poll()

    @rule()
    def restart(self) -> None:
        self.planet.restart()

    @precondition(lambda self: not self.issued)
    @rule()
    def lose(self) -> None:
        """The database is lost: what is still listed comes back under the same ids."""
        self.poll()
        self.planet.lose()
        listed = {(name, post.number) for name in self.listed for post in self.listed[name]}
        self.met = {key: (told[0], told[1]) for key, told in self.met.items() if key in listed}
        self.poll()

    @rule(after=st.sampled_from([HOUR, 24 * HOUR, -HOUR, -24 * HOUR]))
    def poll(self, after: timedelta = HOUR) -> None:
        self.planet.poll(after=after)
        numbers: dict[str, int] = {}
        found: dict[tuple[str, int], tuple[str, str | None]] = {}
        for record in self.planet.records():
            assert record.entry is not None
            assert record.entry.title is not None
            number = int(record.entry.title.value.split()[1])
            key = (record.source, number)
            assert key not in found, f"twice: {record.id} and {found[key]}"
            assert record.id not in numbers, f"one id for two: {record.id}"
            numbers[record.id] = number
            published = record.entry.published
            found[key] = record.id, None if published is None else published.instant.isoformat()
        for name, posts in self.listed.items():
            for post in posts:
                assert (name, post.number) in found, "lost"
        for key, told in self.met.items():
            assert found.get(key) == told, "changed"
        assert len(found) == len(set(self.met) | {(n, p.number) for n in self.listed for p in self.listed[n]})
        self.met = found


TestHistories = Histories.TestCase
MANY = os.environ.get("FEEDS_CORPUS") == "all"
TestHistories.settings = settings(
    max_examples=200 if MANY else 4,
    stateful_step_count=40 if MANY else 10,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
