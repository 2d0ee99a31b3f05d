"""Whatever goes wrong below us leaves as one sentence of ours: TLS, DNS, sockets, and arbitrary bytes."""

from __future__ import annotations

import asyncio
import errno
import gc
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from papers import make, secure
from servers import Raw, Reply, Site

from feeds.config.schema import Fetch, Source
from feeds.errors import FetchError, SourceError
from feeds.fetch import Client, failures, fetch, open_client
from feeds.model import Document, NotModified, Validators

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SETTINGS = Fetch(allow=("127.0.0.0/8",), max_bytes=4096, deadline=timedelta(seconds=5), max_redirects=2)
URL = httpx.URL("https://radio.example/feed.xml")


@pytest.fixture(autouse=True)
def _no_authorities(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))


def ask(url: str, source: Source | None = None) -> Document | NotModified:
    async def poll() -> Document | NotModified:
        async with open_client(SETTINGS, "0.1") as client:
            return await fetch(client, url, Validators(etag='"x"'), NOW, source=source)

    return asyncio.run(poll())


# ------------------------------------------------------------------ TLS


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("papers"))


@pytest.fixture
def trusting(papers: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SSL_CERT_FILE", str(papers / "ca.pem"))
    return papers


def test_a_document_comes_over_tls_from_whom_the_operator_trusts(trusting: Path) -> None:
    with Site({"/feed": b"<feed/>"}, tls=secure(trusting, "good")) as site:
        reply = ask(site.url("/feed"))
    assert isinstance(reply, Document)
    assert reply.body == b"<feed/>"


@pytest.mark.parametrize(
    ("paper", "reason"),
    [("other", "made out to another host"), ("expired", "has expired"), ("self", "self-signed")],
)
def test_a_bad_certificate_is_refused_and_the_reason_named(trusting: Path, paper: str, reason: str) -> None:
    with Site({"/feed": b"<feed/>"}, tls=secure(trusting, paper)) as site:
        with pytest.raises(FetchError, match=reason) as caught:
            ask(site.url("/feed"))
        assert f"127.0.0.1:{site.port}" in str(caught.value)
        assert site.log == []


def test_a_server_that_speaks_no_tls_is_told_from_one_with_a_bad_certificate() -> None:
    with Site({"/feed": b"<feed/>"}) as site, pytest.raises(FetchError, match="does not speak TLS"):
        ask(f"https://127.0.0.1:{site.port}/feed")


def test_a_handshake_that_takes_too_long_leaves_no_socket_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]

        async def poll() -> None:
            hurried = SETTINGS.model_copy(update={"deadline": timedelta(seconds=0.2)})
            async with open_client(hurried, "0.1") as client:
                await fetch(client, f"https://127.0.0.1:{port}/feed", Validators(), NOW)

        with pytest.raises(FetchError, match="in time"):
            asyncio.run(poll())
        gc.collect()  # an open socket would be warned about here, and warnings are errors
        with silent.accept()[0] as accepted:
            accepted.settimeout(5)
            while accepted.recv(4096):
                pass  # the hello; then the end, because the other side hung up


def test_https_to_http_is_followed_but_is_no_move_and_refused_for_secrets(trusting: Path) -> None:
    with Site({"/feed": b"<feed/>"}) as plain:
        away = Reply(status=301, headers=(("Location", plain.url("/feed")),))
        with Site({"/old": away}, tls=secure(trusting, "good")) as site:
            reply = ask(site.url("/old"))
            assert isinstance(reply, Document)
            assert (reply.url, reply.moved_to) == (plain.url("/feed"), None)
            private = Source(name="radio", url="https://radio.example/", private=True)
            with pytest.raises(FetchError, match="from https to http"):
                ask(site.url("/old"), private)
        assert len(plain.log) == 1


# ------------------------------------------------------------------ the network


def test_a_closed_port_refuses() -> None:
    with Site() as site:
        url = site.url("/feed")
    with pytest.raises(FetchError, match=rf"127\.0\.0\.1:{site.port} refuses the connection"):
        ask(url)


@pytest.mark.parametrize("host", ["a" * 64 + ".example", "a..example", "-"])
def test_a_name_that_no_host_can_have_does_not_resolve(host: str) -> None:
    with pytest.raises(FetchError, match=r"does not resolve|no name of a host|cannot be looked up"):
        ask(f"http://{host}/feed")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "feed.xml",
        "//radio.example/feed",
        "ftp://radio.example/",
        "http://",
        "http://[",
        "http://a b/",
        "http:/x",
    ],
)
def test_a_source_without_a_web_address_is_refused(url: str) -> None:
    with pytest.raises(FetchError, match="the source's address"):
        ask(url)


def below(cause: OSError, error: httpx.HTTPError) -> httpx.HTTPError:
    """Give an error as httpx does: its cause some levels down."""
    middle = OSError("All connection attempts failed")
    middle.__cause__ = ExceptionGroup("multiple connection attempts failed", [OSError("?"), cause])
    error.__cause__ = middle
    return error


@pytest.mark.parametrize(
    ("cause", "said"),
    [
        (
            socket.gaierror(socket.EAI_NONAME, "?"),
            "the name radio.example does not resolve; check the address",
        ),
        (socket.gaierror(socket.EAI_AGAIN, "?"), "cannot be looked up now"),
        (ConnectionRefusedError(errno.ECONNREFUSED, "?"), "refuses the connection"),
        (ConnectionResetError("Connection lost"), "broke off the connection"),
        (OSError(errno.ENETUNREACH, "?"), "cannot be reached"),
        (OSError(errno.EHOSTUNREACH, "?"), "cannot be reached"),
        (OSError(errno.EMFILE, "?"), "ulimit"),
        (TimeoutError(errno.ETIMEDOUT, "?"), "does not answer"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, OSError) else "",
)
def test_the_cause_is_found_under_what_httpx_made_of_it(cause: OSError, said: str) -> None:
    error = failures.explain(
        below(cause, httpx.ConnectError("?")), URL, "https://radio.example/feed.xml", False
    )
    assert said in str(error)
    assert "radio.example" in str(error) or "this machine" in str(error)


def test_an_error_without_a_cause_still_makes_a_sentence() -> None:
    loop = httpx.ReadError("")
    loop.__context__ = OSError("?")
    loop.__context__.__context__ = loop
    assert str(failures.explain(loop, URL, "x", False)).startswith("the connection to radio.example broke")


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (b"<rss><channel/></rss>", "does not answer in HTTP; check the address, and its port"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "does not answer in HTTP; check the address, and its port"),
        (b"HTTP/1.1 100 Continue\r\n\r\n", "before it answers"),
        (b"HTTP/1.1 101 Upgrade\r\nUpgrade: h2c\r\n\r\n", "in another protocol, which nobody asked for"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", r"(illegal chunk header: zz\r\n)"),
        (b"", "before it answers"),
    ],
)
def test_what_is_no_answer_is_told_apart(sent: bytes, said: str) -> None:
    with Site({"/feed": Raw((sent,))}) as site, pytest.raises(FetchError) as caught:
        ask(site.url("/feed"))
    assert said in str(caught.value)
    assert any(remedy in str(caught.value) for remedy in ("tried again later", "check the address"))


# ------------------------------------------------------------------ arbitrary bytes

STARTS = [
    b"",
    b"HTTP/1.1 200 OK\r\n",
    b"HTTP/1.1 302 Found\r\nLocation: ",
    b"HTTP/1.1 304 \r\n",
    b"HTTP/1.1 500\r\n",
]
HEADERS = [
    b"Content-Length: 5\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Content-Encoding: gzip\r\n",
    b"ETag: ",
    b"Retry-After: 1\r\n",
    b"Set-Cookie: a=b; domain=..\r\n",
    b"Location: //\r\n",
    b"http://[",
    b"//xn--\xfc/",
    b"\r\n",
    b"\r\n\r\n",
    b"5\r\nhello\r\n0\r\n\r\n",
    b"\x1f\x8b\x08",
]
answers = st.tuples(
    st.sampled_from(STARTS), st.lists(st.sampled_from(HEADERS) | st.binary(max_size=20), max_size=8)
)


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as site:
        yield site


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture
def client(_no_authorities: None, runner: asyncio.Runner) -> Iterator[Client]:
    opening = open_client(SETTINGS, "0.1")
    yield runner.run(opening.__aenter__())
    runner.run(opening.__aexit__(None, None, None))


@given(answer=answers.map(lambda parts: parts[0] + b"".join(parts[1])))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_bytes_of_a_server_bring_anything_but_an_answer_or_a_failure(
    runner: asyncio.Runner, client: Client, site: Site, answer: bytes
) -> None:
    async def poll(url: str) -> object:
        try:
            return await fetch(client, url, Validators(etag='"x"'), NOW)
        except SourceError as error:
            return error

    site.routes["/feed"] = Raw((answer,))
    reply = runner.run(poll(site.url("/feed")))
    assert isinstance(reply, Document | NotModified | FetchError)
    if isinstance(reply, FetchError):
        assert str(reply).isprintable()
        assert len(str(reply)) < 400
