"""Edits of config.yaml: only what was asked changes, and the opposite edit gives the same bytes."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feeds.config import splice
from feeds.config.edit import add_source, add_sources, remove_source, set_address, set_paused, set_tags
from feeds.config.load import load
from feeds.config.syntax import read
from feeds.errors import ConfigError

NEW = "https://new.example/feed"
PLAIN: dict[str, Any] = {"url": NEW}
LARGE: dict[str, Any] = {
    "name": "new.example",
    "url": "https://new.example/?a=${TOKEN}&b=[1],{2}",
    "tags": ["news, world", "no"],
    "filters": [{"drop": {"title": '(?i)\\bad: "x"#'}}, "untrack", {"limit": 3}],
    "interval": {"cron": "0 7 * * mon-fri"},
    "title": "Ümläut 'quoted' – 日本\u2028",
}
SHAPES = {
    "bare": "- https://a.example/\n- https://b.example/\n",
    "bare_no_newline": "- https://a.example/",
    "bare_crlf": "# one\r\n- https://a.example/ # two\r\n\r\n# three\r\n",
    "bare_flow": "[https://a.example/]",
    "bare_empty": "[]\n",
    "indented": "sources:\n  - https://a.example/\n  - name: b\n    url: https://b.example/\n",
    "not_indented": "sources:\n- https://a.example/\n",
    "wide": "sources:\n      -   https://a.example/\n",
    "comments_after": "sources:\n  - https://a.example/  # x\n\n  # about b\n  # more\n\n# the end",
    "keys_after": "sources:\n  - https://a.example/\n\n# outputs\noutputs:\n  - name: all\n",
    "keys_before_and_after": "site: {title: x}\nsources:\n- url: https://a.example/\n  tags:\n  - x\n\nstore: sqlite:///x.db\n",
    "flow": "sources: [ https://a.example/ , 'https://b.example/' ] # c\n",
    "flow_lines": "sources: [\n  https://a.example/, # c\n  https://b.example/ # d\n]\n",
    "flow_trailing_comma": "sources: [https://a.example/,]\n",
    "flow_mapping": "{sources: [{url: https://a.example/}]}",
    "json": '{"site": {"title": "x"}, "sources": ["https://a.example/"]}\n',
    "json_no_sources": '{"site": {"title": "x"}}\n',
    "empty_braces": "{}\n",
    "empty_list": "sources: []\n",
    "empty_list_comment": "sources: []  # none yet\nsite:\n  title: x\n",
    "empty_list_spaces": "sources:   [ ]\n",
    "no_value": "sources:\nsite: {title: x}\n",
    "no_value_comment": "site: {title: x}\nsources: # none\n  # - https://a.example/\n",
    "no_value_at_end": "site: {title: x}\nsources:",
    "no_key": "site:\n  title: x\n",
    "no_key_no_newline": "site:\n  title: x",
    "no_key_crlf": "site:\r\n  title: x\r\n# c\r\n",
    "no_key_block_scalar": "site:\n  title: |-\n    x\n\n\n",
    "document_marks": "---\nsources:\n  - https://a.example/\n...\n",
    "block_scalar_last": "sources:\n- url: https://a.example/\n  title: >-\n    long\n    title\n\n  # c\n",
    "block_scalar_at_end": "sources:\n  - url: https://a.example/\n    title: |-\n      long",
    "dash_alone": "sources:\n  -\n    # c\n    url: https://a.example/\n  -\n    url: https://b.example/\n",
    "anchors": "sources:\n- url: https://a.example/\n  tags: &t [x]\n- url: https://b.example/\n  tags: *t\n",
    "quoted_key": '"sources" :\n  - https://a.example/\n',
    "bom": "\ufeffsources:\n  - https://a.example/\n",
    "bom_bare": "\ufeff- https://a.example/\n",
    "lone_cr": "site: {title: x}\rsources:\r  - https://a.example/\r",
}


def config(folder: Path, text: str) -> Path:
    path = folder / "config.yaml"
    path.write_bytes(text.encode())
    return path


@pytest.mark.parametrize("source", [PLAIN, LARGE], ids=["plain", "large"])
@pytest.mark.parametrize("shape", SHAPES)
def test_add_then_remove_gives_the_same_bytes(shape: str, source: dict[str, Any], tmp_path: Path) -> None:
    path = config(tmp_path, SHAPES[shape])
    before = path.read_bytes()
    names = [item.name for item in load(path, {}).sources]
    assert add_source(path, source) == "new.example"
    loaded = load(path, {"TOKEN": "x"}).sources
    assert [item.name for item in loaded] == [*names, "new.example"]
    remove_source(path, "new.example")
    assert path.read_bytes() == before


@pytest.mark.parametrize("shape", SHAPES)
def test_several_added_come_out_in_any_order(shape: str, tmp_path: Path) -> None:
    path = config(tmp_path, SHAPES[shape])
    before = path.read_bytes()
    for number in (1, 2, 3):
        add_source(path, {"url": f"https://n{number}.example/", "tags": ["t"]})
    for number in (2, 3, 1):
        remove_source(path, f"n{number}.example")
    assert path.read_bytes() == before


# A mapping of only an address, in braces, comes back as a bare address; a list with an anchor stays shut.
NOT_UNDONE = {"flow_mapping", "anchors"}


@pytest.mark.parametrize(
    "shape",
    [
        shape
        for shape, text in SHAPES.items()
        if " https://a.example" in text and "# -" not in text and shape not in NOT_UNDONE
    ],
)
def test_pause_and_tag_are_undone_to_the_byte(shape: str, tmp_path: Path) -> None:
    path = config(tmp_path, SHAPES[shape])
    before = path.read_bytes()
    set_paused(path, "a.example", paused=True)
    assert load(path, {}).sources[0].paused
    set_tags(path, "a.example", add=["one, two", "no"])
    assert load(path, {}).sources[0].tags[-2:] == ("one, two", "no")
    set_tags(path, "a.example", remove=["no"])
    set_tags(path, "a.example", remove=["one, two"])
    set_paused(path, "a.example", paused=False)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("- https://a.example/ # why\n", "- {url: https://b.example/x, name: a.example} # why\n"),
        ("- https://a.example/?old\n", "- {url: https://b.example/x, name: a.example-old}\n"),
        (
            "- {url: 'https://a.example/', tags: [n]}\n",
            "- {url: https://b.example/x, tags: [n], name: a.example}\n",
        ),
        (
            "- name: q # n\n  url: https://a.example/ # u\n",
            "- name: q # n\n  url: https://b.example/x # u\n",
        ),
        ("- url: https://a.example/\n", "- url: https://b.example/x\n  name: a.example\n"),
    ],
)
def test_another_address_leaves_the_name(tmp_path: Path, before: str, after: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("sources:\n" + before)
    (source,) = load(path, {}).sources
    set_address(path, source.name, "https://b.example/x")
    (moved,) = load(path, {}).sources
    assert (moved.name, moved.url) == (source.name, "https://b.example/x")
    assert path.read_text() == "sources:\n" + after


LINE_ENDS = st.sampled_from(["\n", "\r\n"])
COMMENTS = st.lists(st.sampled_from(["# note", "", "   # indented", "#"]), max_size=2)
ITEMS = st.sampled_from(
    [
        ["- https://x{n}.example/feed"],
        ["- 'https://x{n}.example/feed'  # why"],
        ["- url: https://x{n}.example/", "  tags: [a, b] # t", "  # inside", "  paused: true"],
        ["- {{url: 'https://x{n}.example/', tags: [a]}}"],
        ["-", "  name: x{n}", "  url: https://x{n}.example/"],
        ["- url: https://x{n}.example/", "  tags:", "  - a", "", "  - 'b'"],
        ["- url: https://x{n}.example/", "  title: >-", "    several", "    words", ""],
    ]
)


@st.composite
def files(draw: st.DrawFn) -> str:
    lines: list[str] = draw(COMMENTS)
    bare = draw(st.booleans())
    if not bare:
        if draw(st.booleans()):
            lines += ["site:", "  title: Mine  # mine"]
        lines += [*draw(COMMENTS), draw(st.sampled_from(["sources:", "sources:   # all of them"]))]
    indent = " " * (0 if bare else draw(st.sampled_from([0, 2, 4])))
    for number, item in enumerate(draw(st.lists(ITEMS, min_size=int(bare), max_size=4))):
        lines += [f"{indent}{line.format(n=number)}" if line else "" for line in item]
        lines += draw(COMMENTS)
    if not bare and draw(st.booleans()):
        lines += ["outputs:", "- name: all"]
    end = draw(LINE_ENDS)
    return end.join(lines) + (end if draw(st.booleans()) else "")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=files(), source=st.sampled_from([PLAIN, LARGE]))
def test_any_file_survives_an_edit_and_its_opposite(
    text: str, source: dict[str, Any], tmp_path: Path
) -> None:
    path = config(tmp_path, text)
    names = [item.name for item in load(path, {}).sources]
    add_source(path, source)
    for name in names:
        paused = load(path, {"TOKEN": "x"}).sources[names.index(name)].paused
        held = path.read_bytes()
        set_paused(path, name, paused=True)
        set_tags(path, name, add=["q"])
        set_tags(path, name, remove=["q"])
        if not paused:
            set_paused(path, name, paused=False)
        assert path.read_bytes() == held
    remove_source(path, "new.example")
    assert path.read_bytes() == text.encode()
    for name in names[:-1]:
        remove_source(path, name)
    assert [item.name for item in load(path, {}).sources] == names[-1:]


@given(
    value=st.recursive(
        st.none() | st.booleans() | st.integers(-999, 999) | st.text(max_size=12),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text(min_size=1, max_size=5), inner, max_size=3)
        ),
        max_leaves=6,
    )
)
@settings(max_examples=150, deadline=None)
def test_what_is_written_is_read_back(value: object) -> None:
    text = splice.written(value)
    if "\\u" in text and any(0xD800 <= ord(char) < 0xE000 for char in str(value)):
        return
    assert read(f"[{text}]") == ([value], ())
    if isinstance(value, str):
        assert read(f"- {splice.written(value, flow=False)}") == ([value], ())


def test_comments_order_and_quotes_of_the_others_stay(tmp_path: Path) -> None:
    text = (
        "# top\nsources:\n  # about a\n  - 'https://a.example/'   # mine\n\n"
        '  # about b\n  - name: "b"\n    url: https://b.example/\n  # tail\n'
    )
    path = config(tmp_path, text)
    add_source(path, {"url": NEW, "tags": ["x"]})
    remove_source(path, "b")
    assert path.read_text() == (
        "# top\nsources:\n  # about a\n  - 'https://a.example/'   # mine\n\n  # about b\n"
        f"  - url: {NEW}\n    tags: [x]\n  # tail\n"
    )


def test_sources_of_an_included_file_are_edited_there(tmp_path: Path) -> None:
    path = config(tmp_path, "include: [sources.d/*.yaml]\n")
    more = tmp_path / "sources.d" / "more.yaml"
    more.parent.mkdir()
    more.write_bytes(b"# more\r\n- https://a.example/\r\n")
    main, before = path.read_bytes(), more.read_bytes()
    add_source(path, PLAIN)
    assert more.read_bytes() == before + f"- {NEW}\r\n".encode()
    set_paused(path, "a.example", paused=True)
    assert load(path, {}).sources[0].paused
    set_paused(path, "a.example", paused=False)
    remove_source(path, "new.example")
    assert (path.read_bytes(), more.read_bytes()) == (main, before)


def test_a_first_source_goes_into_an_empty_file(tmp_path: Path) -> None:
    for text in ("", "# nothing yet"):
        path = config(tmp_path, text)
        add_source(path, PLAIN)
        assert path.read_text() == f"{text}{text and chr(10)}- {NEW}\n"


def test_a_whole_list_is_added_at_once(tmp_path: Path) -> None:
    path = config(tmp_path, "- https://a.example/\n")
    names = add_sources(path, [{"url": f"https://n{number}.example/"} for number in range(300)])
    assert len(load(path, {}).sources) == 301
    assert names[299] == "n299.example"


@pytest.mark.parametrize(
    ("source", "part"),
    [
        ({"url": "https://a.example/"}, "expected a name of its own"),
        ({"url": "ftp://a.example/"}, "expected an http(s) address"),
        ({"url": NEW, "intervall": "30m"}, "did you mean 'interval'"),
        ({"url": NEW, "name": "../x"}, "letters, digits"),
        ({"url": NEW, "tags": [3]}, "expected text, found 3"),
        ({}, "expected url or path"),
    ],
)
def test_a_file_that_would_not_load_is_not_written(source: dict[str, Any], part: str, tmp_path: Path) -> None:
    path = config(tmp_path, "sources:\n  - https://a.example/\n")
    before = path.read_bytes()
    with pytest.raises(ConfigError) as caught:
        add_source(path, source)
    assert part in str(caught.value)
    assert re.search(r"config\.yaml:[34]:", str(caught.value))
    assert path.read_bytes() == before
    assert [item.name for item in tmp_path.iterdir()] == ["config.yaml"]


def test_removing_what_an_output_needs_is_refused(tmp_path: Path) -> None:
    path = config(
        tmp_path, "sources: [{url: 'https://a.example/', tags: [x]}]\noutputs: [{name: x, from: {tags: x}}]\n"
    )
    before = path.read_bytes()
    with pytest.raises(ConfigError, match="expected a tag that a source has, found 'x'"):
        remove_source(path, "a.example")
    assert path.read_bytes() == before


def test_an_unknown_source_is_told_with_the_one_that_was_meant(tmp_path: Path) -> None:
    path = config(tmp_path, "sources: [{name: radio, url: 'https://a.example/'}]\n")
    meant = "found 'radoi'; did you mean 'radio'"
    with pytest.raises(ConfigError, match=meant):
        remove_source(path, "radoi")
    with pytest.raises(ConfigError, match=meant):
        set_paused(path, "radoi", paused=True)
    with pytest.raises(ConfigError, match=meant):
        set_tags(path, "radoi", add=["x"])


@pytest.mark.parametrize(
    "text",
    [
        "sources: &s\n  - https://a.example/\n",
        "sources: !!seq\n- https://a.example/\n",
        "? sources\n: - https://a.example/\n",
    ],
)
def test_a_text_that_cannot_be_edited_safely_stays(text: str, tmp_path: Path) -> None:
    path = config(tmp_path, text)
    with pytest.raises(ConfigError, match="by hand"):
        remove_source(path, "a.example")
    assert path.read_text() == text


def test_references_are_not_needed_to_edit_and_stay_as_written(tmp_path: Path) -> None:
    text = (
        "sources:\n  - url: https://a.example/?k=${KEY}\n    interval: ${EVERY}\n    tags: ['${TAG}']\n"
        "outputs:\n  - name: x\n    from: {tags: y}\n"
    )
    path = config(tmp_path, text)
    add_source(path, PLAIN)
    set_paused(path, "a.example-k-key", paused=True)
    remove_source(path, "new.example")
    set_paused(path, "a.example-k-key", paused=False)
    assert path.read_text() == text
    with pytest.raises(ConfigError, match="environment variable EVERY"):
        add_source(path, PLAIN, {"KEY": "1", "TAG": "y"})


def test_link_permissions_and_nothing_else_remain(tmp_path: Path) -> None:
    real = tmp_path / "etc" / "feeds.yaml"
    real.parent.mkdir()
    real.write_text("- https://a.example/\n")
    real.chmod(0o640)
    link = tmp_path / "config.yaml"
    link.symlink_to(real)
    add_source(link, PLAIN)
    assert link.is_symlink()
    assert NEW in real.read_text()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert [item.name for item in real.parent.iterdir()] == ["feeds.yaml"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    path = config(tmp_path, "- https://a.example/\n")
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(ConfigError, match="expected a file that can be written"):
            add_source(path, PLAIN)
    finally:
        tmp_path.chmod(0o700)


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    missing = tmp_path / "no.yaml"
    with pytest.raises(ConfigError, match=r"no\.yaml: expected a file, found none"):
        add_source(missing, PLAIN)
    with pytest.raises(ConfigError, match=r"no\.yaml: expected a file, found none"):
        remove_source(missing, "x")
