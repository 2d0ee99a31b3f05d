"""One place makes connections, so that one place refuses them: whoever names an address, and wherever."""

from __future__ import annotations

import ast
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands import feeds
from servers import Asked, Reply, Site
from test_pipeline import NOW, configure, poll

from feeds.store import Store, open_store

HOUSE = Path(__file__).parent.parent / "feeds"
CONNECTING = {
    "fetch/connection.py": {"sock_connect"},
    "fetch/exchange.py": {"create_connection"},
    "fetch/lookup.py": {"getaddrinfo"},
    "fetch/proxied.py": {"AnyIOBackend", "AsyncHTTPProxy", "AsyncHTTPTransport"},
}
"""What makes connections, or finds out where to, and the only files that may name it."""
WATCHED = frozenset(
    {
        *(name for names in CONNECTING.values() for name in names),
        *("AsyncClient", "HTTPTransport", "ConnectionPool", "AsyncConnectionPool", "AsyncHTTPConnection"),
        *("HTTPConnection", "HTTPSConnection", "open_connection", "create_datagram_endpoint", "connect_ex"),
        *("urlopen", "urlretrieve", "gethostbyname", "TCPConnector", "SOCK_DGRAM", "open_unix_connection"),
    }
)
INNER = "127.0.0.2"


def named(tree: ast.AST) -> Iterator[str]:
    """Give each name that is used, of whatever it is taken."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.alias):
            yield node.name.rpartition(".")[2]


def test_one_place_makes_connections() -> None:
    trees = {
        path.relative_to(HOUSE).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for path in HOUSE.rglob("*.py")
    }
    found = {file: set(named(tree)) & WATCHED for file, tree in trees.items()}
    assert {file: names for file, names in found.items() if names} == CONNECTING
    # Of what is connected already: it looks no name up by itself.
    (call,) = [
        node
        for node in ast.walk(trees["fetch/exchange.py"])
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("create_connection")
    ]
    assert len(call.args) == 1
    assert "sock" in {keyword.arg for keyword in call.keywords}


def test_feedparser_is_never_asked_to_open_anything() -> None:
    """Its ``parse`` opens a text as a path or an address; its parsers are fed bytes."""
    opening = {"parse", "_open_resource", "http"}
    for path in HOUSE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and ast.unparse(node.value).startswith("feedparser"):
                assert node.attr not in opening, path
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("feedparser"):
                assert not {one.name for one in node.names} & opening, path


# ------------------------------------------------------------------ whoever names it


@pytest.fixture
def inner() -> Iterator[Site]:
    """Serve something that only somebody inside may see."""
    with Site({}, host=INNER) as running:
        yield running


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store("sqlite:///feeds.db", tmp_path)
    yield opened
    opened.close()


def atom(address: str) -> bytes:
    rels = ("hub", "self", "next", "first", "last", "prev-archive", "icon", "alternate", "replies", "via")
    links = "".join(f'<link rel="{rel}" href="{address}"/>' for rel in rels)
    return (
        f'<feed xmlns="http://www.w3.org/2005/Atom"><title>A</title><id>tag:a.example,2026:1</id>{links}'
        f"<icon>{address}</icon><logo>{address}</logo><updated>2026-02-01T00:00:00Z</updated>"
        f"<entry><id>tag:a.example,2026:2</id><title>E</title><updated>2026-02-01T00:00:00Z</updated>{links}"
        f'<content type="html" src="{address}"/></entry></feed>'
    ).encode()


def json_feed(address: str) -> bytes:
    return (
        '{"version": "https://jsonfeed.org/version/1.1", "title": "A", "home_page_url": "%s",'
        ' "next_url": "%s", "icon": "%s", "favicon": "%s", "hubs": [{"type": "WebSub", "url": "%s"}],'
        ' "items": [{"id": "1", "content_text": "x", "url": "%s", "image": "%s", "banner_image": "%s",'
        ' "attachments": [{"url": "%s", "mime_type": "audio/mpeg"}]}]}' % ((address,) * 9)
    ).encode()


@pytest.mark.parametrize("write", [atom, json_feed])
def test_what_a_feed_names_is_not_asked(inner: Site, store: Store, tmp_path: Path, write: object) -> None:
    assert callable(write)
    with Site({"/feed": write(inner.url("/secret"))}) as site:
        config = configure(tmp_path, f"sources: [{{name: a, url: '{site.url('/feed')}'}}]\n")
        outcomes = poll(config, store, now=NOW)
        assert outcomes["a"].new == 1
        assert [asked.path for asked in site.log] == ["/feed"]
    assert inner.log == []


@pytest.mark.parametrize("how", ["link", "redirect"])
def test_what_a_page_offers_is_refused_as_a_source_would_be(inner: Site, tmp_path: Path, how: str) -> None:
    config = "fetch: {allow: [127.0.0.1]}\nsources: []\n"
    (tmp_path / "config.yaml").write_text(config)
    link = '<link rel="alternate" type="application/rss+xml" href="%s">'
    ends = threading.Event()

    def there(_: Asked) -> Reply:
        ends.set()
        return Reply(status=302, headers=(("Location", inner.url("/secret")),))

    with Site({"/there": there}) as site:
        offered = inner.url("/secret") if how == "link" else site.url("/there")
        body = f"<html><head><title>A</title>{link % offered}</head><body></body></html>".encode()
        site.routes["/"] = Reply(headers=(("Content-Type", "text/html"),), body=body)
        said = feeds(tmp_path, "add", site.url("/"), "--yes")
    assert (said.returncode, said.stdout) == (1, "")
    assert f"{INNER} is a loopback address" in said.stderr or "that is not asked" in said.stderr
    assert ends.is_set() == (how == "redirect")
    assert inner.log == []
    assert (tmp_path / "config.yaml").read_text() == config
