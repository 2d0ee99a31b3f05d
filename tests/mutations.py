"""Documents that are nearly feeds: spliced, flipped, cut, doubled, and with words of a dictionary put in."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from random import Random

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "tests/data"
CORPUS = ROOT.parent / "shared/corpus"
LARGE = 30_000
"""Bytes of a seed; larger ones only cost time."""

WORDS = tuple(
    b"""<![CDATA[|]]>|<!--|-->|<item>|</item>|<entry>|</entry>|<entry/>|</channel>|</feed>|<channel>|
&#x110000;|&#55357;|&#0;|&x;|&amp;|&amp;amp;|&lt;|&nbsp;|<!DOCTYPE a [<!ENTITY b '|'>]>|<id>|<id/>|
</id>|<guid>|<guid isPermaLink="true">|<svg>|<math>|<script>alert(1)</script>|&lt;script&gt;|
&lt;img src=x onerror=a()&gt;|<template>|<style>|<iframe src='|xml:base='http://[' |
xml:base='javascript:a' |xml:lang='de' |<link href='|<link>|<link/>| rel='self'| rel='alternate'|
 type='html'| type='xhtml'| type='text'| type='text/html'| mode='escaped'|
<title type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'>|
<content src='http://a.example/x.mp3'/>|<content type='html'>|<summary>|<description>|
<content:encoded>|<author/>|<author><name>|<source>|<source url='http://a.example/'>|
<category term='|<enclosure url='http://a.example/x' length='-1'/>|
<g:where xmlns:g='http://www.georss.org/georss'>|<media:content url='x'/>|<media:group>|
<itunes:explicit>yes</itunes:explicit>|<pubDate>|<updated>|Mon, 31 Feb 2026 25:61:61 +9999|
0000-00-00T00:00:00Z|9999-12-31T23:59:59-23:59|0001-01-01|{|}|[|]|"|:|,|null|true|1e999|-0|
99999999999999999999|"id":|"url":|"items":[|"content_html":|"\\ud800"|"\\u0000"|"authors":|http://|
https://a.example/|//a|javascript:|data:text/html,|http://[::1|http://a.example:99999/|\\|
<feed xmlns='http://www.w3.org/2005/Atom'>|<rss version='2.0'>|<rdf:RDF>|
<?xml version='1.0' encoding='utf-16'?>|<?xml version='1.1'?>|\x00|\xff\xfe|\xef\xbb\xbf|\xc3|\x80|
\xed\xa0\x80|\xe2\x80\xae|\xe2\x81\xa6|\xcc\x81\xcc\x81\xcc\x81|\xf3\xa0\x81\x81|\x1b|\x0b|\r|\t|
<div>|</div>|<p>|</p>|<a href='|<table>|<b><b><b><b>|<dt>|<br>|<hr/>|<|>|/|=|'|\xc2\xa0|
\xe2\x80\x8b""".replace(b"\n", b"").split(b"|")
)


def fixtures() -> tuple[bytes, ...]:
    """Give the project's own feeds."""
    paths = sorted([*(DATA / "feed").glob("*.xml"), *(DATA / "json_feed").glob("*.feed.json")])
    return tuple(path.read_bytes() for path in paths if path.stat().st_size <= LARGE)


def corpus() -> tuple[bytes, ...]:
    """Give the documents that lie beside the project; empty if they do not."""
    manifest = CORPUS / "manifest.jsonl"
    if not manifest.exists():
        return ()
    paths = [CORPUS / json.loads(line)["path"] for line in manifest.read_text("utf-8").splitlines()]
    return tuple(path.read_bytes() for path in paths if path.stat().st_size <= LARGE)


def mutated(seeds: Sequence[bytes], dice: Random) -> bytes:
    """Take a seed and change it in one to six places."""
    body = dice.choice(seeds)
    for _ in range(dice.randint(1, 6)):
        at = dice.randint(0, len(body))
        until = min(len(body), at + dice.choice((1, 4, 20, 100, 1000)))
        match dice.randrange(7):
            case 0:
                body = body[:at] + body[until:]
            case 1:
                body = body[:at] + body[at:until] * dice.randint(2, 5) + body[until:]
            case 2 | 3:
                body = body[:at] + dice.choice(WORDS) + body[dice.choice((at, until)) :]
            case 4:
                flipped = bytes(
                    byte ^ (1 << dice.randrange(8)) for byte in body[at : at + dice.randint(1, 3)]
                )
                body = body[:at] + flipped + body[at + len(flipped) :]
            case 5:
                other = dice.choice(seeds)
                start = dice.randint(0, len(other))
                body = body[:at] + other[start : start + dice.choice((20, 200, 2000))] + body[until:]
            case _:
                body = body[:at] if dice.random() < 0.3 else body[:at] + body[until:] + body[at:until]
    return body
