"""What a source wants before it lets us in goes to that source, and nowhere else."""

from __future__ import annotations

import asyncio
import base64
import ssl
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from commands import command, environment, feeds
from papers import make, secure
from servers import STALL, Asked, Raw, Reply, Site

from feeds.config.load import load
from feeds.config.schema import Config, Fetch
from feeds.errors import AddressRefused, ConfigError, FetchError
from feeds.fetch import fetch, open_client
from feeds.model import Document, NotModified, Validators
from feeds.sources import read

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
RSS = b'<?xml version="1.0"?><rss version="2.0"><channel><title>a</title></channel></rss>'
KEY, PASSWORD = "key-5e1f", "pass-77aa"


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("papers"))


@pytest.fixture(autouse=True)
def _no_authorities(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))


def configured(folder: Path, url: str, options: str, *, top: str = "") -> Config:
    path = folder / "config.yaml"
    source = f"{{name: a, url: '{url}', fetch: {{{options}}}}}"
    path.write_text(f"fetch: {{allow: [127.0.0.0/8], {top}}}\nsources: [{source}]\n")
    return load(path, {"KEY": KEY, "PASSWORD": PASSWORD})


def ask(config: Config) -> Document | NotModified:
    (source,) = config.sources

    async def poll() -> Document | NotModified:
        async with open_client(config.fetch, "0.1") as client:
            return await fetch(client, source.url or "", Validators(), NOW, source=source)

    return asyncio.run(poll())


@pytest.mark.parametrize(
    ("options", "name", "value"),
    [
        ("headers: {X-Key: '${KEY}', User-Agent: 'other/1'}", "x-key", KEY),
        ("headers: {User-Agent: 'other/1'}", "user-agent", "other/1"),
        ("token: '${KEY}'", "authorization", f"Bearer {KEY}"),
        (
            "login: {user: Ada, password: '${PASSWORD}'}",
            "authorization",
            "Basic " + base64.b64encode(f"Ada:{PASSWORD}".encode()).decode(),
        ),
    ],
)
def test_what_opens_the_door_goes_to_the_source_and_to_no_other(
    tmp_path: Path, options: str, name: str, value: str
) -> None:
    with Site() as site, Site() as other:
        away = Reply(status=302, headers=(("Location", other.url("/feed")),))
        site.routes.update({"/feed": RSS, "/near": Reply(status=302, headers=(("Location", "/feed"),))})
        site.routes["/away"] = away
        other.routes["/feed"] = RSS
        for path in ("/feed", "/near", "/away"):
            assert isinstance(ask(configured(tmp_path, site.url(path), options)), Document)
        assert [asked.headers[name] for asked in site.log] == [value] * 4
        (led,) = other.log
        assert value not in led.headers.values()
        assert KEY not in str(led.headers)


def test_secrets_are_shown_nowhere(tmp_path: Path) -> None:
    with Site() as site:
        site.routes["/feed"] = Reply(status=401)
        config = configured(tmp_path, site.url("/feed"), f"token: {KEY}, headers: {{X-Key: {PASSWORD}}}")
        assert {KEY, PASSWORD} <= config.secrets
        assert KEY not in repr(config.sources)
        for words in (("once",), ("status",), ("status", "--json"), ("list", "--json"), ("export",)):
            said = feeds(tmp_path, *words)
            assert KEY not in said.stdout + said.stderr
            assert PASSWORD not in said.stdout + said.stderr
    for path in (tmp_path / "output").rglob("*"):
        assert not path.is_file() or KEY.encode() not in path.read_bytes()
    assert KEY.encode() not in (tmp_path / "feeds.db").read_bytes()


def test_certificates_are_held_against_whom_the_source_names(papers: Path, tmp_path: Path) -> None:
    with Site({"/feed": RSS}, tls=secure(papers, "good")) as site:
        with pytest.raises(FetchError, match="signed by nobody we trust"):
            ask(configured(tmp_path, site.url("/feed"), ""))
        assert isinstance(
            ask(configured(tmp_path, site.url("/feed"), f"verify: '{papers}/ca.pem'")), Document
        )


def test_a_certificate_that_is_not_checked_shows_for_ever(papers: Path, tmp_path: Path) -> None:
    with Site({"/feed": RSS}, tls=secure(papers, "expired")) as site:
        assert isinstance(ask(configured(tmp_path, site.url("/feed"), "verify: false")), Document)
        feeds(tmp_path, "once")
        assert '"verified": false' in feeds(tmp_path, "status", "--json").stdout


def test_we_show_our_certificate_where_it_is_wanted(papers: Path, tmp_path: Path) -> None:
    both = tmp_path / "client.pem"
    both.write_text((papers / "good.pem").read_text() + (papers / "good.key").read_text())
    wanting = secure(papers, "good")
    wanting.verify_mode = ssl.CERT_REQUIRED
    wanting.load_verify_locations(papers / "ca.pem")
    with Site({"/feed": RSS}, tls=wanting) as site:
        trust = f"verify: '{papers}/ca.pem'"
        assert isinstance(
            ask(configured(tmp_path, site.url("/feed"), f"{trust}, certificate: client.pem")), Document
        )
        with pytest.raises(FetchError):
            ask(configured(tmp_path, site.url("/feed"), trust))
        with pytest.raises(FetchError, match=r"missing\.pem cannot be used"):
            ask(configured(tmp_path, site.url("/feed"), f"{trust}, certificate: missing.pem"))


def test_a_proxy_is_asked_instead_and_leads_inside_neither(tmp_path: Path) -> None:
    with Site({"http://radio.example/feed": RSS, "http://127.0.0.9/feed": RSS}) as proxy:
        options = f"proxy: 'http://u:{PASSWORD}@127.0.0.1:{proxy.port}'"
        reply = ask(configured(tmp_path, "http://radio.example/feed", options))
        assert isinstance(reply, Document)
        (asked,) = proxy.log
        assert asked.headers["proxy-authorization"].startswith("Basic ")
        config = configured(tmp_path, "http://127.0.0.9/feed", options)
        shut = config.model_copy(update={"fetch": Fetch()})
        with pytest.raises(AddressRefused, match="loopback"):
            ask(shut)
        assert len(proxy.log) == 1
        assert PASSWORD in config.secrets


def test_a_source_may_have_another_deadline(tmp_path: Path) -> None:
    with Site({"/feed": Raw((b"HTTP/1.1 200 OK\r\n\r\n", STALL))}) as site:
        config = configured(tmp_path, site.url("/feed"), "deadline: 1s", top="deadline: 1h, read_timeout: 1h")
        before = datetime.now(UTC)
        with pytest.raises(FetchError, match="in time"):
            ask(config)
        assert datetime.now(UTC) - before < timedelta(minutes=1)


def test_the_operators_charset_stands_above_what_a_document_says(tmp_path: Path) -> None:
    told = '<?xml version="1.0" encoding="utf-8"?><rss><channel><title>Żółw</title></channel></rss>'
    body = told.encode("iso-8859-2")
    for options, title in (("charset: iso-8859-2", "Żółw"), ("charset: koi8-r", "╞С│w")):
        config = configured(tmp_path, "http://a.example/", options)
        document = Document(
            url="http://a.example/", body=body, headers={"content-type": "text/xml; charset=utf-8"}
        )
        _, feed = read(document, config.sources[0], "a.example,2026")
        assert feed.title is not None
        assert (feed.title.value == title) == (options == "charset: iso-8859-2")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("headers: {Host: a}", "set by feeds itself"),
        ("headers: {Authorization: a}", "set by feeds itself"),
        ("headers: {'A B': a}", "name of a header"),
        ('headers: {A: "b\\nc"}', "line of ASCII"),
        ("headers: x", "headers like"),
        ("charset: rot13", "character set"),
        ("charset: utf-7", "character set"),
        ("charset: zlib", "character set"),
        ("charset: no-such", "character set"),
        ("proxy: 'socks5://a/'", "http"),
        ("login: {user: a}", "password"),
        ("tokn: a", "token"),
    ],
)
def test_mistakes_are_told_without_the_value(tmp_path: Path, options: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        configured(tmp_path, "http://a.example/", options)


def test_no_secret_is_in_anything_that_a_run_leaves(tmp_path: Path) -> None:
    """Of every kind of secret, of sources that work, fail, lead elsewhere, and repeat their own address."""
    secrets = {
        name: f"{name.lower()}-5e1f9c" for name in ("URLPASS", "QUERY", "TOKEN", "LOGIN", "HEADER", "PROXY")
    }
    with Site() as site, Site() as other:
        base = f"http://ada:${{URLPASS}}@127.0.0.1:{site.port}"
        fetches = {
            "token": "token: '${TOKEN}'",
            "login": "login: {user: Ada, password: '${LOGIN}'}",
            "header": "headers: {X-Key: '${HEADER}'}",
            "proxy": f"proxy: 'http://u:${{PROXY}}@127.0.0.1:{site.port}'",
        }
        paths = ("ok", "none", "away", "moved", "broken", "cut")
        lines = [
            f"  - {{name: {path}-{name}, url: '{base}/{path}?key=${{QUERY}}', fetch: {{{fetch}}}}}\n"
            for path in paths
            for name, fetch in fetches.items()
        ]
        text = f"fetch: {{allow: [127.0.0.0/8], spacing: 0s}}\nsources:\n{''.join(lines)}"
        (tmp_path / "config.yaml").write_text(text)

        def telling(asked: Asked) -> Reply:
            """A feed whose self link, entry and id repeat the address that was asked."""
            here = f"http://ada:{secrets['URLPASS']}@127.0.0.1:{site.port}{asked.target}"
            link = f"<atom:link xmlns:atom='http://www.w3.org/2005/Atom' rel='self' href='{here}'/>"
            entry = "<item><guid isPermaLink='false'>1</guid><title>One</title></item>"
            return Reply(
                body=f"<rss version='2.0'><channel><title>A</title>{link}{entry}</channel></rss>".encode()
            )

        def routed(asked: Asked) -> Reply | Raw:
            path = asked.path.rpartition("/")[2]
            if path == "ok":
                return telling(asked)
            if path in ("away", "moved"):
                return Reply(
                    status=302 if path == "away" else 301, headers=(("Location", other.url("/feed")),)
                )
            return Raw((b"HTTP/1.1 nonsense\r\n\r\n",)) if path == "broken" else Reply(status=404)

        for path in paths:
            site.routes[f"/{path}"] = site.routes[f"http://127.0.0.1:{site.port}/{path}"] = routed
        other.routes["/feed"] = RSS
        said = ""
        everything = (("-v", "once", "--all"), ("once", "--all", "--json"), ("status",), ("status", "--json"))
        for words in (*everything, ("list", "--json"), ("check",), ("export",), ("plan",), ("schema",)):
            run = subprocess.run(
                command(*words), cwd=tmp_path, env=environment(**secrets), capture_output=True, check=False
            )
            said += (run.stdout + run.stderr).decode()
        assert len(site.log) >= len(lines)
        assert secrets["URLPASS"] not in str([asked.headers for asked in other.log])
    assert "Traceback" not in said
    assert "404 Not Found" in said
    left = [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "config.yaml"]
    assert len(left) > 4
    kept = b"\n".join(path.read_bytes() for path in left) + said.encode()
    coded = {name: base64.b64encode(f"ada:{secret}".encode()) for name, secret in secrets.items()}
    assert [name for name, secret in secrets.items() if secret.encode() in kept or coded[name] in kept] == []


def test_the_operators_charset_counts_for_what_a_server_sends(tmp_path: Path) -> None:
    body = "<rss version='2.0'><channel><title>Żółw</title></channel></rss>".encode("iso-8859-2")
    with Site({"/feed": Reply(headers=(("Content-Type", "text/xml; charset=utf-8"),), body=body)}) as site:
        configured(tmp_path, site.url("/feed"), "charset: iso-8859-2")
        assert feeds(tmp_path, "once").returncode == 0
        assert "Żółw" in (tmp_path / "output" / "sources.opml").read_text("utf-8")
