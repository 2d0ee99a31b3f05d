"""How a source's server is asked over days: what it says once, and what it has to say again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from commands import feeds
from servers import Asked, Reply, Site
from test_pipeline import NOW, configure, emit, item, poll, rss, sources, titles

from feeds import cadence
from feeds.fetch.manners import Hosts, service
from feeds.pipeline import Result
from feeds.store import Store, open_store

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
TAG = ("ETag", '"always the same"')


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as running:
        yield running


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store("sqlite:///feeds.db", tmp_path)
    yield opened
    opened.close()


# ------------------------------------------------------------------ 304


@pytest.mark.parametrize(
    ("tag", "modified"),
    [
        ('W/"x"', None),
        ("unquoted", None),
        ('"a b"', None),
        ('"x-gzip"', None),
        ('"a", "b"', None),
        (None, "yesterday, or so"),
        ('"é"', "Mon, 02 Feb 2026 10:00:00 +0000"),
    ],
)
def test_validators_come_back_byte_for_byte(
    site: Site, store: Store, tmp_path: Path, tag: str | None, modified: str | None
) -> None:
    headers = [("ETag", tag)] if tag else []
    headers += [("Last-Modified", modified)] if modified else []
    site.routes["/a"] = Reply(headers=tuple(headers), body=rss(item("a1")))
    config = configure(tmp_path, sources(site, "a"))
    poll(config, store)
    poll(config, store, now=NOW + HOUR)
    first, second = (asked.headers for asked in site.log)
    assert "if-none-match" not in first
    assert "if-modified-since" not in first
    assert second.get("if-none-match") == tag
    assert second.get("if-modified-since") == modified


def test_a_changed_tag_over_the_same_bytes_is_no_change(site: Site, store: Store, tmp_path: Path) -> None:
    turn = iter(range(100))
    site.routes["/a"] = lambda _: Reply(headers=(("ETag", f'"{next(turn)}"'),), body=rss(item("a1")))
    config = configure(tmp_path, sources(site, "a"))
    poll(config, store)
    revision = store.states(["a"])["a"].revision
    outcome = poll(config, store, now=NOW + HOUR)["a"]
    assert (outcome.result, store.states(["a"])["a"].revision) == (Result.UNCHANGED, revision)


def test_a_304_to_a_new_source_is_a_failure_and_the_next_request_has_no_conditions(
    site: Site, store: Store, tmp_path: Path
) -> None:
    site.routes["/a"] = Reply(status=304, headers=(TAG,))
    config = configure(tmp_path, sources(site, "a"))
    outcome = poll(config, store)["a"]
    assert outcome.result is Result.FAILED
    assert "304" in (outcome.error or "")
    site.routes["/a"] = rss(item("a1"))
    assert poll(config, store, now=NOW + HOUR)["a"].new == 1
    assert "if-none-match" not in site.log[-1].headers


def test_a_server_that_says_304_for_ever_is_found_out(site: Site, store: Store, tmp_path: Path) -> None:
    """Four polls a day; the second entry comes on the first day, and its server never admits it."""
    body = [rss(item("a1"))]

    def stuck(asked: Asked) -> Reply:
        if "if-none-match" in asked.headers:
            return Reply(status=304, headers=(TAG,))
        return Reply(headers=(TAG,), body=body[0])

    site.routes["/a"] = stuck
    config = configure(tmp_path, sources(site, "a"))
    poll(config, store)
    body[0] = rss(item("a2"), item("a1"))
    found: list[int] = []
    for turn in range(1, 60):
        if poll(config, store, now=NOW + turn * 6 * HOUR)["a"].new:
            found.append(turn)
    assert found == [28]
    whole = [number for number, asked in enumerate(site.log) if "if-none-match" not in asked.headers]
    # After it was caught, it is believed for a day (but for twenty answers at least).
    assert whole[:3] == [0, 28, 49]


def test_a_server_that_proves_true_is_rarely_doubted(site: Site, store: Store, tmp_path: Path) -> None:
    site.routes["/a"] = rss(item("a1"))
    config = configure(tmp_path, sources(site, "a"))
    for turn in range(4 * 60):
        poll(config, store, now=NOW + turn * 6 * HOUR)
    whole = [number // 4 for number, asked in enumerate(site.log) if "if-none-match" not in asked.headers]
    assert whole == [0, 7, 21, 49]


# ------------------------------------------------------------------ moves


def moved(site: Site, status: int = 301, to: str = "/new") -> None:
    site.routes.update({"/a": Reply(status=status, headers=(("Location", to),)), "/new": rss(item("a1"))})


def paths(site: Site) -> list[str]:
    asked = [one.path for one in site.log]
    site.log.clear()
    return asked


@pytest.mark.parametrize("status", [301, 308])
def test_a_move_is_taken_after_three_days_and_the_entries_stay(
    site: Site, store: Store, tmp_path: Path, status: int
) -> None:
    moved(site, status)
    config = configure(tmp_path, sources(site, "a"))
    for day in (0, 1, 2, 3):
        poll(config, store, now=NOW + day * DAY)
        assert paths(site) == ["/a", "/new"]
    assert poll(config, store, now=NOW + 4 * DAY)["a"].result is Result.NOT_MODIFIED
    assert paths(site) == ["/new"]
    assert store.states(["a"])["a"].entries == 1


@pytest.mark.parametrize("status", [302, 303, 307])
def test_a_detour_is_never_a_move(site: Site, store: Store, tmp_path: Path, status: int) -> None:
    moved(site, status)
    config = configure(tmp_path, sources(site, "a"))
    for day in range(10):
        poll(config, store, now=NOW + day * DAY)
    assert set(paths(site)) == {"/a", "/new"}
    assert store.states(["a"])["a"].trust.moving_to is None


@pytest.mark.parametrize(
    "target", [Reply(body=b"<html><title>Parked</title></html>"), Reply(status=410), Reply(status=404)]
)
def test_a_move_to_what_is_no_feed_is_none(site: Site, store: Store, tmp_path: Path, target: Reply) -> None:
    moved(site)
    config = configure(tmp_path, sources(site, "a"))
    poll(config, store)
    site.routes["/new"] = target
    for day in range(1, 10):
        poll(config, store, now=NOW + day * DAY)
    assert site.log[-2].path == "/a"
    state = store.states(["a"])["a"]
    assert (state.entries, state.trust.address) == (1, None)


def test_a_permanent_prefix_is_as_far_as_it_moves(site: Site, store: Store, tmp_path: Path) -> None:
    moved(site, 301, "/detour")
    site.routes["/detour"] = Reply(status=302, headers=(("Location", "/new"),))
    config = configure(tmp_path, sources(site, "a"))
    for day in range(5):
        poll(config, store, now=NOW + day * DAY)
    assert store.states(["a"])["a"].trust.address == site.url("/detour")


def test_a_move_is_shown_and_written_down_only_when_asked(site: Site, tmp_path: Path) -> None:
    moved(site)
    config = configure(tmp_path, f"sources:\n  - '{site.url('/a')}' # mine\n")
    name = config.sources[0].name
    store = open_store("sqlite:///feeds.db", tmp_path)
    poll(config, store)
    said = feeds(tmp_path, "status", "--json")
    assert site.url("/new") in said.stdout
    for day in (1, 2, 3):
        poll(config, store, now=NOW + day * DAY)
    store.close()
    before = (tmp_path / "config.yaml").read_text()
    assert f"{name}: moved from {site.url('/a')} to {site.url('/new')}" in feeds(tmp_path, "check").stdout
    assert (tmp_path / "config.yaml").read_text() == before
    assert "config.yaml says so now" in feeds(tmp_path, "check", "--fix").stdout
    after = (tmp_path / "config.yaml").read_text()
    assert f"{{url: {site.url('/new')}, name: {name}}} # mine" in after.replace("'", "")
    assert "moved" not in feeds(tmp_path, "check").stdout


def test_a_move_can_be_taken_back(site: Site, tmp_path: Path) -> None:
    moved(site)
    config = configure(tmp_path, sources(site, "a"))
    store = open_store("sqlite:///feeds.db", tmp_path)
    for day in range(4):
        poll(config, store, now=NOW + day * DAY)
    assert store.states(["a"])["a"].trust.address == site.url("/new")
    assert "listed" in feeds(tmp_path, "resume", "a").stdout
    paths(site)
    poll(config, store, now=NOW + 4 * DAY)
    assert paths(site) == ["/a", "/new"]
    store.close()


def test_a_new_address_that_dies_leads_back(site: Site, store: Store, tmp_path: Path) -> None:
    moved(site)
    config = configure(tmp_path, sources(site, "a"))
    for day in range(4):
        poll(config, store, now=NOW + day * DAY)
    site.routes.update({"/new": Reply(status=500), "/a": rss(item("a2"), item("a1"))})
    results = [poll(config, store, now=NOW + (5 + turn) * DAY)["a"].result for turn in range(6)]
    assert results == [Result.FAILED] * 5 + [Result.NEW]


# ------------------------------------------------------------------ gone


def test_what_is_gone_for_a_day_is_asked_no_more_and_stays_published(
    site: Site, store: Store, tmp_path: Path
) -> None:
    site.routes["/a"] = rss(item("a1"))
    config = configure(tmp_path, sources(site, "a"))
    poll(config, store)
    site.routes["/a"] = Reply(status=410)
    first = poll(config, store, now=NOW + DAY)["a"]
    assert first.due is not None
    assert first.due < NOW + 3 * DAY
    second = poll(config, store, now=NOW + 2 * DAY)["a"]
    assert second.due is not None
    assert second.due > NOW + 10_000 * DAY
    assert store.due(["a"], NOW + 5_000 * DAY, 10) == ()
    emit(config, store)
    assert titles(tmp_path) == ["a1"]
    store.close()
    site.log.clear()
    assert feeds(tmp_path, "once", "--all").returncode == 0
    assert site.log == []
    assert "\tgone\t" in feeds(tmp_path, "status").stdout
    site.routes["/a"] = rss(item("a2"), item("a1"))
    assert "polled again" in feeds(tmp_path, "resume", "a").stdout
    assert feeds(tmp_path, "once").returncode == 0
    assert "\tok\t" in feeds(tmp_path, "status").stdout


# ------------------------------------------------------------------ hosts


def test_a_429_holds_for_the_whole_host_and_over_a_restart(site: Site, tmp_path: Path) -> None:
    site.routes["/a"] = Reply(status=429, headers=(("Retry-After", "7200"),))
    site.routes["/b"] = rss(item("b1"))
    config = configure(tmp_path, sources(site, "ab"))
    store = open_store("sqlite:///feeds.db", tmp_path)
    failed = poll(config, store, "a")["a"]
    assert failed.result is Result.FAILED
    assert failed.due is not None
    assert failed.due >= NOW + 2 * HOUR
    store.close()
    store = open_store("sqlite:///feeds.db", tmp_path)
    site.log.clear()
    other = poll(config, store, "b", now=NOW + HOUR)["b"]
    assert (other.result, site.log) == (Result.POSTPONED, [])
    assert other.due is not None
    assert other.due >= NOW + 2 * HOUR
    state = store.states(["b"])["b"]
    assert (state.failures, state.error, state.due) == (0, None, other.due)
    assert store.due(["b"], NOW + HOUR, 9) == ()
    assert poll(config, store, "b", now=other.due)["b"].result is Result.NEW
    store.close()


def test_those_that_wait_for_a_host_come_one_by_one(site: Site, store: Store, tmp_path: Path) -> None:
    names = [f"s{number}" for number in range(9)]
    site.routes.update({f"/{name}": rss(item(name)) for name in names})
    site.routes["/s0"] = Reply(status=429, headers=(("Retry-After", "600"),))
    config = configure(tmp_path, sources(site, names))
    poll(config, store, ["s0"])
    outcomes = poll(config, store, names[1:], now=NOW + timedelta(minutes=1))
    dues = sorted(outcome.due for outcome in outcomes.values() if outcome.due)
    assert len(dues) == 8
    assert all(later - earlier >= timedelta(seconds=2) for earlier, later in pairwise(dues))


@pytest.mark.parametrize("status", [301, 302, 200, 503, 429])
def test_a_wait_that_is_asked_for_counts_from_the_answer(
    site: Site, store: Store, tmp_path: Path, status: int
) -> None:
    wait = ("Retry-After", "36000")
    site.routes["/a"] = Reply(status=status, headers=(wait, ("Location", "/b")), body=rss(item("a1")))
    site.routes["/b"] = rss(item("a1"))
    config = configure(tmp_path, sources(site, "a"))
    due = poll(config, store)["a"].due
    assert due is not None
    assert timedelta(seconds=36000) <= due - NOW < timedelta(seconds=36060)


def test_requests_to_a_host_are_apart_and_those_to_others_are_not(tmp_path: Path) -> None:
    arrivals: dict[str, list[float]] = {"one": [], "two": []}

    def noted(name: str) -> Callable[[Asked], bytes]:
        def answer(asked: Asked) -> bytes:
            arrivals[name].append(time.monotonic())
            return rss(item(asked.path[1:]))

        return answer

    with Site(host="127.0.0.1") as one, Site(host="127.0.0.2") as two:
        lines = ""
        for name, running in (("one", one), ("two", two)):
            running.routes.update({f"/{name}{number}": noted(name) for number in range(4)})
            lines += "".join(
                f"  - {{name: {name}{number}, url: '{running.url(f'/{name}{number}')}'}}\n"
                for number in range(4)
            )
        config = configure(tmp_path, f"sources:\n{lines}", fetch="spacing: 100ms")
        store = open_store("sqlite:///feeds.db", tmp_path)
        poll(config, store)
        store.close()
    for times in arrivals.values():
        assert len(times) == 4
        assert all(later - earlier > 0.095 for earlier, later in pairwise(times))
    assert arrivals["two"][0] < arrivals["one"][-1]


def test_sources_are_told_for_how_many_we_ask(site: Site, store: Store, tmp_path: Path) -> None:
    site.routes["/a"] = rss(item("a1"))
    config = configure(tmp_path, sources(site, "a"), fetch="contact: ada@example.org, subscribers: 12")
    poll(config, store)
    poll(config, store, now=NOW + HOUR)
    first, second = (asked.headers for asked in site.log)
    assert first["user-agent"].endswith("(+ada@example.org; 12 subscribers)")
    assert (first.get("a-im"), second.get("a-im")) == (None, "feed")
    assert not {"cookie", "referer"} & {*first, *second}


def test_an_answer_of_only_what_is_new_adds_it_and_is_no_overflow(
    site: Site, store: Store, tmp_path: Path
) -> None:
    """RFC 3229: the rest of the document is as it was, and nothing came and went unseen."""

    def answer(asked: Asked) -> Reply:
        if "a-im" not in asked.headers:
            return Reply(headers=(("ETag", '"0"'),), body=rss(*(item(f"a{number}") for number in range(5))))
        turn = int(asked.headers["if-none-match"].strip('"')) + 1
        headers = (("ETag", f'"{turn}"'), ("IM", "feed"))
        return Reply(status=226, headers=headers, body=rss(item(f"b{turn}"), item(f"c{turn}")))

    site.routes["/a"] = answer
    config = configure(tmp_path, sources(site, "a"))
    for hour in range(4):
        assert poll(config, store, now=NOW + hour * HOUR)["a"].new == (2 if hour else 5)
    state = store.states()["a"]
    rhythm = cadence.decode(state.rhythm)
    assert rhythm is not None
    assert (state.status, state.entries, rhythm.window, rhythm.haste) == (226, 11, 5, 1.0)
    emit(config, store, now=NOW + 4 * HOUR)
    assert sorted(titles(tmp_path)) == [*(f"a{n}" for n in range(5)), "b1", "b2", "b3", "c1", "c2", "c3"]


def test_a_host_of_many_sources_sees_no_more_than_its_rate(site: Site, store: Store, tmp_path: Path) -> None:
    arrivals: list[float] = []

    def answer(asked: Asked) -> bytes:
        arrivals.append(time.monotonic())
        return rss(item(asked.path[1:]))

    names = [f"s{number}" for number in range(25)]
    site.routes.update({f"/{name}": answer for name in names})
    poll(configure(tmp_path, sources(site, names), fetch="spacing: 40ms"), store)
    assert len(arrivals) == 25
    # A request that was held up on its way may come closer to the next; the whole is never faster.
    assert arrivals[-1] - arrivals[0] > 24 * 0.038
    assert sum(later - earlier < 0.035 for earlier, later in pairwise(arrivals)) <= 2


def hosts(usual: float = 1.0) -> Hosts:
    return Hosts(lambda _: timedelta(seconds=usual))


def test_the_spacing_grows_with_each_429_and_shrinks_slowly() -> None:
    taught = hosts()
    gaps = []
    for _ in range(12):
        taught.throttled("a.example", NOW, None)
        gaps.append(taught.gap("a.example").total_seconds())
    assert gaps[:4] == [2, 4, 8, 16]
    assert gaps[-1] == 600
    for _ in range(23):
        taught.answered("a.example", NOW + DAY)
    assert 290 < taught.gap("a.example").total_seconds() < 300
    for _ in range(300):
        taught.answered("a.example", NOW + DAY)
    assert taught.gap("a.example") == timedelta(seconds=1)
    assert taught.learned() == {"a.example": None}


def test_a_shared_service_is_one_host() -> None:
    taught = hosts()
    taught.throttled("old.reddit.com", NOW, HOUR)
    assert taught.gap("www.reddit.com.") == taught.gap("reddit.com") > taught.gap("notreddit.com")
    assert service("a.b.example.org") == "a.b.example.org"
    assert service("ada.substack.com") == service("bob.substack.com") == "substack.com"
