"""Reading config.yaml: what may stand in it, and how every mistake is told."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feeds.config import syntax
from feeds.config.load import load
from feeds.config.schema import Config, Cron, DropStep, Keep, KeepStep, LimitStep, Source, UntrackStep
from feeds.errors import ConfigError

ONE = "https://a.example/"
MISTAKES = Path(__file__).parent / "data" / "config" / "mistakes.txt"


def config(folder: Path, text: str | bytes, **environ: str) -> Config:
    path = folder / "config.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load(path, environ)


def only(folder: Path, settings_: str, **environ: str) -> Source:
    (source,) = config(folder, f"sources:\n  - url: {ONE}\n    {settings_}\n", **environ).sources
    return source


def problems(folder: Path, text: str | bytes, **environ: str) -> list[str]:
    """Give the problems without the folder: ``line:column: path: message``."""
    with pytest.raises(ConfigError) as caught:
        config(folder, text, **environ)
    return [str(problem).removeprefix(f"{folder}/config.yaml:").strip() for problem in caught.value.problems]


# What may stand there


@pytest.mark.parametrize(
    "text",
    [
        f"- {ONE}\n- https://b.example/rss\n",
        f"sources:\n- {ONE}\n- https://b.example/rss\n",
        f"sources:\r\n  - {ONE}\r\n  - url: https://b.example/rss\r\n",
        f"\ufeffsources: ['{ONE}', https://b.example/rss]",
        f'{{"sources": ["{ONE}", {{"url": "https://b.example/rss"}}]}}',
        f"# c\n---\n- {ONE}\n- https://b.example/rss\n...\n",
    ],
)
def test_small_things_are_small(text: str, tmp_path: Path) -> None:
    found = config(tmp_path, text)
    assert [source.name for source in found.sources] == ["a.example", "b.example"]
    assert [output.name for output in found.outputs] == ["all"]
    assert found.members(found.outputs[0]) == found.sources
    assert (found.folder, found.files) == (tmp_path, (tmp_path / "config.yaml",))
    assert (found.site.base_url, found.authority, found.store) == (
        None,
        "localhost,2026",
        "sqlite:///feeds.db",
    )


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("interval: auto", "interval", "auto"),
        ("interval: 30m", "interval", timedelta(minutes=30)),
        ("interval: 1.5 hours", "interval", timedelta(minutes=90)),
        ('interval: {cron: "0 7 * * mon-fri"}', "interval", Cron(cron="0 7 * * mon-fri")),
        ("keep: 500 entries", "keep", Keep(entries=500)),
        ("keep: 90 days", "keep", Keep(age=timedelta(days=90))),
        ("keep: {entries: 3, age: 1w}", "keep", Keep(entries=3, age=timedelta(weeks=1))),
        ("keep: all", "keep", None),
        ("language: DE-ch", "language", "de-CH"),
        ("language: no", "language", "no"),
        ("language: auto", "language", None),
        ("timezone: Asia/Tokyo", "timezone", ZoneInfo("Asia/Tokyo")),
        ("tags: news", "tags", ("news",)),
        ("tags: [no, on, off, y]", "tags", ("no", "on", "off", "y")),
        ("title: 12:30", "title", "12:30"),
        ("title: 2026-01-01", "title", "2026-01-01"),
        ("title: '1984'", "title", "1984"),
        ("paused: yes", "paused", True),
        ("paused: no", "paused", False),
        ("filters: [untrack, {limit: 3}]", "filters", (UntrackStep(), LimitStep(limit=3))),
        ("tags:", "tags", ()),
    ],
)
def test_settings_of_a_source(text: str, field: str, value: object, tmp_path: Path) -> None:
    assert getattr(only(tmp_path, text), field) == value


def test_filters_are_read_in_their_order(tmp_path: Path) -> None:
    source = only(
        tmp_path,
        "filters: [{drop: {title: a, text: [b, c]}}, {keep: {language: DE-ch, age: 2 days}}, untrack]",
    )
    drop, keep, untrack = source.filters
    assert isinstance(drop, DropStep)
    assert isinstance(keep, KeepStep)
    assert isinstance(untrack, UntrackStep)
    assert [[one.pattern for one in group] for group in (drop.drop.title, drop.drop.text)] == [
        ["a"],
        ["b", "c"],
    ]
    assert (keep.keep.language, keep.keep.age) == (("de-CH",), timedelta(days=2))


def test_sources_take_the_defaults_they_do_not_overrule(tmp_path: Path) -> None:
    text = """
    defaults: {interval: 2h, timezone: Europe/Zurich, language: de, keep: 9 entries}
    sources:
      - https://a.example/
      - {name: b, url: "https://b.example/", interval: auto, timezone: UTC, language: auto, keep: all}
    """
    first, second = config(tmp_path, text).sources
    assert (first.interval, first.timezone.key, first.language) == (timedelta(hours=2), "Europe/Zurich", "de")
    assert first.keep == Keep(entries=9)
    assert (second.interval, second.timezone.key, second.language, second.keep) == ("auto", "UTC", None, None)


@pytest.mark.parametrize(
    ("given_", "url", "authority"),
    [
        ("base_url: https://Planet.example.org", "https://planet.example.org/", "planet.example.org,2026"),
        ("base_url: http://localhost:8000/feeds", "http://localhost:8000/feeds/", "localhost,2026"),
        ("base_url: https://bücher.example/ä b/", None, None),
        (
            "base_url: https://bücher.example/ä/",
            "https://xn--bcher-kva.example/%C3%A4/",
            "xn--bcher-kva.example,2026",
        ),
        ("base_url: 'http://[::1]:80/'", "http://[::1]:80/", "localhost,2026"),
        ("authority: 'ada@example.org,2024-02-29'", None, "ada@example.org,2024-02-29"),
    ],
)
def test_where_it_is_served_and_what_ids_are_made_under(
    given_: str, url: str | None, authority: str | None, tmp_path: Path
) -> None:
    text = f"site: {{{given_}}}\n"
    if authority is None:
        assert "base_url" in problems(tmp_path, text)[0]
        return
    found = config(tmp_path, text)
    assert (found.site.base_url, found.authority) == (url, authority)


def test_outputs_take_by_tag_or_name(tmp_path: Path) -> None:
    text = """
    sources:
      - {name: a, url: "https://a.example/", tags: [x]}
      - {name: b, url: "https://b.example/", tags: [x, y]}
      - {name: c, path: c/}
    outputs:
      - {name: one, from: {tags: y, sources: [c]}}
      - {name: two, from: {tags: [x]}}
      - {name: three, from: {}}
    """
    found = config(tmp_path, text)
    assert [[source.name for source in found.members(output)] for output in found.outputs] == [
        ["b", "c"],
        ["a", "b"],
        ["a", "b", "c"],
    ]


def test_included_files_bring_more_sources_and_outputs(tmp_path: Path) -> None:
    more = tmp_path / "sources.d"
    more.mkdir()
    (more / "b.yaml").write_text("- https://b.example/\n")
    (more / "a.yaml").write_text(
        "sources:\n  - {url: 'https://c.example/', tags: [t]}\noutputs:\n  - name: x\n"
    )
    found = config(
        tmp_path,
        "include: [sources.d/*.yaml, none/*.yaml]\nsources: [https://a.example/]\n"
        "outputs: [{name: y, from: {tags: t}}]\n",
    )
    assert [source.name for source in found.sources] == ["a.example", "c.example", "b.example"]
    assert [output.name for output in found.outputs] == ["y", "x"]
    assert [path.name for path in found.files] == ["config.yaml", "a.yaml", "b.yaml"]


def test_anchors_are_read(tmp_path: Path) -> None:
    text = "sources:\n- {url: 'https://a.example/', tags: &t [x]}\n- {url: 'https://b.example/', tags: *t}\n"
    assert [source.tags for source in config(tmp_path, text).sources] == [("x",), ("x",)]


# How mistakes are told


def mistakes() -> list[Any]:
    """Read the mistakes of ``data/config/mistakes.txt``: text, how the problem begins, what else it says."""
    blocks = MISTAKES.read_text("utf-8").split("=====\n")[1:]
    cases = [re.fullmatch(r"(?s)(.*?)^> (.*?)\n(?:\.\.\. (.*)\n)?", block, re.MULTILINE) for block in blocks]
    return [pytest.param(case[1], case[2], case[3] or "", id=case[2][:60]) for case in cases if case]


def test_no_mistake_is_overlooked() -> None:
    assert len(mistakes()) == MISTAKES.read_text("utf-8").count("=====\n") > 80


@pytest.mark.parametrize(("text", "start", "part"), mistakes())
def test_a_mistake_is_told_with_its_place_and_what_was_meant(
    text: str, start: str, part: str, tmp_path: Path
) -> None:
    (problem,) = problems(tmp_path, text)
    assert problem.startswith(start)
    assert part in problem


def test_all_mistakes_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    more = tmp_path / "d"
    more.mkdir()
    (more / "a.yaml").write_text("- https://a.example/\n- {path: z, intervall: 3m}\n")
    (more / "b.yaml").write_text(
        "sources:\n  - {path: y, kind: x}\n  - https://m.example/\n"
        "site: {}\noutputs:\n  - {name: z, limit: 0}\n"
    )
    (more / "c.yaml").write_text("sources: [\n")
    text = "include: d/*.yaml\nsite: {titel: x}\nsources: [https://m.example/, x]\nstor: 1\n"
    with pytest.raises(ConfigError) as caught:
        config(tmp_path, text)
    lines = str(caught.value).replace(f"{tmp_path}/", "").splitlines()
    assert [line.partition(": expected")[0] for line in lines] == [
        "config.yaml:2:8: site.titel",
        "config.yaml:3:31: sources[1]",
        "config.yaml:4:1: stor",
        "d/a.yaml:2:13: sources[1].intervall",
        "d/b.yaml:2:21: sources[0].kind",
        "d/b.yaml:3:5: sources[1]",
        "d/b.yaml:4:1: site",
        "d/b.yaml:6:22: outputs[0].limit",
        "d/c.yaml:2:1",
    ]
    assert "which config.yaml: sources[0] has" in lines[5]
    assert "this key is for the first file only" in lines[6]


@pytest.mark.parametrize(
    ("body", "start"),
    [
        (b"", "1:1: expected sources (a list of addresses is enough), found an empty file"),
        (b"- a\x07b\n", "1:4: expected text, found the control character U+0007"),
        ("- ü".encode("utf-16"), "1:1: expected UTF-8, found UTF-16"),
        ("# é\n- ü".encode("latin-1"), "1:3: expected UTF-8, found the byte 0xE9"),
        (b"- https://a.example/\n- b\xff", "2:4: expected UTF-8, found the byte 0xFF"),
        (b"\0" * 20, "1:1: expected text, found the control character U+0000"),
        ("- ü".encode()[:-1], "1:3: expected UTF-8"),
    ],
)
def test_files_that_are_no_text_are_told(body: bytes, start: str, tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, body)
    assert problem.startswith(start)


def test_files_that_are_not_there_are_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"config\.yaml: expected a file, found none"):
        load(tmp_path / "config.yaml", {})
    with pytest.raises(ConfigError, match="expected a readable file, found Is a directory"):
        load(tmp_path, {})


BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n + 1}: &a{n + 1} [{', '.join([f'*a{n}'] * 9)}]\n" for n in range(30)
)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        (BOMB, "found aliases that unfold to more"),
        ("[" * 100_000, "expected at most 60 levels"),
        ("- " * 100_000, "expected at most 60 levels"),
        ("{a: " * 50_000, "expected at most 60 levels"),
    ],
    ids=["aliases", "brackets", "dashes", "braces"],
)
def test_a_bomb_is_an_error_and_quick(text: str, part: str, tmp_path: Path) -> None:
    began = time.process_time()
    assert part in problems(tmp_path, text)[-1]
    assert time.process_time() - began < 3


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cut=st.tuples(st.integers(0, 900), st.integers(0, 40)),
    put=st.text(max_size=6) | st.sampled_from(["\t", "*a", "&b ", "!x ", "[", "{", ": ", "${A}", "- "]),
)
def test_a_damaged_file_is_read_or_told_but_never_raises_else(
    cut: tuple[int, int], put: str, tmp_path: Path
) -> None:
    text = (Path(__file__).parent.parent / "config.yaml").read_text("utf-8")
    text = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    damaged = text[: cut[0]] + put + text[sum(cut) :]
    raised: ConfigError | None = None
    try:
        config(tmp_path, damaged.encode("utf-8", "surrogatepass"))
    except ConfigError as error:
        raised = error
    assert raised is None or all(problem.message for problem in raised.problems)
    assert raised is None or raised.problems


# Cost


@pytest.mark.parametrize(
    "form",
    [
        "- https://h{n}.example/feed\n",
        "- name: s{n}\n  url: https://h{n}.example/\n  tags: [a, t{n}]\n  interval: 30m\n",
    ],
)
def test_twenty_thousand_sources_are_read_in_seconds(form: str, tmp_path: Path) -> None:
    text = "".join(form.format(n=n) for n in range(20_000))
    began = time.process_time()
    assert len(config(tmp_path, text).sources) == 20_000
    # 0.4 and 1.2 seconds on two cores of 2024; the bound is for a machine that does other things, too.
    assert time.process_time() - began < 5


def test_both_loaders_of_pyyaml_read_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    text = (Path(__file__).parent.parent / "config.yaml").read_text("utf-8")

    def places(node: syntax.Node | None) -> list[Any]:
        assert node is not None
        return [node.kind, node.start, node.end, [places(child) for child in node.children]]

    fast = syntax.read(text), places(syntax.tree(text))
    monkeypatch.setattr(syntax, "Loader", yaml.SafeLoader)
    assert (syntax.read(text), places(syntax.tree(text))) == fast
