"""The JSON Schema, and the shipped config.yaml that points editors to it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from feeds.config.json_schema import schema_json
from feeds.config.load import load
from feeds.config.syntax import read

ROOT = Path(__file__).parent.parent
DESIGN = ROOT.parent / "shared" / "DESIGN.md"
LARGE = """
site:
  title: Alpine planet
  base_url: https://planet.example.org/
  authority: planet.example.org,2026
  owner: {name: Ada Example, email: ada@example.org}
store: sqlite:///feeds.db
fetch: {contact: ada@example.org, concurrency: 64, allow: [192.168.1.0/24], max_bytes: 5 MB, deadline: 90s}
defaults: {interval: auto, timezone: Europe/Zurich, keep: {entries: 500, age: 90 days}}
include: sources.d/*.yaml
sources:
  - https://example.org/feed.xml
  - ${FEED:-https://example.com/feed.xml}
  - name: radio
    url: https://radio.example/feed.xml
    tags: news
    interval: {cron: "0 7 * * mon-fri"}
    filters:
      - drop: {title: "(?i)sponsored"}
      - untrack
      - limit: ${MANY:-5}
      - keep: {language: [de, en], age: 30 days}
    paused: ${PAUSED:-false}
  - {name: articles, kind: articles, path: articles/, language: de-CH, keep: all, interval: 1.5h}
outputs:
  - name: news
    from: {tags: [news]}
    filters: [{keep: {language: de}}]
    limit: 60
    formats: [atom, rss, json_feed]
"""


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    return schema_json()


def errors(schema: dict[str, Any], text: str) -> list[str]:
    value, faults = read(text)
    assert not faults
    return [error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(value)]


def test_the_schema_in_the_project_is_the_one_the_code_makes(schema: dict[str, Any]) -> None:
    made = json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
    assert (ROOT / "feeds.schema.json").read_text("utf-8") == made, "run: feeds schema > feeds.schema.json"


def test_the_schema_is_one(schema: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator.check_schema(schema)


def described(schema: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for part, definition in schema["$defs"].items():
        for key, value in definition.get("properties", {}).items():
            target = schema["$defs"][value["$ref"].rpartition("/")[2]] if "$ref" in value else {}
            yield f"{part}.{key}", value.get("description") or target.get("description", "")


def test_every_key_is_described_for_editors(schema: dict[str, Any]) -> None:
    found = dict(described(schema))
    assert len(found) > 50
    assert [key for key, words in found.items() if not 10 < len(words) < 250 or "``" in words] == []


def test_what_is_filled_in_by_the_program_is_no_key(schema: dict[str, Any]) -> None:
    assert not {"private", "written"} & schema["$defs"]["Source"]["properties"].keys()
    assert not {"path", "files", "secrets"} & schema["$defs"]["Config"]["properties"].keys()


@pytest.mark.parametrize(
    "text", [LARGE, "- https://a.example/\n- url: https://b.example/\n", "sources:\n", "{}"]
)
def test_what_loads_is_valid(schema: dict[str, Any], text: str, tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(text)
    load(path, {})
    assert errors(schema, text) == []


@pytest.mark.parametrize(
    "text",
    [
        "sources: [{url: 'https://a.example/', intervall: 3m}]",
        "sources: [{name: x}]",
        "sources: [ftp://a.example/]",
        "sources: [{url: 'https://a.example/', interval: soon}]",
        "sources: [{url: 'https://a.example/', filters: [untrak]}]",
        "sources: [{url: 'https://a.example/', filters: [{drop: {titel: x}}]}]",
        "sources: [{url: 'https://a.example/', private: true}]",
        "outputs: [{name: 'a b'}]",
        "outputs: [{title: x}]",
        "outputs: [{name: x, formats: [atmo]}]",
        "fetch: {concurrency: many}",
        "timezone: UTC",
        "just a text",
    ],
)
def test_what_does_not_load_is_not_valid(schema: dict[str, Any], text: str) -> None:
    assert errors(schema, text)


def test_the_examples_of_the_design_are_valid_and_load(schema: dict[str, Any], tmp_path: Path) -> None:
    if not DESIGN.exists():
        pytest.skip("the design is not here")
    section = DESIGN.read_text("utf-8").partition("## 6.")[2].partition("\n## ")[0]
    blocks = re.findall(r"(?:^    .*\n|^\n)+", section, re.MULTILINE)
    examples = [re.sub(r"(?m)^    ", "", block) for block in blocks if "sources:" in block]
    assert len(examples) == 2
    for example in examples:
        # kind page comes in a later issue.
        shown, _, rest = example.partition("  - name: agenda")
        text = shown + (rest and "outputs:" + rest.partition("outputs:")[2])
        path = tmp_path / "config.yaml"
        path.write_text(text)
        assert load(path, {}).sources
        assert errors(schema, text) == []


def test_the_shipped_configuration_works_without_a_network(schema: dict[str, Any]) -> None:
    path = ROOT / "config.yaml"
    text = path.read_text("utf-8")
    assert text.splitlines()[0] == "# yaml-language-server: $schema=feeds.schema.json"
    assert errors(schema, text) == []
    config = load(path, {})
    local = next(source for source in config.sources if source.kind == "articles")
    assert (local.path, local.language, str(local.timezone)) == ("examples/articles/", None, "Europe/Zurich")
    assert {output.name for output in config.outputs if local in config.members(output)} >= {"all", "deutsch"}
    assert any(output.from_.tags for output in config.outputs)
    assert any(output.filters for output in config.outputs)


def test_what_is_commented_out_in_the_shipped_configuration_would_load(tmp_path: Path) -> None:
    text = (ROOT / "config.yaml").read_text("utf-8")
    commented = re.compile(r"(?m)^(\s*)# ((?:[a-z_]+:|- name:|  [a-z]+: ).*)$")
    path = tmp_path / "config.yaml"
    path.write_text(commented.sub(r"\1\2", text))
    config = load(path, {"RADIO_TOKEN": "x"})
    assert config.site.base_url == "https://planet.example.org/"
    assert [source.name for source in config.sources if source.private] == ["members"]
    assert any(source.paused for source in config.sources)
