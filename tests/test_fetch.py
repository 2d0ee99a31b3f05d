"""One poll over real sockets: conditions, redirects, logins, limits, manners."""

from __future__ import annotations

import asyncio
import base64
import doctest
import gzip
import logging
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from servers import STALL, Asked, Raw, Reply, Route, Site, etag

from feeds.config.schema import Fetch, Source
from feeds.errors import BadStatus, FetchError, Gone, SourceError, TooLarge
from feeds.fetch import Client, fetch, manners, open_client
from feeds.fetch.manners import user_agent
from feeds.model import Document, NotModified, Validators

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ATOM = b'<?xml version="1.0"?>\n<feed xmlns="http://www.w3.org/2005/Atom"><title>Radio</title></feed>\n'
SECRET = "hunter2"
NONE = Validators()


@pytest.fixture(autouse=True)
def _no_authorities(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Trust nobody: reading all authorities takes longer than most tests."""
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))


def limits(**fields: Any) -> Fetch:
    given: dict[str, Any] = {
        "contact": "https://planet.example/about",
        "deadline": timedelta(seconds=10),
        "allow": ("127.0.0.0/8",),
        "spacing": timedelta(),
    }
    return Fetch(**given | fields)


def ask(
    url: str, known: Validators = NONE, *, source: Source | None = None, **fields: Any
) -> Document | NotModified:
    async def poll() -> Document | NotModified:
        async with open_client(limits(**fields), "0.1") as client:
            return await fetch(client, url, known, NOW, source=source)

    return asyncio.run(poll())


def document(url: str, known: Validators = NONE, **fields: Any) -> Document:
    reply = ask(url, known, **fields)
    assert isinstance(reply, Document)
    return reply


def failure(url: str, known: Validators = NONE, **fields: Any) -> SourceError:
    with pytest.raises(SourceError) as caught:
        ask(url, known, **fields)
    assert str(caught.value).isprintable()
    return caught.value


def to(location: str, status: int = 302) -> Reply:
    return Reply(status=status, headers=(("Location", location),))


def headed(**headers: str) -> Reply:
    return Reply(headers=tuple((name.replace("_", "-"), value) for name, value in headers.items()), body=ATOM)


# ------------------------------------------------------------------ documents and conditions


def test_a_document_comes_with_its_address_headers_and_validators() -> None:
    stamp = "Sun, 01 Mar 2026 11:00:00 GMT"
    reply = headed(ETag='"one"', Last_Modified=stamp, Content_Type="application/atom+xml", Set_Cookie="a=b")
    with Site({"/feed": reply}) as site:
        got = document(site.url("/feed?page=1#top"))
        assert got.url == site.url("/feed?page=1")
    assert (got.body, got.status, got.moved_to) == (ATOM, 200, None)
    assert got.headers["content-type"] == "application/atom+xml"
    assert got.validators == Validators(etag='"one"', last_modified=stamp)
    assert not {"set-cookie", "content-length"} & set(got.headers)


def test_a_second_poll_is_conditional_and_not_modified() -> None:
    with Site({"/feed": ATOM}) as site:
        first = document(site.url("/feed"))
        second = ask(site.url("/feed"), first.validators)
        assert [asked.headers.get("if-none-match") for asked in site.log] == [None, etag(ATOM)]
    assert isinstance(second, NotModified)
    assert second.validators == first.validators


@pytest.mark.parametrize(
    "value",
    [
        'W/"w1"',
        "abc",
        '"a b  c"',
        '"\xe9\xff"',
        '"abc-gzip"',
        '"a", "b"',
        '"a\\"b"',
        '"\xc3\xa9"',
        "'",
        "x" * 8192,
    ],
    ids=lambda value: value[:12],
)
def test_validators_are_echoed_byte_for_byte(value: str) -> None:
    with Site({"/feed": headed(ETag=value, Last_Modified=value)}) as site:
        first = document(site.url("/feed"))
        assert isinstance(ask(site.url("/feed"), first.validators), NotModified)
        sent = site.log[1].headers
    assert (sent["if-none-match"], sent["if-modified-since"]) == (value, value)


@pytest.mark.parametrize(
    "value", ["", "x" * 8193, "a\x01b", "a\x7fb"], ids=["empty", "huge", "control", "delete"]
)
def test_a_validator_that_cannot_be_kept_is_forgotten(value: str) -> None:
    with Site({"/feed": headed(ETag=value)}) as site:
        assert document(site.url("/feed")).validators == NONE


def test_a_stored_validator_that_no_header_can_hold_is_not_sent() -> None:
    with Site({"/feed": ATOM}) as site:
        document(site.url("/feed"), Validators(etag="a\r\nInjected: 1", last_modified="🦊"))
        assert not {"if-none-match", "if-modified-since", "injected"} & set(site.log[0].headers)


def test_a_304_that_omits_the_etag_keeps_the_old_one_and_a_new_one_replaces_it() -> None:
    before = Validators(etag='"old"', last_modified="then")
    silent, telling = (
        Reply(status=304),
        Reply(status=304, headers=(("ETag", '"new"'), ("Cache-Control", "max-age=9"))),
    )
    with Site({"/silent": silent, "/telling": telling}) as site:
        kept, changed = (ask(site.url(path), before) for path in ("/silent", "/telling"))
    assert kept == NotModified(headers=kept.headers, validators=before)
    assert changed.validators == Validators(etag='"new"', last_modified="then")
    assert changed.headers["cache-control"] == "max-age=9"


def test_a_304_to_an_unconditional_request_is_a_failure() -> None:
    with Site({"/feed": Reply(status=304, headers=(("ETag", '"x"'),))}) as site:
        assert "304 Not Modified" in str(failure(site.url("/feed")))


@pytest.mark.parametrize("status", [204, 205])
def test_no_content_is_no_change_to_a_condition_and_otherwise_a_failure(status: int) -> None:
    with Site({"/feed": Reply(status=status)}) as site:
        assert isinstance(ask(site.url("/feed"), Validators(etag='"x"')), NotModified)
        error = failure(site.url("/feed"))
    assert isinstance(error, BadStatus)
    assert error.status == status


def test_a_repeated_header_is_joined_and_odd_bytes_survive() -> None:
    head = b"HTTP/1.1 200 OK\r\nX-Note: gr\xfc\xdfe\r\nVary: a\r\nvary:  b \r\nContent-Length: 1\r\n\r\nx"
    with Site({"/feed": Raw((head,))}) as site:
        got = document(site.url("/feed"))
    assert got.headers["vary"] == "a, b"
    assert got.headers["x-note"] == "grüße"


# ------------------------------------------------------------------ who asks, and how


def test_the_request_says_who_asks_and_carries_nothing_else() -> None:
    with Site({"/feed": ATOM}) as site:
        document(site.url("/feed"))
        sent = site.log[0].headers
    assert sent["user-agent"] == "feeds/0.1 (+https://planet.example/about)"
    assert sent["accept-encoding"].startswith("gzip, deflate, br")
    assert sent["accept"].startswith("application/atom+xml")
    assert sent["connection"] == "close"
    assert set(sent) == {"host", "user-agent", "accept", "accept-encoding", "connection"}


@pytest.mark.parametrize(
    ("contact", "agent"),
    [
        (None, "feeds/0.1"),
        ("ada@example.org", "feeds/0.1 (+ada@example.org)"),
        ("a\r\nb: (c)ü", "feeds/0.1 (+ab:c)"),
    ],
)
def test_the_user_agent_holds_the_contact_and_no_line_breaks(contact: str | None, agent: str) -> None:
    assert user_agent("0.1", contact) == agent
    assert doctest.testmod(manners).failed == 0


def test_no_cookie_is_kept_and_no_referrer_sent() -> None:
    cookie = Reply(status=302, headers=(("Location", "/feed"), ("Set-Cookie", "a=b; Path=/")))
    with Site({"/start": cookie, "/feed": headed(Set_Cookie="c=d; Path=/")}) as site:

        async def twice() -> None:
            async with open_client(limits(), "0.1") as client:
                for _ in range(2):
                    await fetch(client, site.url("/start"), NONE, NOW)

        asyncio.run(twice())
        assert len(site.log) == 4
        assert not any({"cookie", "referer"} & set(asked.headers) for asked in site.log)


def test_proxies_and_logins_of_the_environment_are_not_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login ada password secret\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    with Site({"/feed": ATOM}) as site, Site() as canary:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, canary.base)
        document(site.url("/feed"))
        assert canary.log == []
        assert "authorization" not in site.log[0].headers


# ------------------------------------------------------------------ one at a time


def together(urls: list[str]) -> tuple[list[Document | NotModified | BaseException], Client]:
    async def run() -> tuple[list[Document | NotModified | BaseException], Client]:
        async with open_client(limits(), "0.1") as client:
            polls = (fetch(client, url, NONE, NOW) for url in urls)
            return await asyncio.gather(*polls, return_exceptions=True), client

    return asyncio.run(run())


def test_a_host_is_asked_by_one_poll_at_a_time_and_then_forgotten() -> None:
    gate, present, most = threading.Lock(), 0, 0

    def count(_: Asked) -> bytes:
        nonlocal present, most
        with gate:
            present += 1
            most = max(most, present)
        threading.Event().wait(0.01)  # leaves the others time to arrive, if they were let
        with gate:
            present -= 1
        return ATOM

    with Site({"/feed": count, "/far": to("/feed"), "/gone": Reply(status=410)}) as site:
        replies, client = together([site.url(path) for path in ("/feed", "/far", "/gone", "/feed") * 3])
    assert most == 1
    assert [type(reply) for reply in replies] == [Document, Document, Gone, Document] * 3
    assert len(client.hosts) == 0


def test_different_hosts_are_asked_at_the_same_time() -> None:
    both = threading.Barrier(2, timeout=5)

    def meet(_: Asked) -> bytes:
        both.wait()
        return ATOM

    with Site({"/feed": meet}) as site:
        replies, _ = together([site.url("/feed"), f"http://localhost:{site.port}/feed"])
    assert [type(reply) for reply in replies] == [Document, Document]


def test_hosts_that_redirect_to_each_other_do_not_wait_for_each_other() -> None:
    with Site({"/feed": ATOM}) as site:
        here, there = site.base, f"http://localhost:{site.port}"
        site.routes |= {"/a": to(f"{there}/feed"), "/b": to(f"{here}/feed")}
        replies, client = together([f"{here}/a", f"{there}/b"] * 10)
    assert {type(reply) for reply in replies} == {Document}
    assert len(client.hosts) == 0


def test_waiting_for_a_turn_does_not_use_up_the_deadline() -> None:
    def slow(_: Asked) -> bytes:
        threading.Event().wait(0.2)
        return ATOM

    async def run(urls: list[str]) -> list[Document | NotModified]:
        async with open_client(limits(deadline=timedelta(seconds=1)), "0.1") as client:
            return await asyncio.gather(*(fetch(client, url, NONE, NOW) for url in urls))

    with Site({"/feed": slow}) as site:
        assert len(asyncio.run(run([site.url("/feed")] * 7))) == 7


def test_a_cancelled_poll_ends_as_cancelled_and_leaves_nothing_behind() -> None:
    with Site({"/feed": ATOM}) as site:
        arrived = threading.Event()

        def hang(_: Asked) -> Raw:
            arrived.set()
            return Raw((STALL,))

        site.routes["/hang"] = hang

        async def run() -> int:
            async with open_client(limits(), "0.1") as client:
                polls = [asyncio.create_task(fetch(client, site.url("/hang"), NONE, NOW)) for _ in range(2)]
                await asyncio.to_thread(arrived.wait, 5)
                for poll in polls:
                    poll.cancel()
                ends = await asyncio.gather(*polls, return_exceptions=True)
                assert [type(end) for end in ends] == [asyncio.CancelledError] * 2
                assert isinstance(await fetch(client, site.url("/feed"), NONE, NOW), Document)
                return len(client.hosts)

        assert asyncio.run(run()) == 0


# ------------------------------------------------------------------ redirects


@pytest.mark.parametrize(
    ("statuses", "moved"),
    [
        ((301,), 1),
        ((308,), 1),
        ((302,), 0),
        ((303,), 0),
        ((307,), 0),
        ((301, 308), 2),
        ((301, 302), 1),
        ((302, 301), 0),
        ((301, 307, 301), 1),
        ((301, 301, 301, 301, 301), 5),
    ],
    ids=str,
)
def test_a_move_is_the_unbroken_chain_of_permanent_redirects_from_the_start(
    statuses: tuple[int, ...], moved: int
) -> None:
    routes: dict[str, Route] = {f"/{hop}": to(f"/{hop + 1}", status) for hop, status in enumerate(statuses)}
    with Site(routes | {f"/{len(statuses)}": ATOM}) as site:
        got = document(site.url("/0"))
        assert got.url == site.url(f"/{len(statuses)}")
        assert got.moved_to == (site.url(f"/{moved}") if moved else None)


def test_conditions_are_sent_at_every_hop() -> None:
    with Site({"/old": to("/feed"), "/feed": ATOM}) as site:
        assert isinstance(ask(site.url("/old"), Validators(etag=etag(ATOM))), NotModified)


@pytest.mark.parametrize(
    "routes",
    [
        {"/feed": to("/feed")},
        {"/feed": to("/pong"), "/pong": to("/feed")},
        {"/feed": to("/feed#again")},
        {"/feed": to("//ada:secret@{host}/feed")},
    ],
    ids=["self", "ping-pong", "fragment", "login"],
)
def test_a_circle_is_recognised(routes: dict[str, Reply]) -> None:
    with Site() as site:
        for path, reply in routes.items():
            site.routes[path] = to(reply.headers[0][1].format(host=f"127.0.0.1:{site.port}"))
        assert "circle" in str(failure(site.url("/feed")))
        assert len(site.log) == len(routes)


def test_redirects_have_an_end() -> None:
    with Site() as site:
        for hop in range(9):
            site.routes[f"/{hop}"] = to(f"/{hop + 1}")
        assert "max_redirects" in str(failure(site.url("/0"), max_redirects=3))
        assert len(site.log) == 4
        assert "max_redirects" in str(failure(site.url("/0"), max_redirects=0))


@pytest.mark.parametrize(
    "location",
    [
        "file:///etc/passwd",
        "gopher://127.0.0.1:{port}/feed",
        "ftp://127.0.0.1/feed",
        "data:text/xml,<feed/>",
        "javascript:alert(1)",
        "http+unix://%2Fvar%2Frun%2Fx.sock/feed",
        "http://",
        "http:///feed",
        "http://[::1/feed",
        "http://127.0.0.1:99999/feed",
        "http://127.0.0.1:0/feed",
        "http://127.0.0.1:-1/feed",
        "http://localhost\\@127.0.0.1:{port}/feed",
        "http://１２７.0.0.1:{port}/feed",
        "http://%31%32%37.0.0.1:{port}/feed",
        "http://[fe80::1%25lo]:{port}/feed",
        "http://xn--\xfc.example/feed",
        "http://a.example:port/feed",
        "/feed\x01",
        "/" + "x" * 70_000,
        "",
    ],
    ids=lambda location: location[:24].replace("\x01", "^A"),
)
def test_an_address_that_may_not_be_asked_is_not_asked(location: str) -> None:
    with Site({"/feed": ATOM}) as site:
        place = location.replace("{port}", str(site.port)).encode().decode("latin-1")
        site.routes["/start"] = to(place)
        error = failure(site.url("/start"))
        assert [asked.path for asked in site.log] == ["/start"]
    assert isinstance(error, FetchError)
    assert len(str(error)) < 400


@pytest.mark.parametrize(
    "location", ["feed", "/feed", "./feed?x=a b", "/gr\xc3\xbc\xc3\x9fe", "/\xfc", "  /feed "]
)
def test_relative_and_odd_locations_are_followed(location: str) -> None:
    with Site({"/start": to(location), "/feed": ATOM, "/gr%C3%BC%C3%9Fe": ATOM, "/%C3%BC": ATOM}) as site:
        assert document(site.url("/start")).body == ATOM


def test_a_redirect_without_an_address_is_a_bad_status() -> None:
    with Site({"/start": Reply(status=302)}) as site:
        error = failure(site.url("/start"))
    assert isinstance(error, BadStatus)
    assert error.status == 302


# ------------------------------------------------------------------ logins and secrets


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def test_a_login_goes_to_its_origin_as_a_header_and_nowhere_else() -> None:
    with Site({"/feed": ATOM}) as site, Site({"/feed": ATOM}) as other:
        site.routes |= {"/near": to("/feed"), "/far": to(other.url("/feed"))}
        got = document(f"http://ada:p%40ss%C3%BC@127.0.0.1:{site.port}/near")
        document(f"http://ada:{SECRET}@127.0.0.1:{site.port}/far")
        document(f"http://ada:{SECRET}@localhost:{site.port}/near")
        assert got.url == site.url("/feed")
        assert [asked.headers["authorization"] for asked in site.log[:2]] == [basic("ada", "p@ssü")] * 2
        assert [asked.headers.get("authorization") for asked in other.log] == [None]
        assert all("@" not in asked.headers["host"] for asked in site.log)


def test_a_login_in_a_redirect_is_not_used_and_not_kept() -> None:
    with Site({"/feed": ATOM}) as site:
        site.routes["/start"] = to(f"http://ada:{SECRET}@127.0.0.1:{site.port}/feed", 301)
        got = document(site.url("/start"))
        assert "authorization" not in site.log[1].headers
        assert (got.url, got.moved_to) == (site.url("/feed"), site.url("/feed"))


FAILURES: dict[str, Route] = {
    "404": Reply(status=404),
    "circle": lambda asked: to(asked.target),
    "scheme": to(f"ftp://{SECRET}@host/{SECRET}"),
    "location": to(f"http://[{SECRET}/{SECRET}"),
    "long": to(f"/{SECRET}" + "x" * 70_000),
    "garbage": Raw((f"HTTP/9.9 {SECRET}\r\n\r\n".encode(),)),
    "cut": Raw((b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx",)),
    "large": Reply(body=b"x" * 5000),
    "coding": Reply(headers=(("Content-Encoding", "aes"),)),
    "close": Raw(()),
    "reset": Raw((), reset=True),
    "hang": Raw((STALL,)),
}


@pytest.mark.parametrize("kind", FAILURES)
@pytest.mark.parametrize("how", ["private", "login"])
def test_a_failure_of_a_private_source_tells_its_host_and_nothing_more(kind: str, how: str) -> None:
    path = f"/{SECRET}/feed"
    with Site({path: FAILURES[kind]}) as site:
        login = f"{SECRET}:{SECRET}@" if how == "login" else ""
        source = (
            Source(name="radio", url="https://radio.example/", private=True) if how == "private" else None
        )
        url = f"http://{login}127.0.0.1:{site.port}{path}?token={SECRET}"
        error = failure(url, source=source, max_bytes=1024, deadline=timedelta(seconds=0.3))
    seen = [str(error), repr(error), repr(error.__cause__)]
    assert not any(SECRET in text for text in seen)
    assert str(site.port) in str(error) or "redirects" in str(error)


def test_no_query_of_any_source_is_shown() -> None:
    with Site() as site:
        error = failure(site.url(f"/feed?token={SECRET}"))
    assert SECRET not in str(error)
    assert "/feed answers 404" in str(error)


def test_a_private_source_is_not_told_as_moved() -> None:
    source = Source(name="radio", url="https://radio.example/", private=True)
    with Site({"/old": to(f"/feed?token={SECRET}", 301), "/feed": ATOM}) as site:
        assert document(site.url("/old"), source=source).moved_to is None


def test_no_address_reaches_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with Site({"/feed": ATOM}) as site:
        document(site.url(f"/feed?token={SECRET}"))
    assert SECRET not in caplog.text
    assert "/feed" not in caplog.text


# ------------------------------------------------------------------ statuses


@pytest.mark.parametrize(
    "status", [400, 401, 403, 404, 410, 418, 429, 451, 500, 502, 503, 520, 999, 206, 300, 306]
)
def test_a_status_without_a_document_is_a_failure_with_its_number(status: int) -> None:
    with Site(
        {"/feed": Reply(status=status, headers=(("Retry-After", "120"), ("ETag", '"x"')), body=ATOM)}
    ) as site:
        error = failure(site.url("/feed"))
    assert isinstance(error, BadStatus)
    assert isinstance(error, Gone) == (status == 410)
    assert (error.status, error.retry_after) == (status, timedelta(seconds=120))
    assert f" {status}" in str(error)


@pytest.mark.parametrize("status", [200, 201, 202, 203, 226])
def test_any_other_success_is_a_document(status: int) -> None:
    with Site({"/feed": Reply(status=status, body=ATOM)}) as site:
        assert document(site.url("/feed")).status == status


def test_an_empty_success_is_an_empty_document() -> None:
    with Site({"/feed": Reply(headers=(("Content-Encoding", "gzip"),))}) as site:
        assert document(site.url("/feed")).body == b""


def test_retry_after_is_none_where_the_server_does_not_say() -> None:
    with Site({"/feed": Reply(status=503, headers=(("Retry-After", "tomorrow"),))}) as site:
        error = failure(site.url("/feed"))
    assert isinstance(error, BadStatus)
    assert error.retry_after is None


# ------------------------------------------------------------------ bodies, limits, time


def test_a_coded_body_arrives_decoded_and_says_no_longer_that_it_was_coded() -> None:
    reply = Reply(headers=(("Content-Encoding", "gzip"),), body=gzip.compress(ATOM))
    with Site({"/feed": reply}) as site:
        got = document(site.url("/feed"))
    assert got.body == ATOM
    assert "content-encoding" not in got.headers


def endless(site: Site) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\n\r\n"
    while not site.ended.is_set():
        yield b"<entry/>" * 8192


def test_an_endless_body_is_stopped_at_the_limit() -> None:
    with Site() as site:
        site.routes["/feed"] = lambda _: Raw(endless(site))
        assert isinstance(failure(site.url("/feed"), max_bytes=100_000), TooLarge)


def test_a_declared_length_over_the_limit_is_refused_before_the_body() -> None:
    for length in (b"1025", b"1" + b"0" * 18, b"9" * 19):
        head = b"HTTP/1.1 200 OK\r\nContent-Length: " + length + b"\r\n\r\n"
        with Site({"/feed": Raw((head, STALL))}) as site:
            assert isinstance(failure(site.url("/feed"), max_bytes=1024), TooLarge)


@pytest.mark.parametrize(
    "pieces",
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", b"x" * 99),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"5\r\nhello\r\n"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"5\r\nhel"),
    ],
    ids=["length", "chunks", "chunk"],
)
def test_a_short_body_is_a_failure(pieces: tuple[bytes, ...]) -> None:
    with Site({"/feed": Raw(pieces)}) as site:
        assert "cut short" in str(failure(site.url("/feed")))


def test_more_than_the_declared_length_is_not_read_as_the_next_answer() -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    forged = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged"
    with Site({"/feed": Raw((answer + forged,)), "/next": ATOM}) as site:

        async def run() -> list[bytes]:
            async with open_client(limits(), "0.1") as client:
                replies = [await fetch(client, site.url(path), NONE, NOW) for path in ("/feed", "/next")]
                return [reply.body for reply in replies if isinstance(reply, Document)]

        assert asyncio.run(run()) == [b"ok", ATOM]


def trickle(site: Site, before: bytes, drop: bytes) -> Iterator[bytes]:
    yield before
    while not site.ended.wait(0.02):
        yield drop


@pytest.mark.parametrize(
    ("before", "drop"),
    [
        (b"", b"H"),
        (b"HTTP/1.1 200 OK\r\nX: ", b"a"),
        (b"HTTP/1.1 200 OK\r\n\r\n", b"x"),
        (b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"A: b\r\n"),
    ],
    ids=["status", "header", "body", "hints", "trailers"],
)
def test_the_deadline_ends_what_only_trickles(before: bytes, drop: bytes) -> None:
    with Site() as site:
        site.routes["/feed"] = lambda _: Raw(trickle(site, before, drop))
        error = failure(site.url("/feed"), deadline=timedelta(seconds=0.3))
    # A server that sends wrong bytes may be found out sooner; but found out it is.
    assert "in time" in str(error) or "not proper HTTP" in str(error)


def test_the_deadline_covers_all_hops_together() -> None:
    def slow(asked: Asked) -> Reply:
        threading.Event().wait(0.1)
        return to(asked.path + "x")

    with Site() as site:
        site.routes |= {"/" + "x" * hop: slow for hop in range(20)}
        error = failure(site.url("/"), deadline=timedelta(seconds=0.35), max_redirects=20)
        assert "in time" in str(error)
        assert len(site.log) < 6


def test_silence_is_ended_by_the_read_timeout() -> None:
    with Site({"/feed": Raw((b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx", STALL))}) as site:
        assert "silent" in str(failure(site.url("/feed"), read_timeout=timedelta(seconds=0.2)))
