"""robots.txt (RFC 9309): what a site asks of programs is known before anything of it is taken, and obeyed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from commands import feeds, planet
from servers import STALL, Asked, Raw, Reply, Route, Site
from test_pages import AGENDA, agenda
from test_pipeline import NOW, configure, item, poll, rss

from feeds import __version__
from feeds.config.schema import Fetch
from feeds.errors import HostRests
from feeds.fetch import fetch, open_client
from feeds.fetch.robots import AGAIN, FRESH, LONG, parsed
from feeds.memory import Robots
from feeds.model import Document, Validators
from feeds.pipeline import Result
from feeds.store import Store, open_store

PAGE = "https://a.example/news/1.html"
DENIED = b"User-agent: feeds\nDisallow: /agenda\n"
NONE_NEEDED = Fetch(allow=("127.0.0.0/8",))


@pytest.fixture
def site() -> Iterator[Site]:
    with Site({"/agenda": AGENDA.encode()}) as running:
        yield running


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store("sqlite:///feeds.db", tmp_path)
    yield opened
    opened.close()


def allows(text: str, url: str = PAGE) -> bool:
    return parsed(Robots(origin="https://a.example", rules=text, tried=NOW)).allows(url)


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("", True),
        ("User-agent: *\nDisallow: /", False),
        ("User-agent: *\nDisallow:", True),
        ("user-AGENT : FEEDS # us\ndisallow : /news", False),
        ("User-agent: feeds\nDisallow:\n\nUser-agent: *\nDisallow: /", True),
        ("User-agent: *\nDisallow: /\nUser-agent: feeds\nDisallow: /x", True),
        ("User-agent: feeds/1.0\nDisallow: /news", False),
        ("User-agent: other\nUser-agent: feeds\nDisallow: /news", False),
        ("User-agent: feed\nDisallow: /", True),
        ("User-agent: f\nDisallow: /", True),
        ("User-agent: feedsbot\nDisallow: /", True),
        ("User-agent: feeds-reader\nDisallow: /", True),
        ("User-agent: feeds\nDisallow: /a\n\nUser-agent: feeds\nDisallow: /news", False),
        ("User-agent: *\nDisallow: /news\nAllow: /news/1", True),
        ("User-agent: *\nAllow: /news\nDisallow: /news", True),
        ("User-agent: *\nDisallow: /*.html$", False),
        ("User-agent: *\nDisallow: /*.htm$", True),
        ("User-agent: *\nDisallow: /n%65ws", False),
        ("Disallow: /", True),
        ("<!doctype html><p>Disallow: /</p>", True),
        ("\0\1User-agent\xff: * Disallow /", True),
    ],
)
def test_the_rules_are_those_of_the_standard(text: str, allowed: bool) -> None:
    assert allows(text) is allowed


def test_no_robots_txt_takes_long_to_be_understood() -> None:
    """Groups for thousands of programs, patterns made of stars: no more than the bytes to go over."""
    many = "".join(f"User-agent: bot{n}\n" for n in range(15_000)) + "Disallow: /x\n" * 15_000
    stars = "User-agent: *\n" + f"Disallow: /{'*a' * 200}b$\n" * 200
    rules = parsed(Robots(origin="https://a.example", rules=many, tried=NOW))
    assert rules.allows(PAGE)
    assert allows(stars, f"https://a.example/{'a' * 5000}")


def test_a_refused_page_is_not_asked_for(site: Site, store: Store, tmp_path: Path) -> None:
    site.routes["/robots.txt"] = DENIED
    config = configure(tmp_path, agenda(site))
    outcome = poll(config, store)["agenda"]
    assert outcome.result is Result.FAILED
    assert outcome.error == (
        f"robots.txt of {site.base} asks programs not to fetch {site.url('/agenda')}; ask its operator to"
        " let feeds in, or remove the source"
    )
    assert [one.path for one in site.log] == ["/robots.txt"]
    assert store.states(["agenda"])["agenda"].error_class == "RobotsRefused"
    assert site.log[0].headers["user-agent"].startswith("feeds/")


def test_a_feed_is_asked_without(site: Site, store: Store, tmp_path: Path) -> None:
    site.routes.update({"/robots.txt": b"User-agent: *\nDisallow: /", "/feed": rss(item("1"))})
    config = configure(tmp_path, f"sources: [{{name: a, url: '{site.url('/feed')}'}}]\n")
    assert poll(config, store)["a"].new == 1
    assert [one.path for one in site.log] == ["/feed"]


def test_its_answer_counts_for_a_day_also_in_the_next_run(site: Site, store: Store, tmp_path: Path) -> None:
    site.routes["/robots.txt"] = b"User-agent: *\nDisallow: /other"
    config = configure(tmp_path, agenda(site))
    for hours in (0, 2, 23):
        poll(config, store, now=NOW + timedelta(hours=hours))
    assert len(site.asked("/robots.txt")) == 1
    site.routes["/robots.txt"] = DENIED
    outcome = poll(config, store, now=NOW + FRESH + AGAIN)["agenda"]
    assert (len(site.asked("/robots.txt")), outcome.result) == (2, Result.FAILED)
    site.routes["/robots.txt"] = b""
    assert poll(config, store, now=NOW + 3 * FRESH)["agenda"].error is None, "what is allowed again is asked"


@pytest.mark.parametrize("status", [401, 404, 410])
def test_without_one_everything_is_allowed(status: int, site: Site, store: Store, tmp_path: Path) -> None:
    site.routes["/robots.txt"] = Reply(status=status, body=DENIED)
    assert poll(configure(tmp_path, agenda(site)), store)["agenda"].new == 2


HANGS = Raw((b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nUser-agent: *\n", STALL))
INWARD = Reply(status=301, headers=(("Location", "http://10.0.0.1/robots.txt"),))
CIRCLE = Reply(status=301, headers=(("Location", "/robots.txt"),))


@pytest.mark.parametrize(
    ("route", "words"),
    [
        (Reply(status=500), "answers 500"),
        (Reply(status=503), "answers 503"),
        (Raw((b"HTTP/1.1 200 OK\r\n\r\n",), reset=True), "broke off the connection"),
        (HANGS, "in time"),
        (INWARD, "redirects to where nothing of ours goes"),
        (CIRCLE, "redirects in a circle"),
        (lambda asked: Reply(status=302, headers=(("Location", f"{asked.target}x"),)), "once too often"),
        (Reply(body=b"a" * 2000), "sends more than"),
    ],
)
def test_while_it_cannot_be_had_nothing_is_asked_for(
    route: Route | Callable[[Asked], Reply], words: str, store: Store, tmp_path: Path
) -> None:
    def answer(asked: Asked) -> Reply | Raw | bytes:
        found = route(asked) if callable(route) else route
        return found if asked.path.startswith("/robots.txt") else AGENDA.encode()

    paths = ["/agenda", *("/robots.txt" + "x" * n for n in range(7))]
    with Site(dict.fromkeys(paths, answer)) as site:
        config = configure(tmp_path, agenda(site), "max_bytes: 1024, deadline: 1s")
        outcome = poll(config, store)["agenda"]
        assert outcome.error is not None
        assert words in outcome.error
        assert "whether" in outcome.error
        assert site.asked("/agenda") == []
        asked = len(site.log)
        poll(config, store, now=NOW + AGAIN / 2)
        assert len(site.log) == asked, "nor is it asked for again at once"


def test_too_many_requests_is_no_permission(site: Site, store: Store, tmp_path: Path) -> None:
    site.routes["/robots.txt"] = Reply(status=429, headers=(("Retry-After", "60"),))
    config = configure(tmp_path, agenda(site))
    assert poll(config, store)["agenda"].result is Result.FAILED
    assert poll(config, store, now=NOW + timedelta(seconds=30))["agenda"].result is not Result.NEW
    assert site.asked("/agenda") == []


def test_known_rules_count_on_while_it_cannot_be_had(site: Site, store: Store, tmp_path: Path) -> None:
    site.routes["/robots.txt"] = b"User-agent: *\nDisallow: /other"
    config = configure(tmp_path, agenda(site))
    poll(config, store)
    site.routes["/robots.txt"] = Reply(status=500)
    for days in (1.5, 40):
        outcome = poll(config, store, now=NOW + timedelta(days=days))["agenda"]
        assert outcome.error is None, outcome
    assert len(site.asked("/robots.txt")) == 3


def test_after_a_month_without_any_answer_there_are_no_rules(
    site: Site, store: Store, tmp_path: Path
) -> None:
    site.routes["/robots.txt"] = Reply(status=500)
    config = configure(tmp_path, agenda(site))
    for passed in (timedelta(), LONG - timedelta(hours=1)):
        assert poll(config, store, now=NOW + passed)["agenda"].result is Result.FAILED
    assert poll(config, store, now=NOW + LONG + AGAIN)["agenda"].new == 2


def test_the_site_of_a_redirect_is_asked_too(site: Site, store: Store, tmp_path: Path) -> None:
    with Site({"/there": AGENDA.encode(), "/robots.txt": b"User-agent: *\nDisallow: /there"}) as other:
        site.routes["/agenda"] = Reply(status=302, headers=(("Location", other.url("/there")),))
        outcome = poll(configure(tmp_path, agenda(site)), store)["agenda"]
        assert outcome.error is not None
        assert f"robots.txt of {other.base} asks programs not to fetch" in outcome.error
        assert other.asked("/there") == []
    site.routes.update({"/agenda": Reply(status=302, headers=(("Location", "/hidden"),)), "/hidden": b"x"})
    site.routes["/robots.txt"] = b"User-agent: *\nDisallow: /hidden"
    outcome = poll(configure(tmp_path, agenda(site)), store, now=NOW + 2 * FRESH)["agenda"]
    assert outcome.error is not None
    assert "/hidden" in outcome.error
    assert site.asked("/hidden") == []


def test_only_so_much_of_it_is_read(site: Site, store: Store, tmp_path: Path) -> None:
    site.routes["/robots.txt"] = b"#" * (500 * 1024 - 1) + b"\nUser-agent: *\nDisallow: /\n"
    assert poll(configure(tmp_path, agenda(site)), store)["agenda"].new == 2


def test_a_crawl_delay_sets_requests_apart(site: Site) -> None:
    site.routes["/robots.txt"] = b"User-agent: *\nCrawl-delay: 45\n"

    async def ask() -> tuple[timedelta, object]:
        async with open_client(NONE_NEEDED, __version__) as client:
            reply = await fetch(client, site.url("/agenda"), Validators(), NOW, obey=True)
            assert isinstance(reply, Document)
            try:
                await fetch(client, site.url("/agenda"), Validators(), NOW, obey=True)
            except HostRests as rest:
                return client.hosts.gap("127.0.0.1"), rest.until
        return timedelta(), None

    gap, until = asyncio.run(ask())
    assert gap == timedelta(seconds=45)
    assert isinstance(until, datetime)
    assert NOW + timedelta(seconds=40) < until <= NOW + timedelta(seconds=120)


@pytest.mark.parametrize("told", ["86400", "1e300", "inf", "-3", "soon"])
def test_no_crawl_delay_stops_us_for_ever(told: str) -> None:
    rules = parsed(Robots(origin="https://a.example", rules=f"User-agent: *\nCrawl-delay: {told}", tried=NOW))
    assert timedelta() <= rules.delay() <= timedelta(minutes=10)


def test_a_clock_that_was_wrong_makes_no_rules_eternal(site: Site, store: Store, tmp_path: Path) -> None:
    site.routes["/robots.txt"] = DENIED
    config = configure(tmp_path, agenda(site))
    poll(config, store, now=datetime(2038, 1, 1, tzinfo=UTC))
    site.routes["/robots.txt"] = b""
    assert poll(config, store, now=NOW)["agenda"].new == 2


def test_what_is_refused_shows_in_the_status_and_in_a_look(site: Site, tmp_path: Path) -> None:
    site.routes["/robots.txt"] = DENIED
    planet(tmp_path, f"fetch: {{allow: [127.0.0.1]}}\n{agenda(site)}")
    feeds(tmp_path, "once")
    words = "asks programs not to fetch"
    assert words in feeds(tmp_path, "status").stdout.replace("\n", " ")
    assert words in feeds(tmp_path, "check", "--online").stderr
    assert words in feeds(tmp_path, "preview", "agenda").stderr
    assert site.asked("/agenda") == []


def test_of_a_private_source_no_path_is_named(site: Site, store: Store, tmp_path: Path) -> None:
    site.routes["/robots.txt"] = b"User-agent: *\nDisallow: /"
    text = agenda(site).replace("http://", "http://ada:s3cret@")
    outcome = poll(configure(tmp_path, text), store)["agenda"]
    assert outcome.error is not None
    assert "asks programs not to fetch" in outcome.error
    assert "s3cret" not in outcome.error
    assert "/agenda" not in outcome.error
