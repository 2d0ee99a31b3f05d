"""No character of a source acts on what reads us: parsers, terminals, logs (CHECKS.md, E8 and E11)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import pytest
from commands import feeds, on_a_terminal, planet
from judge import judge
from payloads import WRITERS
from reading import feed_of
from servers import Raw, Reply, Route, Site

from feeds.formats import FEED_FORMATS, SITE_FORMATS, OutputPage, SitePage
from feeds.model import Feed
from feeds.normalize.chars import clean

C0 = "".join(map(chr, (*range(9), 0x0B, 0x0C, *range(0x0E, 0x20))))
C1 = "".join(map(chr, range(0x7F, 0xA0)))
NONCHARACTERS = "".join(
    map(
        chr,
        (
            *range(0xFDD0, 0xFDF0),
            *(plane * 0x10000 + low for plane in range(17) for low in (0xFFFE, 0xFFFF)),
        ),
    )
)
SURROGATES = "\ud800\udbff\udc00\udfff"
NEVER = re.compile(f"[{C0}{C1}{NONCHARACTERS}{SURROGATES}]")


def references(characters: str) -> str:
    return "".join(f"x&#{ord(one)};&#x{ord(one):X};" for one in characters)


CHARACTERS: Mapping[str, str] = MappingProxyType(
    {
        "C0": f"a{C0}b",
        "C1": f"a{C1}b",
        "noncharacters": f"a{NONCHARACTERS}b",
        "lone surrogates": f"a{SURROGATES[::-1]}b",
        "C0 as references": references(C0),
        "C1 as references": references(C1),
        "noncharacters as references": references(NONCHARACTERS),
        "surrogates as references": f"{references(SURROGATES)}&#xD83D;&#xDE00;",
        "beyond Unicode": "x&#x110000;&#99999999999;&#xFFFFFFFFFF;y",
        "controls in markup": f"<p title='{C0}{C1}'>a<b{C0}>b</b></p><a href='https://a.example/{C1}'>x</a>",
        "bidi opened": "\u202aa\u202bb\u202dc\u202ed\u2066e\u2067f\u2068g",
        "bidi closed": "a\u202c\u202c\u2069\u2069b",
        "bidi crossed": "\u202a\u2067a\u202cb\u2069c\u202e",
        "bidi in markup": "<p>\u202ea<b>\u2066b</b></p><p>c\u202c</p>&#x202E;&#x2067;",
        "marks": "Z" + "\u0301\u0316" * 5000,
        "tags": "a\U000e0001\U000e0041b\U0001f3f4\U000e0067\U000e007f",
        "line ends": "a\u2028b\u2029c\x0bd\x0ce\x85f\rg\r\nh",
        "zero width": "\u200b\u2060\ufeff\u00ad",
        "byte order marks": "\ufeffa\ufeffb",
    }
)


def strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in (*value, *value.values()) if isinstance(value, dict) else value:
            yield from strings(one)


def bodies(feed: Feed) -> Iterator[bytes]:
    yield from (form.render(feed, "https://planet.example/all") for form in FEED_FORMATS.values())
    output = OutputPage(name="all", title="All", feed=feed, files=())
    yield SITE_FORMATS["page"].render(SitePage(title="Planet", outputs=(output,)))


@pytest.mark.parametrize("writer", WRITERS)
def test_no_character_in_any_field_harms_any_output(writer: str) -> None:
    feed = feed_of(WRITERS[writer](CHARACTERS))
    assert len(feed.entries) == len(CHARACTERS)
    for body in bodies(feed):
        assert NEVER.search(body.decode("utf-8")) is None
        if body.startswith(b"{"):
            assert [one for one in strings(json.loads(body)) if NEVER.search(one)] == []
        if not body.startswith(b"<!"):
            found = judge(body, safe=True)
            assert [str(one) for one in found if one.severity == "error" or one.layer in ("wf", "safe")] == []


@pytest.mark.parametrize("name", CHARACTERS)
def test_bidirectional_controls_are_balanced_in_every_text(name: str) -> None:
    cleaned = clean(CHARACTERS[name])
    opened = re.findall("[\u202a\u202b\u202d\u202e\u2066-\u2068]", cleaned)
    assert len(opened) == len(re.findall("[\u202c\u2069]", cleaned))


# Terminals and logs -------------------------------------------------------------------------------------

EVIL = (
    'x\x1b[2J\x1b]0;owned\x07\x9b31m\u202ey\x08\r\n{"time": "now", "level": "error", "event": "forged"}\n'
    "time=now level=error event=forged\u2028feeds: forged\x85forged\x00"
)
HOSTILE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
COMMANDS = (
    ("once", "--all"),
    ("once", "--all", "-v"),
    ("once", "--all", "--json"),
    ("status",),
    ("status", "--json"),
    ("list",),
    ("list", "--json"),
    ("preview", "evil"),
    ("preview", "evil", "-v"),
    ("preview", "evil", "--json"),
)


@pytest.fixture(scope="module")
def evil_planet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Sources whose titles, names, errors, status lines and headers all try it."""
    item = {"id": EVIL, "title": EVIL, "content_text": EVIL, "tags": [EVIL], "authors": [{"name": EVIL}]}
    told = {"version": "https://jsonfeed.org/version/1.1", "title": EVIL, "items": [item]}
    lines = EVIL.encode("utf-8").replace(b"\n", b" ").replace(b"\r", b" ").replace(b"\x00", b"")
    routes: dict[str, Route] = {
        "/evil": json.dumps(told).encode(),
        "/reason": Raw((b"HTTP/1.1 500 " + lines + b"\r\nContent-Length: 0\r\n\r\n",)),
        "/away": Raw(
            (b"HTTP/1.1 302 Found\r\nLocation: http://" + lines + b"/\r\nContent-Length: 0\r\n\r\n",)
        ),
        "/type": Reply(headers=(("Content-Type", "x\x1b[31m"), ("ETag", '"\x9b31m"')), body=EVIL.encode()),
        "/tag": f"<x{EVIL}>".encode(),
        "/json": f'{{"version": {EVIL}'.encode(),
        "/version": json.dumps({"version": EVIL, "items": EVIL}).encode(),
    }
    with Site(routes) as site:
        listed = "".join(f"  - {{name: {path[1:]}, url: '{site.url(path)}'}}\n" for path in routes)
        yield planet(
            tmp_path_factory.mktemp("planet"), f"fetch: {{allow: [127.0.0.0/8]}}\nsources:\n{listed}"
        )


@pytest.mark.parametrize("args", COMMANDS, ids=" ".join)
def test_nothing_that_a_source_says_acts_in_a_pipe(args: tuple[str, ...], evil_planet: Path) -> None:
    said = feeds(evil_planet, *args)
    for stream in (said.stdout, said.stderr):
        assert HOSTILE.sub("", stream.replace("\t", "")) == stream.replace("\t", "")
        # A title has become one line; none of its own lines begins one of ours.
        assert not re.search(r"(?m)^(?:feeds: forged|forged|time=now|\{\"time\": \"now\")", stream)
    if "--json" in args:
        json.loads(said.stdout)


@pytest.mark.parametrize("more", [(), ("-v",)], ids=["plain", "verbose"])
def test_every_line_of_the_log_is_one_event_of_ours(more: tuple[str, ...], evil_planet: Path) -> None:
    said = feeds(evil_planet, "once", "--all", "--log-json", *more)
    events = [json.loads(line) for line in said.stderr.splitlines()]
    assert len([one for one in events if one["event"] == "poll failed"]) == 6
    assert all(isinstance(one, dict) and one["event"] != "forged" and one["time"] != "now" for one in events)
    assert said.stderr.isascii()


def test_nothing_that_a_source_says_acts_on_a_terminal(evil_planet: Path) -> None:
    _, said = on_a_terminal(evil_planet, "preview", "evil", "-v")
    assert "forged" in said
    # What rich itself writes to colour a word is all that is left.
    assert "\x1b" not in re.sub(r"\x1b\[[0-9;]*m", "", said)
    assert not set(said) & set("\x07\x08\x9b\x85\u2028\u202e\x00")
