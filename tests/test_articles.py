from __future__ import annotations

import io
import json
import os
import tarfile
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.config.front_matter import FrontMatterError, front_matter
from feeds.config.schema import Source
from feeds.errors import ReadError
from feeds.model import (
    DateOrigin,
    Document,
    Entry,
    Feed,
    IdOrigin,
    LanguageOrigin,
    NotModified,
    Person,
    Precision,
    Role,
    Text,
    TextType,
    TitleOrigin,
    Validators,
)
from feeds.normalize.article import article, unfolded
from feeds.normalize.dates import parse, w3cdtf
from feeds.normalize.html import sanitize
from feeds.normalize.text import shown
from feeds.sources.articles import load, read
from feeds.sources.articles.folder import FILE_LIMIT

AUTHORITY = "planet.example.org,2026"
ZURICH = ZoneInfo("Europe/Zurich")
HERE = Path(__file__).parent
DATA = HERE / "data" / "articles"
EXAMPLES = HERE.parent / "examples" / "articles"
SHARED = HERE.parent.parent / "shared" / "article"


def source(path: str = ".", **more: Any) -> Source:
    return Source(name="texts", kind="articles", path=path, timezone=ZURICH, **more)


def loaded(folder: Path, path: str = ".") -> Document:
    document = load(source(path), folder, Validators())
    assert isinstance(document, Document)
    return document


def feed_of(folder: Path, path: str = ".", **more: Any) -> Feed:
    return read(loaded(folder, path), source(path, **more), AUTHORITY)


def entries(folder: Path, path: str = ".", **more: Any) -> dict[str, Entry]:
    return {
        entry.id.removeprefix(f"tag:{AUTHORITY}:texts:"): entry
        for entry in feed_of(folder, path, **more).entries
    }


def only(text: str, tmp_path: Path, name: str = "a.txt", **more: Any) -> Entry:
    (tmp_path / name).write_text(text)
    (entry,) = feed_of(tmp_path, **more).entries
    return entry


def test_markdown_of_too_many_signs_is_cut_off_and_told(tmp_path: Path) -> None:
    entry = only("# Title\n\nWords.\n\n" + "[" * 30_000, tmp_path, "a.md")
    assert shown(entry.content) == f"Words.\n\n{'[' * 20_000}"
    assert "signs of Markdown" in entry.decisions[0].reason


# What a text becomes -----------------------------------------------------------------------------------


def flat(entry: Entry) -> dict[str, object]:
    """Give an entry as the fixtures write it."""
    return {
        "id": entry.id,
        "id_origin": entry.id_origin,
        "native_id": entry.native_id,
        "url": entry.url,
        "title": shown(entry.title),
        "title_origin": entry.title_origin,
        "summary": entry.summary and entry.summary.value,
        "content": entry.content and entry.content.value,
        "published": entry.published and w3cdtf(entry.published),
        "updated": entry.updated and w3cdtf(entry.updated),
        "people": [one.name for one in entry.people],
        "role": entry.people[0].role if entry.people else None,
        "credits": [f"{credit.kind}:{credit.code or credit.name}" for credit in entry.credits],
        "categories": [category.term for category in entry.categories],
        "language": entry.language,
        "language_origin": entry.language_origin,
        "enclosures": [media.url for media in entry.enclosures],
        "image": entry.image and entry.image.url,
        "rights": entry.rights and entry.rights.value,
    }


PAIRS = sorted(path for path in DATA.iterdir() if path.suffix != ".json")


@pytest.mark.parametrize("path", PAIRS, ids=lambda path: path.name)
def test_a_text_becomes_the_entry_beside_it(path: Path) -> None:
    (entry,) = feed_of(DATA, path.name).entries
    wanted = json.loads(path.with_suffix(".json").read_text())
    part, decided = wanted.pop("content_has", ""), wanted.pop("decided", "")
    found = flat(entry)
    assert {key: found[key] for key in wanted} == wanted
    assert part in str(found["content"])
    assert any(decided in decision.reason for decision in entry.decisions)


def test_a_news_text_without_title_id_and_address_becomes_a_whole_entry() -> None:
    entry = entries(EXAMPLES)["bibliothek.txt"]
    assert entry.id == f"tag:{AUTHORITY}:texts:bibliothek.txt"
    assert (entry.id_origin, entry.native_id, entry.url) == (IdOrigin.PATH, None, None)
    assert entry.published is not None
    assert (entry.published.precision, w3cdtf(entry.published)) == (Precision.DAY, "2026-03-14")
    assert entry.published.instant.astimezone(ZURICH).isoformat() == "2026-03-14T00:00:00+01:00"
    assert shown(entry.title).startswith("Oberwaldikon eröffnet die «kleinste Bibliothek der Ostschweiz»")
    assert entry.title_origin is TitleOrigin.DERIVED
    lede = shown(entry.summary)
    assert lede.startswith(shown(entry.title))
    assert lede.endswith("Mehr als 12'000 Bücher warten dort auf ihre zweite Lektüre.")
    assert entry.people == (Person(name="Lena Hofstetter", role=Role.EDITOR, role_raw="Redaktorin Regional"),)
    assert [(credit.kind, credit.code) for credit in entry.credits] == [("agency", "sda")]
    assert (entry.language, entry.language_origin) == ("de-CH", LanguageOrigin.DETECTED)
    assert entry.content is not None
    assert entry.content.type is TextType.HTML
    assert entry.content.value.startswith(f"<p>{lede}</p><p>Das Stellwerk am Bahnhof")
    assert "<h2>340 Stunden Freiwilligenarbeit</h2><p>Die Regale" in entry.content.value
    assert "<h2>Tauschen statt ausleihen</h2><p>Eine Kartei" in entry.content.value
    assert "«Wir wollten einen Ort" in entry.content.value
    assert "Redaktorin" not in entry.content.value
    assert entry.origin is not None
    assert (entry.origin.id, entry.origin.title) == (f"tag:{AUTHORITY}:source:texts", "texts")


@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/article is not here")
def test_the_news_text_of_the_design_becomes_what_the_design_says() -> None:
    entry = entries(SHARED)["article.txt"]
    raw = (SHARED / "article.txt").read_text()
    paragraphs = [part.strip() for part in raw.split("\n\n") if part.strip()]
    lede = paragraphs[0].removeprefix("date 2025-12-27 ")
    body = paragraphs[2:]
    assert entry.id == f"tag:{AUTHORITY}:texts:article.txt"
    assert entry.id_origin is IdOrigin.PATH
    assert entry.published is not None
    assert (entry.published.precision, w3cdtf(entry.published)) == (Precision.DAY, "2025-12-27")
    assert entry.published.instant.astimezone(ZURICH).isoformat() == "2025-12-27T00:00:00+01:00"
    assert shown(entry.summary) == lede
    assert (shown(entry.title), entry.title_origin) == (lede[: lede.index(".") + 1], TitleOrigin.DERIVED)
    headings = {"6000 Nordkoreaner gefallen", "Kriegserfahrung und Handel"}
    html = "".join(f"<h2>{part}</h2>" if part in headings else f"<p>{part}</p>" for part in [lede, *body])
    assert entry.content == Text(value=html, type=TextType.HTML)
    assert entry.people == (Person(name="Gabriel Knupfer", role=Role.EDITOR, role_raw="Redaktor News"),)
    assert [(credit.kind, credit.code) for credit in entry.credits] == [("agency", "dpa")]
    assert (entry.language, entry.language_origin) == ("de-CH", LanguageOrigin.DETECTED)
    assert (entry.url, entry.links) == (None, ())


def test_the_examples_speak_many_languages_and_have_all_they_need() -> None:
    found = entries(EXAMPLES)
    assert len(found) >= 8
    assert {entry.language for entry in found.values()} >= {"de-CH", "de-DE", "fr", "fr-CH", "it", "en", "es"}
    for entry in found.values():
        assert entry.published is not None
        assert entry.people
        assert entry.title is not None
        assert entry.content is not None
        assert sanitize(entry.content.value, None) == entry.content.value


def test_a_mended_typo_and_a_new_title_leave_the_same_entry(tmp_path: Path) -> None:
    before = only("Ein Tittel\n\nText.\n\nMehr Text.", tmp_path)
    after = only("Ein ganz anderer Titel\n\nText!\n\nUnd noch mehr Text.", tmp_path)
    assert before.id == after.id


def test_language_is_what_the_text_says_else_the_operator_else_what_it_looks_like(tmp_path: Path) -> None:
    text = "Le conseil a décidé lundi de rouvrir le jardin botanique au public dès le printemps prochain."
    detected = only(text, tmp_path)
    configured = only(text, tmp_path, language="fr-CH")
    declared = only(f"Langue: fr-BE\n\n{text}", tmp_path, language="fr-CH")
    nonsense = only(f"Langue: français\n\n{text}", tmp_path, language="fr-CH")
    assert [
        (entry.language, entry.language_origin) for entry in (detected, configured, declared, nonsense)
    ] == [
        ("fr", LanguageOrigin.DETECTED),
        ("fr-CH", LanguageOrigin.CONFIGURED),
        ("fr-BE", LanguageOrigin.DECLARED),
        ("fr-CH", LanguageOrigin.CONFIGURED),
    ]


def test_the_date_of_a_file_name_is_inferred_and_gives_way_to_a_declared_one(tmp_path: Path) -> None:
    inferred = only("Nur Text.", tmp_path, "2025-12-27-schnee.txt")
    assert inferred.published is not None
    assert (inferred.published.origin, w3cdtf(inferred.published)) == (DateOrigin.INFERRED, "2025-12-27")
    declared = only("Datum: 2025-12-26\n\nNur Text.", tmp_path, "2025-12-27-schnee.txt")
    assert declared.published is not None
    assert (declared.published.origin, w3cdtf(declared.published)) == (DateOrigin.DECLARED, "2025-12-26")


def test_an_agency_as_author_is_a_credit(tmp_path: Path) -> None:
    entry = only("Titel: Schnee\nAutor: dpa/AFP\n\nEs schneit.", tmp_path)
    assert entry.people == ()
    assert [credit.code for credit in entry.credits] == ["dpa", "afp"]


def test_a_draft_is_no_entry_and_no_mistake(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("---\ndraft: true\n---\nNoch nicht.")
    (tmp_path / "b.md").write_text("---\npublished: false\n---\nNoch nicht.")
    feed = feed_of(tmp_path)
    assert (feed.entries, feed.truncated) == ((), False)
    assert [decision.reason for decision in feed.decisions] == [
        f"{name}.md is left out: it is a draft" for name in "ab"
    ]


def test_two_texts_with_one_declared_id_both_stay(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("---\nid: x\n---\n# Schnee\n\nEs schneit in den Bergen.")
    (tmp_path / "b.md").write_text("---\nid: x\n---\n# Regen\n\nEs regnet im Tal.")
    found = feed_of(tmp_path).entries
    assert len({entry.id for entry in found}) == 2
    assert {shown(entry.title) for entry in found} == {"Schnee", "Regen"}


ENCODED = "Grüße – «Straße», 12 €"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_character_sets(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.txt").write_bytes(ENCODED.encode(encoding))
    (entry,) = feed_of(tmp_path).entries
    assert shown(entry.content) == ENCODED


def test_line_ends_of_other_systems_part_paragraphs(tmp_path: Path) -> None:
    for end in ("\r\n", "\r"):
        (tmp_path / "a.txt").write_bytes(f"Titel{end}{end}Eins.{end}{end}Zwei.".encode())
        (entry,) = feed_of(tmp_path).entries
        assert (shown(entry.title), entry.content and entry.content.value) == (
            "Titel",
            "<p>Eins.</p><p>Zwei.</p>",
        )


def test_a_dateline_stays_in_the_text_and_leaves_title_and_lede(tmp_path: Path) -> None:
    entry = only("Bern, 3. März 2026 (sda) - Es schneit. Und wie.\n\nMehr davon am Abend im Tal.", tmp_path)
    assert entry.published is not None
    assert w3cdtf(entry.published) == "2026-03-03"
    assert (shown(entry.title), shown(entry.summary)) == ("Es schneit.", "Es schneit. Und wie.")
    assert shown(entry.content).startswith("Bern, 3. März 2026 (sda) - Es schneit.")
    assert [credit.code for credit in entry.credits] == ["sda"]


@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.html"])
def test_byline_role_and_date_may_share_a_paragraph(tmp_path: Path, name: str) -> None:
    end = {"a.txt": "\n", "a.md": "\n", "a.html": "<br>"}[name]
    lines = end.join(("By Ada Example", "Staff Writer", "March 3, 2026"))
    texts = {
        "a.txt": f"Snow\n\n{lines}\n\nIt snows a lot.\n\nAnd more of it tomorrow.",
        "a.md": f"# Snow\n\n{lines}\n\nIt snows a lot.\n\nAnd more of it tomorrow.",
        "a.html": f"<article><h1>Snow</h1><p>{lines}</p><p>It snows a lot.</p><p>And more.</p></article>",
    }
    entry = only(texts[name], tmp_path, name)
    assert entry.people == (Person(name="Ada Example", role=Role.REPORTER, role_raw="Staff Writer"),)
    assert entry.published is not None
    assert w3cdtf(entry.published) == "2026-03-03"
    assert (shown(entry.title), shown(entry.summary)) == ("Snow", "It snows a lot.")


def test_a_topic_in_capitals_above_the_title_is_a_category(tmp_path: Path) -> None:
    entry = only(
        "BRANDENBURG\nDie Uhr geht wieder\n\nNach neun Jahren läuft sie.\n\nDas freut alle.", tmp_path
    )
    assert shown(entry.title) == "Die Uhr geht wieder"
    assert [category.term for category in entry.categories] == ["BRANDENBURG"]


# An entry of a feed with such a text -------------------------------------------------------------------


NEWS = (EXAMPLES / "bibliothek.txt").read_text()


def test_an_entry_of_a_feed_with_such_a_text_comes_out_the_same_way() -> None:
    local = entries(EXAMPLES)["bibliothek.txt"]
    html = "".join(f"<p>{part}</p>" for part in NEWS.strip().split("\n\n"))
    for text in (Text(value=NEWS), Text(value=html, type=TextType.HTML)):
        for given_ in (
            Entry(source="s", id="urn:x", summary=text),
            Entry(source="s", id="urn:x", content=text),
        ):
            entry = unfolded(given_, ZURICH)
            for name in (
                "title",
                "title_origin",
                "summary",
                "content",
                "published",
                "people",
                "credits",
                "language",
            ):
                assert getattr(entry, name) == getattr(local, name), name


def test_what_a_feed_declares_stays() -> None:
    declared = Entry(
        source="s",
        id="urn:x",
        title=Text(value="T"),
        summary=Text(value="S"),
        content=Text(value=NEWS),
        people=(Person(name="Ada"),),
        published=parse("2025-01-01", ZURICH),
        language="de",
    )
    entry = unfolded(declared, ZURICH)
    assert (entry.title, entry.summary, entry.people) == (declared.title, declared.summary, declared.people)
    assert (entry.title_origin, entry.language) == (TitleOrigin.DECLARED, "de")
    assert entry.published == declared.published


@pytest.mark.parametrize("text", ["Es schneit.", "Date palms grow in 2025-12-27.", "date night\n\nText", ""])
def test_other_entries_are_left_alone(text: str) -> None:
    entry = Entry(source="s", id="urn:x", content=Text(value=text) if text else None)
    assert unfolded(entry, ZURICH) is entry


def test_links_and_pictures_of_a_feed_are_not_lost() -> None:
    html = '<p>date 2025-12-27 Schnee. Viel.</p><p><a href="https://a.example/">Mehr</a> davon heute.</p>'
    entry = unfolded(Entry(source="s", id="urn:x", content=Text(value=html, type=TextType.HTML)), ZURICH)
    assert entry.content == Text(value=html, type=TextType.HTML)
    assert shown(entry.summary) == "Schnee. Viel."


# The folder --------------------------------------------------------------------------------------------


def test_the_same_texts_are_the_same_bytes_and_the_second_poll_says_so(tmp_path: Path) -> None:
    for number, name in enumerate(("b.txt", "a.md", "c/d.html")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"Text {number}")
    first = loaded(tmp_path)
    os.utime(tmp_path / "b.txt", (1, 1))
    (tmp_path / "a.md").chmod(0o600)
    assert loaded(tmp_path).body == first.body
    again = load(source(), tmp_path, first.validators)
    assert again == NotModified(validators=first.validators)
    (tmp_path / "b.txt").write_text("Anderer Text")
    changed = load(source(), tmp_path, first.validators)
    assert isinstance(changed, Document)
    assert changed.validators != first.validators
    assert changed.url == tmp_path.as_uri()


def test_which_files_are_taken(tmp_path: Path) -> None:
    for name in (
        "a.txt",
        "b.MD",
        "c.html",
        ".hidden.txt",
        ".git/d.txt",
        "sub/e.txt",
        "sub/deep/f.md",
        "g.jpg",
        "h",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("Ein Text.")
    assert set(entries(tmp_path)) == {"a.txt", "b.MD", "c.html", "sub/e.txt", "sub/deep/f.md"}
    assert set(entries(tmp_path, "*.txt")) == {"a.txt"}
    assert set(entries(tmp_path, "**/*.txt")) == {"a.txt", "sub/e.txt"}
    assert set(entries(tmp_path, "sub/*.txt")) == {"e.txt"}
    assert set(entries(tmp_path, "s?b/**")) == {"sub/e.txt", "sub/deep/f.md"}
    assert set(entries(tmp_path, "[ab].*")) == {"a.txt", "b.MD"}
    assert set(entries(tmp_path, "h")) == {"h"}
    assert set(entries(tmp_path.parent, f"{tmp_path.name}/sub")) == {"e.txt", "deep/f.md"}


def test_an_empty_folder_is_an_empty_feed(tmp_path: Path) -> None:
    feed = feed_of(tmp_path)
    assert (feed.entries, feed.decisions, feed.truncated) == ((), (), False)
    assert feed.id == f"tag:{AUTHORITY}:source:texts"


def test_a_missing_folder_says_what_to_do(tmp_path: Path) -> None:
    for path in ("nowhere/", "nowhere/*.txt"):
        with pytest.raises(
            ReadError, match=r"nowhere/?\S* is not there: make it, or mend the path of source texts"
        ):
            load(source(path), tmp_path, Validators())


def test_what_cannot_be_taken_is_named_and_harms_nobody(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "secret.txt"
    inside.mkdir()
    outside.write_text("Geheim.")
    (inside / "good.txt").write_text("Gut.")
    (inside / "big.txt").write_bytes(b"a" * (FILE_LIMIT + 1))
    (inside / "leads-out.txt").symlink_to(outside)
    (inside / "stays.txt").symlink_to(inside / "good.txt")
    (inside / "round.txt").symlink_to(inside / "round.txt")
    (inside / "dangling.txt").symlink_to(inside / "nothing.txt")
    (inside / "binary.txt").write_bytes(b"\x00\x01\x02" * 100)
    (inside / "blank.txt").write_text(" \n\n ")
    os.mkfifo(inside / "pipe.txt")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "c.txt").write_text("Geheim.")
    (inside / "other").symlink_to(tmp_path / "other")
    feed = feed_of(inside)
    assert {entry.id.rpartition(":")[2] for entry in feed.entries} == {"good.txt", "stays.txt"}
    assert feed.truncated
    reasons = "\n".join(decision.reason for decision in feed.decisions)
    for name, why in (
        ("big.txt", "larger than 10 MiB"),
        ("leads-out.txt", "leads out of the folder"),
        ("round.txt", ""),
        ("dangling.txt", ""),
        ("binary.txt", "no text"),
        ("blank.txt", "no text in it"),
        ("pipe.txt", "no file"),
        ("other", "link to a folder"),
    ):
        assert f"{name} is left out: " in reasons
        assert why in reasons
    assert "Geheim" not in str(feed)


def test_an_unreadable_file_is_named(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root reads everything")
    (tmp_path / "a.txt").write_text("Ein Text.")
    (tmp_path / "b.txt").write_text("Ein Text.")
    (tmp_path / "b.txt").chmod(0)
    feed = feed_of(tmp_path)
    assert [decision.reason for decision in feed.decisions] == ["b.txt is left out: Permission denied"]


def test_if_no_file_can_be_read_the_source_has_failed(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"a" * (FILE_LIMIT + 1))
    with pytest.raises(ReadError, match=r"no text of \. can be read; a\.txt: it is larger than 10 MiB"):
        load(source(), tmp_path, Validators())
    (tmp_path / "a.txt").write_bytes(b"\x00\x01\x02" * 100)
    with pytest.raises(
        ReadError, match=r"no text of source texts can be read; a\.txt is left out: it is no text"
    ):
        feed_of(tmp_path)


def test_names_in_any_bytes_have_ids(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9 \xc3\xa4.txt")
    try:
        (tmp_path / name).write_text("Ein Text.")
    except OSError:
        pytest.skip("this file system takes only UTF-8")
    (entry,) = feed_of(tmp_path).entries
    assert entry.id == f"tag:{AUTHORITY}:texts:caf%5Cxe9%20%C3%A4.txt"


@pytest.mark.parametrize("body", [b"", b"<rss/>", b"x" * 2000, b"\x1f\x8b" + b"0" * 600])
def test_other_documents_are_no_folder_of_texts(body: bytes) -> None:
    with pytest.raises(ReadError, match="the document is no folder of texts"):
        read(Document(url="file:///x", body=body), source(), AUTHORITY)


# Any bytes ---------------------------------------------------------------------------------------------


def packed(members: dict[str, bytes]) -> Document:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, body in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(body)
            archive.addfile(member, io.BytesIO(body))
    return Document(url="file:///x/", body=buffer.getvalue())


SHAPED = st.text("date 2025-12.7:\n\n\n#-*>|[](<p>Von By Ada(dpa)«»'", max_size=200)
BODIES = st.binary(max_size=300) | st.text(max_size=300).map(
    lambda text: text.encode("utf-8", "surrogatepass")
)
MATTER = st.text("title: [{&a*!,]}\n-date'\"#", max_size=60).map(
    lambda text: f"---\n{text}\n---\nText".encode()
)
NAMES = st.sampled_from(["a.txt", "b.md", "c.html", "d", ".skipped.json", "2025-12-27.txt", "ä/ö.txt"])


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(NAMES, BODIES | SHAPED.map(str.encode) | MATTER, max_size=3))
def test_any_bytes_in_files_give_a_feed_or_a_read_error(members: dict[str, bytes]) -> None:
    try:
        feed = read(packed(members), source(), AUTHORITY)
    except ReadError:
        return
    assert len({entry.id for entry in feed.entries}) == len(feed.entries)
    for entry in feed.entries:
        assert entry.title is None or entry.title.value
        assert entry.content is None or sanitize(entry.content.value, None) == entry.content.value
    assert read(packed(members), source(), AUTHORITY) == feed


@settings(max_examples=100, deadline=None)
@given(
    st.binary(max_size=1500)
    | st.binary(max_size=200).map(lambda tail: packed({"a.txt": b"Text"}).body[:700] + tail)
)
def test_any_bytes_as_document_give_a_feed_or_a_read_error(body: bytes) -> None:
    try:
        read(Document(url="file:///x/", body=body), source(), AUTHORITY)
    except ReadError:
        return


@settings(max_examples=150, deadline=None)
@given(SHAPED)
def test_no_word_of_a_text_is_lost(text: str) -> None:
    found = str(article(text, ZURICH))
    assert [word for word in text.split() if word.isalpha() and len(word) > 3 and word not in found] == []


# Front matter ------------------------------------------------------------------------------------------


def test_scalars_of_front_matter_stay_text() -> None:
    text = "---\na: 2025-12-27\nb: no\nc: 1_0\nd: !!python/object:os.system x\ne:\n---\nText"
    assert front_matter(text) == ({"a": "2025-12-27", "b": "no", "c": "1_0", "d": "x", "e": ""}, "Text")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Text",
        "---",
        "---\nText",
        "----\na: b\n----\nText",
        "Text\n---\na: b\n---\n",
        "---\nEin Absatz.\n---\nText",
    ],
)
def test_a_text_without_front_matter_is_all_text(text: str) -> None:
    assert front_matter(text) == ({}, text)


@pytest.mark.parametrize("block", ["a: [", "a: b: c", "\tx", "&a *b", "[" * 3000, "? " * 3000, "- " * 9000])
def test_front_matter_that_is_no_yaml_says_where(block: str) -> None:
    with pytest.raises(FrontMatterError, match="the front matter cannot be read") as caught:
        front_matter(f"---\n{block}\n---\nText")
    assert caught.value.body == "Text"


def test_front_matter_may_be_toml() -> None:
    text = (
        '+++\ntitle = "A"\ndate = 2025-12-27\ndraft = false\ntags = ["x"]\n[extra]\nauthor = "Ada"\n+++\nText'
    )
    settings = {"title": "A", "date": "2025-12-27", "draft": "false", "tags": ["x"], "author": "Ada"}
    found, body = front_matter(text)
    assert {key: found[key] for key in settings} == settings
    assert body == "Text"
    assert front_matter("+++\na = 2025-12-27T08:00:00+01:00\n+++\n")[0] == {"a": "2025-12-27T08:00:00+01:00"}


@pytest.mark.parametrize("text", ["+++", "+++\nText", "Text\n+++\na = 1\n+++\n", "++\na = 1\n++\n"])
def test_pluses_alone_are_no_front_matter(text: str) -> None:
    assert front_matter(text) == ({}, text)


@pytest.mark.parametrize(
    "block", ["a = ", "a: b", "[" * 3000, "a = 99999999999999999999-01-01", "a = 1\na = 2"]
)
def test_front_matter_that_is_no_toml_says_so(block: str) -> None:
    with pytest.raises(FrontMatterError, match="the front matter cannot be read") as caught:
        front_matter(f"+++\n{block}\n+++\nText")
    assert caught.value.body == "Text"


def test_a_text_with_toml_is_read_as_one_with_yaml(tmp_path: Path) -> None:
    yaml = only("---\ntitle: Snow\ndate: 2025-12-27 08:00\nauthor: Ada\n---\nIt snows.", tmp_path, "a.md")
    head = 'title = "Snow"\ndate = 2025-12-27 08:00:00\nauthor = "Ada"'
    toml = only(f"+++\n{head}\n+++\nIt snows.", tmp_path, "a.md")
    assert (yaml.title, yaml.people, yaml.content) == (toml.title, toml.people, toml.content)
    assert yaml.published is not None
    assert toml.published is not None
    assert yaml.published.instant == toml.published.instant
