"""Each entry once, for ever: how real sources behave over many polls, through the whole program."""

from __future__ import annotations

import asyncio
import json
import os
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from commands import feeds
from planets import HOUR, Planet, Shown, Source, atom, atom_entry, item, rss

from feeds import __version__
from feeds.fetch import open_client
from feeds.memory import SourceState
from feeds.normalize.urls import is_uri
from feeds.pipeline import Poller, open_readers
from feeds.store import open_store


@contextmanager
def planet(folder: Path, *sources: Source, settings: str = "") -> Iterator[Planet]:
    names = dict(zip("abcdef", sources, strict=False))
    with Planet(folder, names, settings) as running:
        yield running


def titles(shown: list[Shown]) -> list[str | None]:
    return [one.title for one in shown]


def lasting(shown: list[Shown]) -> dict[str | None, tuple[str, str | None]]:
    """Give what may never change: id and date of publication, by title."""
    found = {one.title: (one.id, one.published) for one in shown}
    assert len(found) == len(shown), "an entry twice"
    assert len({one.id for one in shown}) == len(shown), "an id twice"
    return found


def dated(number: int) -> str:
    return atom_entry(number, updated=f"2026-01-{number // 24 + 1:02}T{number % 24:02}:00:00Z")


def shuffled(n: int) -> str:
    entries = [dated(number) for number in range(50)]
    random.Random(n).shuffle(entries)
    return atom(*entries)


# A source, and how many entries it has listed by its n-th poll.
GROWING: dict[str, tuple[Source, Callable[[int], int]]] = {
    "grow": (lambda n: atom(*map(dated, range(n, 0, -1))), lambda n: n),
    "grow undated": (lambda n: rss(*(item(k, date=None) for k in range(n, 0, -1))), lambda n: n),
    "window": (lambda n: atom(*map(dated, range(3 * n + 10, 3 * n, -1))), lambda n: 3 * n + 7),
    "shuffle": (shuffled, lambda _: 50),
    "vanish": (lambda n: atom(*map(dated, range(10 if n % 2 else 1))), lambda _: 10),
}


@pytest.mark.parametrize("name", GROWING)
def test_many_polls_give_each_entry_once(tmp_path: Path, name: str) -> None:
    source, true = GROWING[name]
    last = 100 if name == "vanish" or os.environ.get("FEEDS_CORPUS") == "all" else 20
    with planet(tmp_path, source) as running:
        before: dict[str | None, tuple[str, str | None]] = {}
        for number in range(1, last + 1):
            running.poll()
            if number in {1, 2, 3, 10, 11, 20, 100}:
                shown = lasting(running.items())
                assert len(shown) == true(number)
                assert before.items() <= shown.items(), "what was published never changes"
                before = shown
            if number == 10:
                running.restart()


NO_ID: dict[str, Source] = {
    "guid-none": lambda n: rss(*(item(k, guid=None) for k in range(10))),
    "guid-none-link-none": lambda n: rss(*(item(k, guid=None, link=None) for k in range(10))),
    "title-only": lambda n: rss(*(item(k, guid=None, link=None, date=None, text=None) for k in range(10))),
    "guid-empty": lambda n: rss(*(item(k, guid=g) for k, g in enumerate(["", " ", "\n", "\u200b"]))),
}


@pytest.mark.parametrize("name", NO_ID)
def test_ids_that_are_derived_are_the_same_after_all(tmp_path: Path, name: str) -> None:
    with planet(tmp_path, NO_ID[name]) as running:
        running.poll()
        before = running.items()
        assert len(before) == (4 if name == "guid-empty" else 10)
        running.poll()
        running.restart()
        running.poll()
        assert running.items() == before
        running.lose()
        running.poll()
        assert {one.id for one in running.items()} == {one.id for one in before}


def test_the_same_guids_in_two_sources_are_ten_entries(tmp_path: Path) -> None:
    def source(name: str) -> Source:
        link = f"http://{name}.example/{{}}"
        return lambda n: rss(*(item(k, title=f"{name} {{}}", link=link) for k in range(5)))

    with planet(tmp_path, source("a"), source("b")) as running:
        for _ in range(3):
            running.poll()
            assert sorted(map(str, lasting(running.items()))) == [
                f"{name} {k}" for name in "ab" for k in range(5)
            ]


SHARED: dict[str, tuple[Source, int]] = {
    "guid-dup": (lambda n: atom(atom_entry(1, eid="tag:x,1:s"), atom_entry(2, eid="tag:x,1:s")), 2),
    "guid-all-same": (lambda n: rss(*(item(k, guid="1") for k in range(50))), 50),
    "no pages": (lambda n: rss(*(item(k, guid="1", link=None) for k in range(9))), 9),
    "no pages, no dates": (lambda n: rss(*(item(k, guid="1", link=None, date=None) for k in range(9))), 9),
    "guid-space": (lambda n: rss(item(1, guid="g"), item(1, guid=" g \n")), 1),
    "guid-case": (lambda n: rss(item(1, guid="ABC"), item(2, guid="abc")), 2),
    "guid-unicode": (lambda n: rss(item(1, guid="caf\u00e9"), item(2, guid="cafe\u0301")), 2),
    "one of two": (lambda n: rss(*(item(k, guid="1") for k in ([1, 2], [2], [1])[(n - 1) % 3])), 2),
    "one of two, no pages": (
        lambda n: rss(*(item(k, guid="1", link=None) for k in ([1, 2], [2], [1])[(n - 1) % 3])),
        2,
    ),
    "one of two, no pages, no dates": (
        lambda n: rss(*(item(k, guid="1", link=None, date=None) for k in ([1, 2], [2], [1])[(n - 1) % 3])),
        2,
    ),
}


@pytest.mark.parametrize("name", SHARED)
def test_an_id_that_entries_of_a_document_share(tmp_path: Path, name: str) -> None:
    source, true = SHARED[name]
    with planet(tmp_path, source) as running:
        before: dict[str | None, tuple[str, str | None]] = {}
        for _ in range(6):
            running.poll()
            shown = lasting(running.items())
            assert before.items() <= shown.items()
            before = shown
        assert len(before) == true


def twice(n: int) -> str:
    return "s" if n % 2 else ""


FULL = ("guid-changing", "guid and link, and dates of now", "http-https as guid")
"""Polled 20 times, the others six times."""
CHANGING: dict[str, tuple[Source, int]] = {
    "guid-changing": (lambda n: rss(*(item(k, guid=f"{n}-{{}}") for k in range(10))), 10),
    "guid-changing, no link": (
        lambda n: rss(*(item(k, guid=f"{n}-{{}}", link=None) for k in range(10))),
        10,
    ),
    "guid-changing, no link, no date": (
        lambda n: rss(*(item(k, guid=f"{n}-{{}}", link=None, date=None) for k in range(10))),
        10,
    ),
    "guid and link": (
        lambda n: rss(*(item(k, guid=f"{n}-{{}}", link=f"https://blog.example/{n}/{{}}") for k in range(10))),
        10,
    ),
    "guid and link, no date": (
        lambda n: rss(
            *(item(k, guid=f"{n}-{{}}", link=f"https://blog.example/{n}/{{}}", date=None) for k in range(10))
        ),
        10,
    ),
    "guid and link in a window": (
        lambda n: rss(
            *(
                item(k, guid=f"{n}-{{}}", link=f"https://blog.example/{n}/{{}}", date=None)
                for k in range(n + 9, n - 1, -1)
            )
        ),
        15,
    ),
    "guid and link, and dates of now": (
        lambda n: rss(
            *(
                item(
                    k,
                    guid=f"{n}-{{}}",
                    link=f"https://b.example/{n}/{{}}",
                    date=f"{1 + (12 + n) // 24:02} Mar 2026 {(12 + n) % 24}:00:00 GMT",
                )
                for k in range(5)
            )
        ),
        5,
    ),
    "http-https": (
        lambda n: rss(*(item(k, guid=None, link=f"http{twice(n)}://b.example/{{}}") for k in range(5))),
        5,
    ),
    "http-https as guid": (
        lambda n: rss(*(item(k, guid=f"http{twice(n)}://b.example/{{}}") for k in range(5))),
        5,
    ),
    "slash": (
        lambda n: rss(
            *(item(k, guid=None, link=f"https://b.example/{{}}{'/' if n % 2 else ''}") for k in range(5))
        ),
        5,
    ),
    "slash, no dates": (
        lambda n: rss(
            *(
                item(k, guid=None, date=None, link=f"https://b.example/{{}}{'/' if n % 2 else ''}")
                for k in range(5)
            )
        ),
        5,
    ),
    "utm": (
        lambda n: rss(
            *(item(k, guid=None, link=f"https://b.example/{{}}?utm_source=rss&utm_x={n}") for k in range(5))
        ),
        5,
    ),
    "another host": (
        lambda n: rss(*(item(k, guid=None, link=f"https://cdn{n % 3}.example/{{}}") for k in range(5))),
        5,
    ),
}


@pytest.mark.parametrize("name", CHANGING)
def test_ids_that_change_at_every_poll_bring_no_flood(tmp_path: Path, name: str) -> None:
    source, true = CHANGING[name]
    with planet(tmp_path, source) as running:
        running.poll()
        first = lasting(running.items())
        for _ in range(19 if name in FULL else 5):
            running.poll()
        shown = lasting(running.items())
        assert first.items() <= shown.items()
        assert len(shown) == true
        unstable = running.store.states()["a"].unstable
        # Where only http or tracking changes, the ids that we derive do not.
        assert unstable is (name not in {"http-https", "utm"})


def moved(n: int) -> str:
    """A site that goes to another program: at the third poll all ids, links, and the host are new."""
    host, form = ("http://old.example/?p={}", "{}") if n < 3 else ("https://www.new.example/{}/", "urn:x:{}")
    return rss(*(item(k, guid=form, link=host) for k in range(10 + n, n, -1)))


def test_a_site_that_moves_all_ids_and_links_brings_only_what_is_new(tmp_path: Path) -> None:
    with planet(tmp_path, moved) as running:
        before: dict[str | None, tuple[str, str | None]] = {}
        for number in range(1, 6):
            running.poll()
            shown = lasting(running.items())
            assert len(shown) == 9 + number
            assert before.items() <= shown.items()
            before = shown
        reasons = [
            decision.reason
            for record in running.records()
            if record.entry
            for decision in record.entry.decisions
            if decision.topic == "same entry"
        ]
        assert len(reasons) == 9
        assert not running.store.states()["a"].unstable, "it moved once"
        assert all("it is the same entry" in reason for reason in reasons)


@pytest.mark.parametrize("date", [None, "Mon, 05 Jan 2026 10:00:00 GMT"])
def test_an_edit_after_all_ids_were_issued_anew_is_an_edit(tmp_path: Path, date: str | None) -> None:
    """Nothing but the ids tells then which entry it is: there are no links, and the words are others."""

    def reissued(n: int) -> str:
        texts = {2: "This was written anew, from the first word to the last."} if n >= 5 else {}
        return rss(
            *(
                item(
                    k,
                    guid="old-{}" if n < 3 else "new-{}",
                    link=None,
                    title=None,
                    date=date,
                    text=texts.get(k, f"Of {k}."),
                )
                for k in range(4)
            )
        )

    with planet(tmp_path, reissued) as running:
        for _ in range(8):
            running.poll()
            assert len({one.id for one in running.items()}) == len(running.items()) == 4
        changed = [
            record for record in running.records() if record.entry and "anew" in str(record.entry.content)
        ]
        assert [record.id.rpartition(":")[2] for record in changed] == ["old-2"]
        assert not running.store.states()["a"].unstable


def test_status_says_that_ids_are_unstable(tmp_path: Path) -> None:
    with planet(tmp_path, CHANGING["guid-changing"][0], GROWING["vanish"][0]) as running:
        for _ in range(4):
            running.poll()
    lines = feeds(tmp_path, "status").stdout.splitlines()
    assert ["unstable ids" in line for line in lines] == [True, False]
    told = json.loads(feeds(tmp_path, "status", "--json").stdout)["sources"]
    assert [one["unstable_ids"] for one in told] == [True, False]


def reused(n: int) -> str:
    """A comic of the day: always the same guid, another page, title, text and day."""
    return rss(item(n, guid="comic", date=f"{n:02} Jan 2026 10:00:00 GMT"))


def test_an_id_that_is_used_again_for_another_entry_loses_none(tmp_path: Path) -> None:
    with planet(tmp_path, reused) as running:
        before: dict[str | None, tuple[str, str | None]] = {}
        for number in range(1, 9):
            running.poll()
            shown = lasting(running.items())
            assert len(shown) == number
            assert before.items() <= shown.items()
            before = shown
        running.sources["a"] = lambda _: reused(3)
        running.poll()
        assert lasting(running.items()) == before


def test_an_edit_keeps_id_place_and_publication(tmp_path: Path) -> None:
    def edited(n: int) -> str:
        day = f"2026-01-05T10:00:{n:02}Z"
        return atom(atom_entry(1, published="2026-01-05T09:00:00Z", updated=day, text=f"version {n}"))

    def silent(n: int) -> str:
        return atom(atom_entry(2, published="2026-01-05T09:00:00Z", text=f"version {n}"))

    with planet(tmp_path, edited, silent) as running:
        seen = []
        for _ in range(4):
            running.poll()
            seen.append({one.title: one for one in running.items()})
        for title in ("Entry 1", "Entry 2"):
            assert len({(one[title].id, one[title].published) for one in seen}) == 1
        assert [one["Entry 1"].updated[-3:] for one in seen] == ["01Z", "02Z", "03Z", "04Z"]
        # Silently changed: since when we noticed.
        assert [one["Entry 2"].updated[5:16] for one in seen] == [
            "01-05T10:00",
            *(f"03-01T{hour}:00" for hour in (14, 15, 16)),
        ]
        assert all("version 4" in str(record.entry) for record in running.records())


def test_noise_rewrites_no_file(tmp_path: Path) -> None:
    def noisy(n: int) -> str:
        head = f"<lastBuildDate>Sun, 01 Mar 2026 {n:02}:00:00 GMT</lastBuildDate><!-- {n} -->"
        return rss(item(1, text=f"Some words that stay. {n} comments"), head=head)

    def renamed(n: int) -> str:
        return atom(atom_entry(1), feed_id=f"tag:blog.example,2026:{n}")

    with planet(tmp_path, noisy, renamed) as running:
        running.poll()
        running.emit()
        before = running.files()
        for _ in range(3):
            running.poll()
            running.emit()
        assert {one.title for one in running.items()} == {"Item 1", "Entry 1"}
        names = {"all.atom", "all.rss", "all.json"}
        assert {n: f for n, f in running.files().items() if n in names} == {
            n: f for n, f in before.items() if n in names
        }


def test_ids_are_uris_and_outlive_addresses_titles_and_the_database(tmp_path: Path) -> None:
    """But where nothing but a link tells an entry, and link and database are lost together."""
    evil = [
        "javascript:alert(1)",
        "'><script>",
        "a\r\nb",
        "x' OR 1=1 --",
        "../../etc/passwd",
        "%00",
        "g" * 9999,
    ]

    def source(n: int) -> str:
        added = "!" if n == 2 else ""
        link = "https://blog.example/{}" if n < 3 else "https://elsewhere.example/{}/"
        return rss(*(item(k, guid=g, title=f"Item {k}{added}", link=link) for k, g in enumerate(evil)))

    with planet(tmp_path, source) as running:
        ids = set()
        for number in range(1, 6):
            running.poll()
            shown = running.items()
            assert len(shown) == len(evil)
            assert all(is_uri(one.id) for one in shown)
            ids.add(frozenset(one.id for one in shown))
            if number == 3:
                running.site.routes["/moved"] = running.site.routes["/a"]
                running.config = running.configure({"a": "/moved"})
            if number == 4:
                running.lose()
        assert len(ids) == 1


def test_what_expired_does_not_come_back_although_it_is_listed(tmp_path: Path) -> None:
    def source(n: int) -> str:
        return rss(*(item(k, date=f"{k:02} Jan 2026 10:00:00 GMT") for k in range(n + 8, 0, -1)))

    def changing(n: int) -> str:
        dates = {k: f"{k:02} Jan 2026 11:00:00 GMT" for k in range(1, 9)}
        return rss(
            *(item(k, guid=f"{n}-{{}}", link=None, title="Text {}", date=dates[k]) for k in range(1, 9))
        )

    with planet(tmp_path, source, changing, settings=", keep: 3 entries") as running:
        for number in range(1, 5):
            outcomes = running.poll()
            assert (outcomes["a"].new, outcomes["b"].new) == ((9, 8) if number == 1 else (1, 0))
            shown = [running.records(name) for name in "ab"]
            assert [[one.entry and one.entry.url for one in some] for some in shown] == [
                [f"https://blog.example/{k}" for k in (number + 8, number + 7, number + 6)],
                [None] * 3,
            ]
            assert lasting(running.items()).keys() == {
                *(f"Item {k}" for k in (number + 8, number + 7, number + 6)),
                *(f"Text {k}" for k in (8, 7, 6)),
            }


def test_one_story_of_two_sources_is_two_entries_unless_they_share_its_id(tmp_path: Path) -> None:
    link = "https://story.example/1"

    def source(guid: str, title: str) -> Source:
        return lambda _: rss(item(1, guid=guid, link=link, title=title))

    with planet(tmp_path, source("urn:x:1", "One"), source("urn:x:2", "Two")) as running:
        running.poll()
        assert {(one.id, one.url) for one in running.items()} == {("urn:x:1", link), ("urn:x:2", link)}
        running.sources["c"] = source("urn:x:2", "Two")
        running.polls["c"] = 0
        running.site.routes["/c"] = running._route("c")
        running.config = running.configure()
        running.poll()
        assert {(one.id, one.url) for one in running.items()} == {("urn:x:1", link), ("urn:x:2", link)}


def test_clocks_that_jump_between_polls_double_and_reorder_nothing(tmp_path: Path) -> None:
    """Also around the hour that summer time repeats, of a source that tells no zone."""

    def source(n: int) -> str:
        told = [f"2026-10-25 {hour:02}:30" for hour in range(6)]
        undated = [None] * 3
        return rss(*(item(k, date=date) for k, date in enumerate([*told, *undated][: 5 + n])))

    settings = ", timezone: Europe/Zurich"
    with planet(tmp_path, source, settings=settings) as running:
        running.now += timedelta(days=270)
        order: list[str] = []
        for jump in (HOUR, 24 * HOUR, -48 * HOUR, HOUR, 24 * HOUR, -HOUR):
            running.poll(after=jump)
            shown = running.items()
            lasting(shown)
            ids = [one.id for one in shown]
            assert [one for one in ids if one in order] == order
            order = ids
        assert len(order) == 9


def test_two_pollers_at_once_on_one_store_bring_each_entry_once(tmp_path: Path) -> None:
    with planet(tmp_path, GROWING["window"][0], CHANGING["guid-changing"][0]) as running:
        running.sources |= {"a": lambda n: GROWING["window"][0]((n + 1) // 2)}
        new: Counter[str] = Counter()
        surprises: list[Exception] = []

        def work() -> None:
            store = open_store("sqlite:///feeds.db", tmp_path)

            async def many() -> None:
                async with open_client(running.config.fetch, __version__) as client:
                    with open_readers(running.config.read) as readers:
                        poller = Poller(running.config, store, client, readers)
                        for _ in range(5):
                            states = [store.states([n]).get(n) or SourceState(name=n) for n in "ab"]
                            for one in await poller.refresh_all(states, running.now):
                                new[one.source] += one.new
                                surprises.extend([one.surprise] if one.surprise else [])

            try:
                asyncio.run(many())
            finally:
                store.close()

        threads = [threading.Thread(target=work) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert surprises == []
        assert new == {"a": 22, "b": 10}
        assert len(lasting(running.items())) == 32
