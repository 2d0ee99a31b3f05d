"""Documents of every XML format whose entities would grow without end, and what reading them takes.

A program as well, so that the memory of the process is that of reading and rendering alone:

    PYTHONPATH=. python tests/bombs.py

writes one line of JSON for each bomb: its name, seconds of processor time, MiB at its peak, how long the
longest of the outputs is, and how often the grown text stands in them.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from feeds.config.schema import Source
from feeds.errors import ReadError
from feeds.formats import FEED_FORMATS, SITE_FORMATS, OutputPage, SitePage
from feeds.model import Document
from feeds.normalize import language
from feeds.sources import read

RDF = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"'
MODULES = (
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
    'xmlns:media="http://search.yahoo.com/mrss/"'
)
FORMATS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "rss 0.91": (
            "rss",
            (
                '<rss version="0.91"><channel><title>X</title><link>https://m.example/</link><description>X'
                "</description><item><title>X</title><link>https://m.example/X</link><description>X</description>"
                "</item></channel></rss>"
            ),
        ),
        "rss 2.0": (
            "rss",
            (
                f'<rss version="2.0" {MODULES}><channel><title>X</title><description>X</description><item>'
                "<guid isPermaLink='false'>X</guid><title>X</title><link>https://m.example/X</link><dc:creator>X"
                "</dc:creator><category>X</category><pubDate>X</pubDate><description>X</description>"
                '<content:encoded>&lt;p title="X"&gt;X</content:encoded>'
                '<media:content url="https://m.example/X" type="X"/>'
                '<enclosure url="https://m.example/X" type="X" length="X"/></item></channel></rss>'
            ),
        ),
        "rss 1.0": (
            "rdf:RDF",
            (
                f'<rdf:RDF {RDF} {MODULES}><channel rdf:about="https://m.example/X"><title>X</title>'
                "<link>https://m.example/</link><description>X</description></channel><item "
                'rdf:about="https://m.example/X"><title>X</title><link>https://m.example/X</link>'
                "<description>X</description><dc:date>X</dc:date></item></rdf:RDF>"
            ),
        ),
        "atom 0.3": (
            "feed",
            (
                '<feed version="0.3" xmlns="http://purl.org/atom/ns#"><title>X</title><entry><id>X</id><title>'
                'X</title><link rel="alternate" href="https://m.example/X"/><issued>X</issued><content '
                'type="text/html" mode="escaped">X</content></entry></feed>'
            ),
        ),
        "atom 1.0": (
            "feed",
            (
                '<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://m.example/X"><id>X</id><title>'
                'X</title><entry xml:lang="X"><id>X</id><title type="html">X</title><author><name>X</name>'
                '</author><link href="https://m.example/X" title="X"/><updated>X</updated>'
                '<category term="X"/><content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">X</div>'
                "</content></entry></feed>"
            ),
        ),
        "cdf": (
            "CHANNEL",
            (
                '<CHANNEL HREF="https://m.example/X"><TITLE>X</TITLE><ITEM HREF="https://m.example/X"><TITLE>X'
                "</TITLE><ABSTRACT>X</ABSTRACT></ITEM></CHANNEL>"
            ),
        ),
    }
)
"""The name of the root, and a document of which each X is something to grow."""
LEVELS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
PARTS = "".join(f'<!ENTITY % p{n} "{f"&#37;p{n - 1};" * 10}">' for n in range(1, 10))
LONG = 60_000
BOMBS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "billion-laughs": (f'<!ENTITY l0 "lol">{LEVELS}', "&l9;"),
        "quadratic": (f'<!ENTITY l "{"lol" * (LONG // 3)}">', "&l;" * 600),
        "small": (f'<!ENTITY l "{"lol" * 330}">', "&l;" * 2000),
        "recursive": ('<!ENTITY l "lol&m;"><!ENTITY m "lol&l;">', "&l;" * 2000),
        "of itself": ('<!ENTITY l "lol&l;">', "&l;" * 2000),
        "parameters": (f'<!ENTITY % p0 "lol">{PARTS}<!ENTITY l "%p9;">%p9;', "&l;"),
        "named twice": (f'<!ENTITY l "lol"><!ENTITY l "{"lol" * 20_000}">', "&l;" * 600),
        "markup": (f'<!ENTITY l "<b>{"lol" * 20_000}</b>">', "&l;" * 600),
    }
)
"""What the document declares, and how it is named at each place."""


def document(kind: str, bomb: str) -> bytes:
    root, body = FORMATS[kind]
    declared, named = BOMBS[bomb]
    return f'<?xml version="1.0"?><!DOCTYPE {root} [{declared}]>{body.replace("X", named)}'.encode()


def outputs(body: bytes) -> list[bytes]:
    """Read it as any source, and render what came of it in every format; nothing if it is refused."""
    url = "https://m.example/feed"
    try:
        _, feed = read(Document(url=url, body=body), Source(name="m", url=url), "m.example,2026")
    except ReadError:
        return []
    page = SitePage(title="M", outputs=(OutputPage(name="all", title="All", feed=feed, files=()),))
    return [
        *(form.render(feed, url) for form in FEED_FORMATS.values()),
        SITE_FORMATS["page"].render(page),
    ]


def peak() -> float:
    """MiB that this process held at most since it began or its mark was reset (Linux)."""
    lines = Path("/proc/self/status").read_text("ascii", "replace").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def main() -> None:
    language.detect("Which language this text is written in is asked once, so that its model is there.")
    for name in (f"{kind}: {bomb}" for kind in FORMATS for bomb in BOMBS):
        body = document(*name.split(": "))
        sys.stdout.flush()
        if pid := os.fork():
            assert os.waitpid(pid, 0)[1] == 0, name
            continue
        # What a fork reports as its peak begins with what its parent holds.
        Path("/proc/self/clear_refs").write_text("5")
        begun = time.process_time()
        made = outputs(body)
        told = {
            "name": name,
            "seconds": time.process_time() - begun,
            "mib": peak(),
            "longest": max(map(len, made), default=0),
            "grown": max((one.count(b"lollol") for one in made), default=0),
        }
        print(json.dumps(told), flush=True)
        os._exit(0)


if __name__ == "__main__":
    main()
