"""Floods are held back, with the reason; a busy source never is; a new source warms up."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from commands import feeds, planet
from hypothesis import given, settings
from hypothesis import strategies as st
from planets import HOUR, NOW, Planet, item, rss
from servers import Reply, Site
from store_values import record

from feeds.dedupe.flood import DAY, MANY, dammed, ranked
from feeds.memory import Record
from feeds.model import DateOrigin, Moment
from feeds.pipeline import Emitter, Fate, explain

WEEK = 7 * DAY


def dated(key: object, moment: datetime, **more: str | None) -> str:
    return item(key, date=format_datetime(moment), **more)


def listed(moments: Iterable[datetime], prefix: str, *, most: int = 10_000) -> str:
    """Write a feed of these moments, the newest first, no more than ``most``."""
    newest = sorted(moments, reverse=True)[:most]
    return rss(*(dated(f"{prefix}{moment:%Y%m%d%H%M%S}-{n}", moment) for n, moment in enumerate(newest)))


def held(folder: Path, polls: list[tuple[timedelta, str]]) -> list[int]:
    """Poll a source that gives these documents, each some time after the one before; say what was held."""
    with Planet(folder, {"a": lambda n: polls[n - 1][1]}) as planet:
        return [planet.poll(after=after)["a"].held for after, _ in polls]


def stream(
    moments: Iterable[datetime], *, most: int, after: timedelta, number: int
) -> list[tuple[timedelta, str]]:
    """Give what a feed of at most so many entries says at each of some polls."""
    every = sorted(moments)
    polls = []
    for poll in range(1, number + 1):
        now = NOW + poll * after
        past = [moment for moment in every if moment <= now][-most:]
        polls.append((after, rss(*(dated(f"{moment:%Y%m%d%H%M%S%f}", moment) for moment in reversed(past)))))
    return polls


def bursts(hours: range, size: int, apart: timedelta) -> Iterator[datetime]:
    for hour in hours:
        for number in range(size):
            yield NOW + hour * HOUR - 5 * apart + number * apart


NORMAL: dict[str, Callable[[], list[tuple[timedelta, str]]]] = {
    # A news wire: 20 within a minute, each hour, dated by the second.
    "wire": lambda: stream(bursts(range(-3, 6), 20, timedelta(seconds=3)), most=60, after=HOUR, number=5),
    # The same behind a week of silence: all that its long feed lists is new, and of that week.
    "outage": lambda: [
        *stream(bursts(range(-3, 2), 20, timedelta(seconds=3)), most=250, after=HOUR, number=1),
        *stream(bursts(range(-3, 400), 20, timedelta(seconds=3)), most=250, after=WEEK, number=1),
    ],
    # Some hundred at midnight, all of one date, and the day's list replaces the one before.
    "daily list": lambda: [
        (DAY, rss(*(dated(f"{day}-{n}", NOW + day * DAY - 5 * HOUR) for n in range(150 + 40 * (day % 3)))))
        for day in range(1, 5)
    ],
    # An issue each month, all entries of its first day, online a fortnight later.
    "journal": lambda: [
        (30 * DAY, rss(*(dated(f"{month}-{n}", NOW + month * 30 * DAY - 14 * DAY) for n in range(60))))
        for month in range(1, 5)
    ],
    # Bare days: the edition of the day before, online in the morning.
    "paper": lambda: [
        (DAY, rss(*(item(f"{day}-{n}", date=f"{NOW + (day - 1) * DAY:%Y-%m-%d}") for n in range(70))))
        for day in range(1, 5)
    ],
    # No dates at all, and every entry another at each poll.
    "undated": lambda: [(HOUR, rss(*(item(f"{n}-{k}", date=None) for k in range(80)))) for n in range(4)],
    # A planet takes in one more blog with its last 20 entries.
    "planet": lambda: [
        (HOUR, listed((NOW - n * DAY for n in range(60)), "p")),
        (
            HOUR,
            rss(
                *(dated(f"p{NOW - n * DAY:%Y%m%d%H%M%S}-{n}", NOW - n * DAY) for n in range(40)),
                *(dated(f"q{n}", NOW - n * DAY - HOUR) for n in range(20)),
            ),
        ),
    ],
    # A blog that posts, forgets, posts: one entry each.
    "blog": lambda: [(WEEK, listed((NOW + n * WEEK for n in range(poll)), "b")) for poll in range(1, 6)],
}


@pytest.mark.parametrize("name", sorted(NORMAL))
def test_a_busy_source_is_never_held(tmp_path: Path, name: str) -> None:
    polls = NORMAL[name]()
    assert held(tmp_path, polls) == [0] * len(polls)


BLOG = [NOW - n * 3 * DAY for n in range(20)]
FLOODS: dict[str, str] = {
    # An import into another system: every entry has the date of the import.
    "import": rss(*(dated(f"new{n}", NOW + HOUR + n * timedelta(seconds=1)) for n in range(150))),
    # The same with its old dates, and with what was there.
    "archive": rss(
        *(dated(f"b{moment:%Y%m%d%H%M%S}-{n}", moment) for n, moment in enumerate(BLOG)),
        *(dated(f"old{n}", NOW - n * DAY - 100 * DAY, text=f"Old text {n} of its own.") for n in range(200)),
    ),
    # Other ids, other pages, other texts, the dates as before.
    "new ids": rss(
        *(
            dated(
                f"x{n}",
                moment,
                link="https://elsewhere.example/{}",
                title=f"Now called {n * 7}",
                text=f"Else {n}",
            )
            for n, moment in enumerate(BLOG)
        )
    ),
}


@pytest.mark.parametrize("name", sorted(FLOODS))
def test_a_flood_is_held_and_what_is_new_beside_it_is_not(tmp_path: Path, name: str) -> None:
    fresh = dated("fresh", NOW + HOUR + timedelta(minutes=45), text="This one is news.")
    flood = FLOODS[name].replace("</channel>", f"{fresh}</channel>")
    documents = [listed(BLOG, "b"), flood, flood]
    with Planet(tmp_path, {"a": lambda n: documents[n - 1]}) as planet:
        planet.poll()
        before = [one.id for one in planet.items()]
        outcome = planet.poll()["a"]
        assert outcome.new == 1
        assert outcome.held >= 19
        after = [one.id for one in planet.items()]
        assert len(after) == len(before) + 1
        assert after[1:] == before
        # It stays as it is: held entries are known entries.
        again = planet.poll()["a"]
        assert (again.new, again.held, again.changed) == (0, 0, 0)
        assert planet.store.held() == {"a": outcome.held}
        assert planet.store.release("a") == outcome.held
        assert len(planet.items()) == len(before) + 1 + outcome.held
        # What was let through once is usual, and comes through by itself if it comes again.
        assert planet.store.held() == {}


def test_a_held_entry_is_explained_and_takes_nobody_s_place_under_keep(tmp_path: Path) -> None:
    documents = [listed(BLOG, "b"), FLOODS["import"]]
    with Planet(tmp_path, {"a": lambda n: documents[n - 1]}, ", keep: 20 entries") as planet:
        planet.poll()
        before = planet.items()
        assert planet.poll()["a"].held == 150
        assert planet.items() == before
        (one,) = planet.store.find("https://blog.example/new7")
        (told,) = explain(Emitter(planet.config, planet.store), one, planet.now)
        assert told.standing.fate is Fate.HELD
        assert told.sentence.startswith("held back: 150 entries came at once, all of 2026-03-01 13:00,")
        assert "never had more than 1 in a day" in told.sentence
        assert "`feeds release a` lets it through" in told.sentence


def test_flood_pass_holds_nothing(tmp_path: Path) -> None:
    documents = [listed(BLOG, "b"), FLOODS["import"]]
    with Planet(tmp_path, {"a": lambda n: documents[n - 1]}, ", flood: pass") as planet:
        planet.poll()
        assert planet.poll()["a"].held == 0
        assert len(planet.items()) == 170


def test_a_changed_entry_stays_held(tmp_path: Path) -> None:
    documents = [
        listed(BLOG, "b"),
        FLOODS["import"],
        FLOODS["import"].replace("item new7 says", "they write"),
    ]
    with Planet(tmp_path, {"a": lambda n: documents[n - 1]}) as planet:
        for _ in documents:
            planet.poll()
        assert planet.store.held() == {"a": 150}
        (one,) = planet.store.find("https://blog.example/new7")
        assert one.entry is not None
        assert [decision.topic for decision in one.entry.decisions].count("flood") == 1
        assert "change" in {decision.topic for decision in one.entry.decisions}


def records(moments: Iterable[datetime], numbers: Iterator[int]) -> list[Record]:
    found = []
    for number, moment in zip(numbers, moments, strict=False):
        one = record(number=number)
        assert one.entry is not None
        entry = replace(one.entry, published=Moment(instant=moment, origin=DateOrigin.DECLARED))
        found.append(replace(one, entry=entry, sort_key=moment))
    return found


@settings(deadline=None)
@given(
    rate=st.integers(1, 120),
    days=st.integers(1, 10),
    known=st.integers(0, 100),
    spread=st.integers(0, 23 * 60),
    unstable=st.booleans(),
)
def test_what_is_dated_since_at_the_usual_rate_is_no_flood(
    rate: int, days: int, known: int, spread: int, unstable: bool
) -> None:
    # So many on each day of the past, all within some minutes; then some days at once.
    def of(some: Iterable[int]) -> list[datetime]:
        return [NOW + day * DAY + n * timedelta(minutes=spread) / rate for day in some for n in range(rate)]

    new = records(of(range(1, days + 1)), count())
    places = sorted(of(range(-5, 1)), reverse=True)
    assert dammed(new, known, places, days * DAY, unstable=unstable) == tuple(new)


@settings(deadline=None)
@given(
    moments=st.lists(st.integers(-1000, 1000), max_size=120),
    known=st.integers(0, 200),
    unstable=st.booleans(),
)
def test_holding_back_changes_nothing_else(moments: list[int], known: int, unstable: bool) -> None:
    new = records((NOW + n * HOUR for n in moments), count())
    after = dammed(new, known, [NOW - n * DAY for n in range(30)], HOUR, unstable=unstable)
    assert [one.id for one in after] == [one.id for one in new]
    assert [(one.sort_key, one.first_seen, one.url) for one in after] == [
        (one.sort_key, one.first_seen, one.url) for one in new
    ]
    for before, one in zip(new, after, strict=True):
        if one.held:
            assert one.entry is not None
            assert one.entry.decisions[-1].topic == "flood"
        else:
            assert one == before
    if sum(bool(one.held) for one in after) < MANY and not unstable:
        assert all(one.sort_key < NOW for one in after if one.held)


def test_a_source_whose_ids_change_always_is_held_sooner() -> None:
    places = [NOW - n * DAY for n in range(30)]
    new = records((NOW + n * timedelta(seconds=1) for n in range(15)), count())
    assert sum(bool(one.held) for one in dammed(new, 2, places, HOUR, unstable=True)) == 15
    assert dammed(new, 2, places, HOUR, unstable=False) == tuple(new)


def test_ranks_are_those_of_the_outputs() -> None:
    some = records((NOW - n * HOUR for n in (3, 1, 2, 1)), count())
    assert [one.backlog for one in ranked(some)] == [3, 0, 2, 1]


def configured(text: str) -> Callable[[Planet], None]:
    def write(planet: Planet) -> None:
        planet.settings = text
        planet.config = planet.configure()

    return write


def test_of_a_new_source_so_many_old_entries_as_warm_up_says(tmp_path: Path) -> None:
    later = [NOW + 2 * HOUR - timedelta(minutes=5), NOW - 9 * DAY]
    documents = [
        listed(BLOG, "b"),
        listed([*BLOG, *later[:1]], "c"),
        rss(*(dated(f"n{m}", m) for m in later)),
    ]
    documents = [documents[0], documents[2]]
    with Planet(tmp_path, {"a": lambda n: documents[n - 1]}, ", warm_up: 3") as planet:
        planet.poll()
        every = [record.id for record in planet.records()]
        assert [one.id for one in planet.items()] == every[:3]
        # What comes later is not old, wherever its date puts it; the order is that of all.
        planet.poll()
        now = [record.id for record in planet.records()]
        shown = [one.id for one in planet.items()]
        assert shown == [key for key in now if key in {*every[:3], *(set(now) - set(every))}]
        assert len(shown) == 5
        (last,) = [record for record in planet.records() if record.id == every[-1]]
        (told,) = explain(Emitter(planet.config, planet.store), last, planet.now)
        assert told.standing.fate is Fate.WARM_UP
        assert told.sentence.startswith(
            "older than the source's warm-up: of what the first poll of a brought,"
        )
        assert told.sentence.endswith("the newest 3 may show (warm_up: 3)")
        # It is the word of config.yaml that counts, then and now.
        configured(", warm_up: 0")(planet)
        assert len(planet.items()) == 2
        configured("")(planet)
        assert [one.id for one in planet.items()] == now
        # A lost database begins anew, with the same answer.
        configured(", warm_up: 3")(planet)
        planet.lose()
        documents.append(documents[0])
        planet.poll()
        assert [one.id for one in planet.items()] == every[:3]


CONFIG = """\
fetch: {{allow: [127.0.0.0/8]}}
defaults: {{warm_up: 5}}
sources:
  - {{name: blog, url: '{url}', interval: 1m}}
  - {{name: other, url: '{url}2', warm_up: all}}
outputs: [{{name: all, limit: 1000}}]
"""


def test_the_operator_sees_a_flood_in_status_and_lets_it_through(tmp_path: Path) -> None:
    bodies = {"now": listed(BLOG, "b")}
    past = datetime.now(UTC) - HOUR
    flood = rss(*(dated(f"new{n}", past + n * timedelta(seconds=1)) for n in range(120)))
    other = rss(*(dated(f"o{n}", NOW, link="https://other.example/{}") for n in range(7)))
    routes: dict[str, Any] = {"/feed": lambda _: Reply(body=bodies["now"].encode()), "/feed2": other.encode()}
    with Site(routes) as site:
        folder = planet(tmp_path, CONFIG.format(url=site.url("/feed")))
        feeds(folder, "once")

        def items() -> int:
            return len(json.loads((folder / "output/all.json").read_text())["items"])

        assert items() == 5 + 7
        bodies["now"] = flood
        done = feeds(folder, "once", "--all")
        assert "blog: 120 entries came at once that cannot be new, and are held back" in done.stderr
        assert items() == 5 + 7
        shown = feeds(folder, "status").stdout
        assert "120 entries came at once that cannot be new" in shown
        assert "feeds release blog lets them through" in shown
        sources = json.loads(feeds(folder, "status", "--json").stdout)["sources"]
        assert {one["name"]: one["held"] for one in sources} == {"blog": 120, "other": 0}
        assert feeds(folder, "release", "blog").stdout == "blog: 120 entries\n"
        assert items() == 5 + 7 + 120
        assert feeds(folder, "release", "blog").stdout == "blog: nothing was held back\n"
        assert "held back" not in feeds(folder, "status").stdout
        assert feeds(folder, "release", "nobody").returncode == 2
