"""Documents made to cost: each is one way to make a reader quadratic, deep, or large, at a size of choice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from types import MappingProxyType

MIB = 1024 * 1024
MODULES = (
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:media="http://search.yahoo.com/mrss/" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" '
    'xmlns:georss="http://www.georss.org/georss" xmlns:gml="http://www.opengis.net/gml" '
    'xmlns:a="http://www.w3.org/2005/Atom" xmlns:at="http://purl.org/atompub/tombstones/1.0"'
)
HEAD = f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0" {MODULES}><channel><title>M</title>'
ITEM = "<item><guid>1</guid><title>One</title><link>https://m.example/1</link>"
END = "</item></channel></rss>"
ATOM = (
    '<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><id>urn:m</id><title>M</title>'
    "<entry><id>urn:m:1</id><title>One</title>"
)
ATOM_END = "</entry></feed>"
JSON = '{"version":"https://jsonfeed.org/version/1.1","title":"M","items":['
ROLE = "Ada Example Redaktorin\n\n"
Monster = Callable[[int], bytes]


def _filled(before: str, unit: str, after: str = "") -> Monster:
    """Repeat a unit up to the size."""

    def made(size: int) -> bytes:
        times = max(1, (size - len((before + after).encode())) // max(1, len(unit.encode())))
        return (before + unit * times + after).encode()

    return made


def _numbered(before: str, unit: Callable[[int], str], after: str = "") -> Monster:
    """Repeat a unit with its number in it up to the size."""

    def made(size: int) -> bytes:
        room, number, parts = size - len(before) - len(after), 0, [before]
        while room > 0:
            parts.append(unit(number))
            room -= len(parts[-1])
            number += 1
        return "".join([*parts, after]).encode()

    return made


def _nested(before: str, opening: str, closing: str, after: str) -> Monster:
    def made(size: int) -> bytes:
        times = size // (len(opening) + len(closing))
        return (before + opening * times + "x" + closing * times + after).encode()

    return made


def _item(unit: str) -> Monster:
    return _filled(HEAD + ITEM, unit, END)


def _items(unit: str) -> Monster:
    """As many items as there is room for, each with the unit ninety times."""
    return _numbered(HEAD, lambda n: f"<item><guid>{n}</guid>{unit * 90}</item>", "</channel></rss>")


def _text(unit: str, start: str = "", stop: str = "") -> Monster:
    """A description in RSS, escaped, as HTML."""
    before, after = "<description>" + escape(start), escape(stop) + "</description>"
    return _filled(HEAD + ITEM + before, escape(unit), after + END)


def _cdata(unit: str, start: str = "", stop: str = "") -> Monster:
    before, after = f"<content:encoded><![CDATA[{start}", f"{stop}]]></content:encoded>"
    return _filled(HEAD + ITEM + before, unit, after + END)


def _title(unit: str) -> Monster:
    return _filled(HEAD + "<item><guid>1</guid><title>", escape(unit), "</title>" + END)


def _attribute(unit: str) -> Monster:
    return _filled(HEAD + ITEM + '<enclosure url="https://m.example/', unit, '"/>' + END)


def _laughs(size: int) -> bytes:
    """Billion laughs: nine levels of ten; the rest is padding."""
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    text = f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY l0 "lol">{levels}]>'
    rest = f"<rss version='2.0'><channel><title>M</title>{ITEM}<description>&l9;</description>{END}"
    return f"{text}{rest}<!--{' ' * max(0, size - len(text) - len(rest))}-->".encode()


def _quadratic(size: int) -> bytes:
    """Quadratic blow-up: one long entity, named many times."""
    half = size // 2
    start = f'<!DOCTYPE rss [<!ENTITY a "{"a" * half}">]><rss version="2.0"><channel><title>M</title>{ITEM}'
    return f"{start}<description>{'&a;' * (half // 3)}</description>{END}".encode()


def _small_entities(size: int) -> bytes:
    """The longest entity that is taken, named as often as there is room for."""
    start = f'<!DOCTYPE rss [<!ENTITY a "{"b" * 1000}">]><rss version="2.0"><channel><title>M</title>{ITEM}'
    return f"{start}<description>{'&a;' * (size // 3)}</description>{END}".encode()


def _declared(size: int) -> bytes:
    """As many entities as there is room for."""
    each = "".join(f'<!ENTITY e{n} "x{n}">' for n in range(size // 22))
    return f"<!DOCTYPE rss [{each}]><rss version='2.0'><channel><title>M</title>{ITEM}&e7;{END}".encode()


def _recursive(size: int) -> bytes:
    start = '<!DOCTYPE rss [<!ENTITY a "&b;"><!ENTITY b "&a;">]><rss version="2.0"><channel><title>M</title>'
    return f"{start}{ITEM}<description>{'&a;' * (size // 3)}</description>{END}".encode()


# By the word of what they are made of.
MONSTERS: Mapping[str, Monster] = MappingProxyType(
    {
        # Entities.
        "billion-laughs": _laughs,
        "quadratic-entity": _quadratic,
        "small-entities": _small_entities,
        "many-entities": _declared,
        "recursive-entity": _recursive,
        "unclosed-doctype": _filled("<!DOCTYPE rss [", "<!ENTITY a '"),
        "many-doctypes": _filled("", "<!DOCTYPE a>"),
        "many-instructions": _filled("", "<?a b?>"),
        "many-comments-before": _filled("", "<!--a-->"),
        "unclosed-instruction": _filled(HEAD, "<?a "),
        # Structure.
        "entries": _filled(HEAD, "<item><title>a</title></item>", "</channel></rss>"),
        "entries-dated": _filled(
            HEAD,
            "<item><guid>x</guid><title>a b c</title><pubDate>Mon, 02 Mar 2026 10:00:00 GMT</pubDate>"
            "<description>Some &lt;b>bold&lt;/b> text (dpa).</description></item>",
            "</channel></rss>",
        ),
        "entries-numbered": _numbered(
            HEAD,
            lambda n: f"<item><guid>g{n}</guid><link>https://m.example/{n}</link><title>T {n}</title></item>",
            "</channel></rss>",
        ),
        "entries-empty": _filled(HEAD, "<item/>", "</channel></rss>"),
        "entries-unclosed": _filled(HEAD, "<item><title>a</title>"),
        "entries-nested": _nested(HEAD, "<item>", "</item>", "</channel></rss>"),
        "entries-one-id": _numbered(
            HEAD, lambda n: f"<item><guid>1</guid><title>Title {n}</title></item>", "</channel></rss>"
        ),
        "atom-entries": _filled(
            ATOM + "</entry>",
            "<entry><id>urn:x</id><title>a</title><content type='xhtml'><div "
            "xmlns='http://www.w3.org/1999/xhtml'><p>t</p></div></content></entry>",
            "</feed>",
        ),
        "entries-creators": _items("<dc:creator>a b</dc:creator>"),
        "entries-authors": _items("<author>a@b.example (A B)</author>"),
        "entries-bylines": _items("<author>By Ada Example and Bob Example, Staff Writers</author>"),
        "entries-categories": _items("<category>a, b &amp; c</category>"),
        "entries-links": _items('<a:link rel="related" href="/1?utm_source=a&amp;b=c"/>'),
        "entries-files": _items('<enclosure url="/1?utm_source=a&amp;b=c" type="a/b" length="1"/>'),
        "entries-media": _items('<media:content url="/1"><media:credit>a b</media:credit></media:content>'),
        "entries-points": _items("<georss:point>1 2</georss:point>"),
        "entries-dates": _items("<dc:date>2026-03-02</dc:date>"),
        "entries-subjects": _items("<dcterms:subject>a b</dcterms:subject>"),
        "entries-sources": _items('<source url="/1">a</source>'),
        "entries-attributes": _items("<x " + " ".join(f'a{n}="1"' for n in range(50)) + "/>"),
        "entries-short": _filled(
            HEAD,
            "<item><title>a</title><description>Foto: A. (dpa) Quelle: b &lt;i>c&lt;/i></description></item>",
            "</channel></rss>",
        ),
        "entries-texts": _numbered(
            HEAD,
            lambda n: (
                f"<item><guid>{n}</guid><description>{'&lt;p>word, word. &lt;/p>' * 25}</description></item>"
            ),
            "</channel></rss>",
        ),
        "entries-prose": _numbered(
            HEAD,
            lambda n: (
                f"<item><guid>{n}</guid><description>{'Satz von vielen Worten. ' * 80}</description></item>"
            ),
            "</channel></rss>",
        ),
        "entries-news": _numbered(
            HEAD,
            lambda n: f"<item><guid>{n}</guid><description>date 2025-12-27 {ROLE * 70}</description></item>",
            "</channel></rss>",
        ),
        "deep-xml": _nested(HEAD + ITEM, "<a>", "</a>", END),
        "deep-description": _nested(HEAD + ITEM + "<description>", "<a>", "</a>", "</description>" + END),
        "deep-xhtml": _nested(
            ATOM + '<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">',
            "<b>",
            "</b>",
            "</div></content>" + ATOM_END,
        ),
        "deep-base": _nested(ATOM, '<x xml:base="a/">', "</x>", ATOM_END),
        "deep-base-text": _nested(
            ATOM + '<content type="xhtml">', '<div xml:base="a/">', "</div>", "</content>" + ATOM_END
        ),
        "deep-namespaces": _nested(HEAD + ITEM, '<a xmlns="urn:a">', "</a>", END),
        "deep-unclosed": _filled(HEAD + ITEM, "<a>"),
        "xhtml-elements": _filled(
            ATOM + '<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">',
            "<p>a <b>b</b></p>",
            "</div></content>" + ATOM_END,
        ),
        "xhtml-bases": _filled(
            ATOM + '<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">',
            '<p xml:base="/a/">a</p>',
            "</div></content>" + ATOM_END,
        ),
        "many-namespaces": _numbered(
            "<rss version='2.0' ",
            lambda n: f'xmlns:n{n}="urn:{n}" ',
            "><channel><title>M</title>" + ITEM + END,
        ),
        "namespaced-elements": _numbered(HEAD + ITEM, lambda n: f'<n:a xmlns:n="urn:{n}"/>', END),
        "many-attributes": _numbered(HEAD + "<item ", lambda n: f'a{n}="{n}" ', "><title>a</title>" + END),
        "attributes-elements": _filled(
            HEAD + ITEM, "<x " + " ".join(f'a{n}="1"' for n in range(290)) + "/>", END
        ),
        "unknown-elements": _numbered(HEAD + ITEM, lambda n: f"<x{n}>a</x{n}>", END),
        "same-element": _item("<x>a</x>"),
        "categories": _numbered(HEAD + ITEM, lambda n: f"<category>c{n}</category>", END),
        "categories-cdata": _numbered(HEAD + ITEM, lambda n: f"<category><![CDATA[c{n}]]></category>", END),
        "categories-entities": _numbered(HEAD + ITEM, lambda n: f"<category>c&amp;{n}</category>", END),
        "categories-comment": _numbered(HEAD + ITEM, lambda n: f"<category>c<!-- -->{n}</category>", END),
        "categories-feed": _numbered(HEAD, lambda n: f"<category>c{n}</category>", ITEM + END),
        "subjects": _numbered(HEAD + ITEM, lambda n: f"<dc:subject>c{n}</dc:subject>", END),
        "keywords": _numbered(
            HEAD + ITEM + "<itunes:keywords>", lambda n: f"k{n},", "</itunes:keywords>" + END
        ),
        "links": _numbered(HEAD + ITEM, lambda n: f"<link>https://m.example/{n}</link>", END),
        "atom-links": _numbered(ATOM, lambda n: f'<link rel="r{n}" href="/{n}"/>', ATOM_END),
        "enclosures": _numbered(HEAD + ITEM, lambda n: f'<enclosure url="/{n}" length="1" type="a/b"/>', END),
        "authors": _numbered(HEAD + ITEM, lambda n: f"<author>a{n}@m.example (A {n})</author>", END),
        "atom-authors": _numbered(ATOM, lambda n: f"<author><name>A {n}</name></author>", ATOM_END),
        "contributors": _numbered(ATOM, lambda n: f"<contributor><name>A {n}</name></contributor>", ATOM_END),
        "creators": _numbered(HEAD + ITEM, lambda n: f"<dc:creator>A {n}</dc:creator>", END),
        "media": _numbered(HEAD + ITEM, lambda n: f'<media:content url="/{n}.jpg"/>', END),
        "media-credits": _numbered(HEAD + ITEM, lambda n: f"<media:credit>A {n}</media:credit>", END),
        "media-groups": _filled(HEAD + ITEM, "<media:group><media:content url='/a'/></media:group>", END),
        "thumbnails": _numbered(HEAD + ITEM, lambda n: f'<media:thumbnail url="/{n}.jpg"/>', END),
        "contents": _filled(HEAD + ITEM, "<content:encoded>a</content:encoded>", END),
        "atom-contents": _filled(ATOM, "<content>a</content>", ATOM_END),
        "titles": _item("<title>a</title>"),
        "descriptions": _item("<description>a</description>"),
        "guids": _numbered(HEAD + ITEM, lambda n: f"<guid>{n}</guid>", END),
        "dates": _item("<pubDate>Mon, 02 Mar 2026 10:00:00 GMT</pubDate>"),
        "sources": _item('<source url="https://m.example/">a</source>'),
        "points": _item("<georss:point>1 2</georss:point>"),
        "line": _filled(HEAD + ITEM + "<georss:line>", "1 2 ", "</georss:line>" + END),
        "tombstones": _numbered(ATOM + "</entry>", lambda n: f'<at:deleted-entry ref="urn:{n}"/>', "</feed>"),
        "channels": _filled("<rss version='2.0'>", "<channel><title>a</title></channel>", "</rss>"),
        "skip-hours": _filled(HEAD, "<skipHours>", ITEM + END),
        # One large thing.
        "one-title": _title("a"),
        "one-title-words": _title("word word. "),
        "one-title-html": _title("<b>a</b> "),
        "one-title-dots": _title(". "),
        "one-guid": _filled(HEAD + "<item><guid>", "a", "</guid>" + END),
        "one-link": _filled(HEAD + "<item><link>https://m.example/", "a/../", "</link>" + END),
        "one-link-query": _filled(HEAD + "<item><link>https://m.example/?", "a=b&amp;", "</link>" + END),
        "one-attribute": _attribute("a"),
        "one-attribute-amp": _attribute("&amp;"),
        "one-date": _filled(HEAD + ITEM + "<pubDate>", "1 ", "</pubDate>" + END),
        "one-date-words": _filled(HEAD + ITEM + "<pubDate>", "Mon, ", "</pubDate>" + END),
        "one-author": _filled(HEAD + ITEM + "<author>", "a@b ", "</author>" + END),
        "one-author-names": _filled(HEAD + ITEM + "<dc:creator>", "Ada and ", "</dc:creator>" + END),
        "one-author-brackets": _filled(HEAD + ITEM + "<author>", "(", "</author>" + END),
        "one-category": _filled(HEAD + ITEM + "<category>", "a ", "</category>" + END),
        "one-language": _filled(HEAD + "<language>", "a-", f"</language>{ITEM}{END}"),
        "one-duration": _filled(HEAD + ITEM + "<itunes:duration>", "1:", "</itunes:duration>" + END),
        "one-cdata": _cdata("a"),
        "one-blank": _cdata(" "),
        "one-newlines": _cdata("\n"),
        "one-tag-name": _filled(HEAD + ITEM + "<", "a", "/>" + END),
        "many-cdata": _item("<![CDATA[a]]>"),
        "cdata-in-description": _filled(
            HEAD + ITEM + "<description>", "<![CDATA[a]]>", "</description>" + END
        ),
        "cdata-ends": _filled(HEAD + ITEM + "<description>", "]]>", "</description>" + END),
        "unclosed-cdata": _filled(HEAD + ITEM + "<description><![CDATA[", "a"),
        "unclosed-cdatas": _filled(HEAD + ITEM + "<description>", "<![CDATA["),
        "unclosed-comment": _filled(HEAD + ITEM + "<!--", "a"),
        "unclosed-comments": _filled(HEAD + ITEM, "<!--"),
        "unclosed-tags": _filled(HEAD + ITEM, "<item "),
        "lt": _filled(HEAD + ITEM + "<description>", "<", "</description>" + END),
        "amp": _filled(HEAD + ITEM + "<description>", "&", "</description>" + END),
        "amp-names": _filled(HEAD + ITEM + "<description>", "&a", "</description>" + END),
        "amp-numbers": _filled(HEAD + ITEM + "<description>&#", "1", ";</description>" + END),
        "references": _filled(HEAD + ITEM + "<description>", "&#xe9;", "</description>" + END),
        "surrogates": _filled(HEAD + ITEM + "<description>", "&#xD83D;", "</description>" + END),
        "quotes": _filled(HEAD + "<item a='", '"', "'>" + END),
        "open-quote": _filled(HEAD + ITEM + "<a b=", '"'),
        "end-tags": _item("</x>"),
        "end-items": _filled(HEAD, "</item>", "</channel></rss>"),
        "wide": _cdata("\U0001f600"),
        "accents": _cdata("\u0301"),
        "nuls": _filled(HEAD + ITEM, "\0", END),
        "not-utf-8": lambda size: HEAD.encode() + b"<item><title>" + b"\xe9\xff" * (size // 2),
        "utf-16": lambda size: _cdata("<p>a</p>")(size // 2).decode().encode("utf-16"),
        # HTML in a text.
        "html-lt": _text("<"),
        "html-gt": _text(">"),
        "html-amp": _text("&"),
        "html-names": _text("&a"),
        "html-open": _text("<b>"),
        "html-open-cdata": _cdata("<b>"),
        "html-div": _cdata("<div>"),
        "html-p": _cdata("<p>a"),
        "html-li": _cdata("<ul><li>a"),
        "html-table": _cdata("<table><tr><td>"),
        "html-select": _cdata("<select><option>"),
        "html-a": _cdata('<a href="/x">a'),
        "html-formatting": _cdata("<b><i><u><s>a"),
        "html-misnested": _cdata("<a><b></a></b>"),
        "html-adoption": _cdata("<b>", stop="<div></b>" * 1000),
        "html-svg": _cdata("<svg><math>"),
        "html-mutation": _cdata("<p><table><a><svg><style><a>"),
        "html-foster": _cdata("<table>x<b>"),
        "html-comment": _cdata("<!--"),
        "html-comments": _cdata("<!---->a"),
        "html-script": _cdata("<script>"),
        "html-scripts": _cdata("<script>a</script>"),
        "html-styles": _cdata("<style></style"),
        "html-unclosed-tag": _cdata("<a "),
        "html-attributes": _numbered(
            HEAD + ITEM + "<content:encoded><![CDATA[<p ",
            lambda n: f"a{n}={n} ",
            ">x</p>]]></content:encoded>" + END,
        ),
        "html-attribute-same": _cdata("title=a ", start="<p ", stop=">x</p>"),
        "html-quotes": _cdata("<a href=\"'>"),
        "html-srcset": _cdata("a 1x, ", start='<img srcset="', stop='">'),
        "html-images": _cdata('<img src="/a.jpg" alt="x">'),
        "html-data": _cdata("A", start='<img src="data:image/png;base64,', stop='">'),
        "html-frames": _cdata('<iframe src="https://youtube.com/x"></iframe>'),
        "html-frame-open": _cdata("<iframe "),
        "html-entities": _cdata("&eacute;"),
        "html-breaks": _cdata("<br>"),
        "html-blocks": _cdata("<p>a</p>"),
        "html-pre": _cdata("<pre>\n"),
        "html-math": _cdata("<mi>"),
        "html-plaintext": _cdata("<plaintext>"),
        "html-xmp": _cdata("<xmp><title>"),
        "html-processing": _cdata("<?a"),
        "html-text-words": _cdata("word, "),
        # What is looked for in plain texts.
        "text-brackets": _text("(dpa"),
        "text-credits": _text("(dpa) "),
        "text-agencies": _text("dpa "),
        "text-source": _text("Quelle: "),
        "text-source-lines": _text("Quelle: a\n"),
        "text-photo": _text("Foto: A"),
        "text-photo-words": _text("Bild "),
        "text-colons": _text(": "),
        "text-dates": _text("date 2025-12-27 ", start="date 2025-12-27 "),
        "text-roles": _text("Ada Example Redaktorin\n\n", start="date 2025-12-27 Lede.\n\n"),
        "text-headings": _text("Zwischentitel\n\nSatz mit Text.\n\n", start="date 2025-12-27 Lede.\n\n"),
        "text-lines": _text("a\n\n"),
        "text-guillemets": _text("«a "),
        "text-thousands": _text("1'000'"),
        "text-mails": _text("a@b.c "),
        "text-addresses": _text("http://a"),
        # JSON.
        "json-items": _filled(JSON, '{"id":"1","content_text":"a"},', "{}]}"),
        "json-numbered": _numbered(JSON, lambda n: f'{{"id":"{n}","title":"a"}},', "{}]}"),
        "json-deep": _nested(JSON, '{"a":[', "]}", "]}"),
        "json-deep-array": _filled("", "["),
        "json-number": _filled(JSON + '{"id":', "1", "}]}"),
        "json-text": _filled(JSON + '{"id":"1","content_text":"', "a", '"}]}'),
        "json-html": _filled(JSON + '{"id":"1","content_html":"', "<b>", '"}]}'),
        "json-escapes": _filled(JSON + '{"id":"1","content_text":"', "\\ud83d", '"}]}'),
        "json-tags": _numbered(JSON + '{"id":"1","tags":[', lambda n: f'"t{n}",', '"a"]}]}'),
        "json-authors": _numbered(JSON + '{"id":"1","authors":[', lambda n: f'{{"name":"A {n}"}},', "{}]}]}"),
        "json-keys": _numbered(JSON + '{"id":"1",', lambda n: f'"k{n}":1,', '"title":"a"}]}'),
        "json-attachments": _numbered(
            JSON + '{"id":"1","attachments":[', lambda n: f'{{"url":"https://m.example/{n}"}},', "{}]}]}"
        ),
        "json-objects": _filled(JSON + '{"id":"1","a":[', '{"":[]},', "{}]}]}"),
        "json-lists": _filled(JSON + '{"id":"1","a":[', "[],", "{}]}]}"),
        "json-list": _filled(JSON + '{"id":"1","a":[', "1,", "1]}]}"),
        "json-texts": _numbered(JSON + '{"id":"1","a":[', lambda n: f'"{n:x}",', '"a"]}]}'),
        "json-nests": _filled(JSON, '{"a":' * 400 + "1" + "}" * 400 + ",", "{}]}"),
        "json-names": _filled(JSON, '{"authors":[' + '"a b",' * 200 + '"c"]},', "{}]}"),
        "json-files": _numbered(
            JSON, lambda n: f'{{"attachments":[{",".join([f"""{{"url":"/{n}"}}"""] * 50)}]}},', "{}]}"
        ),
        "json-tag-lists": _filled(JSON, '{"tags":[' + ",".join(f'"{n}"' for n in range(200)) + "]},", "{}]}"),
        "json-dates": _filled(JSON, '{"date_published":"Mon, 2 Mar 2026","content_text":"a"},', "{}]}"),
        "json-doubles": _filled(JSON + '{"id":"1","size":', "1.5e3,", "1}]}"),
        "json-float": _filled(JSON + '{"id":1.', "1", "}]}"),
        "json-exponent": _filled(JSON + '{"id":1e', "1", "}]}"),
        "json-integers": _filled(JSON, '{"id":' + "7" * 6000 + "},", "{}]}"),
        "json-same-key": _filled(JSON + "{", '"id":"a",', '"id":"b"}]}'),
        "json-strings": _filled(JSON + '{"id":"', '\\"', '"}]}'),
        "json-unclosed": _filled(JSON + '{"id":"1","a":"', "\\u0041"),
        "json-hubs": _filled(
            '{"version":"https://jsonfeed.org/version/1.1","hubs":[', "{},", '{}],"items":[]}'
        ),
        "json-wide": _filled(JSON + '{"id":"1","content_text":"\U0001f600', "a", '"}]}'),
        "json-blank": _filled("", " "),
        # No feeds.
        "html-page": _filled("<html><head>", '<link rel="alternate" type="application/rss+xml" href="/a">'),
        "html-page-unclosed": _filled("<html><head>", "<link "),
        "junk-before": _filled("", "<br />", HEAD + ITEM + END),
        "junk-roots": _filled("<b>", "<rss "),
        "zeros": bytes,
    }
)
