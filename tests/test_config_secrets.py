"""What comes from the environment: where it may stand, and that it never shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from feeds.config.load import load
from feeds.config.schema import Config
from feeds.errors import ConfigError


def config(folder: Path, text: str, **environ: str) -> Config:
    path = folder / "config.yaml"
    path.write_text(text, encoding="utf-8")
    return load(path, environ)


def problems(folder: Path, text: str, **environ: str) -> list[str]:
    """Give the problems without the folder: ``line:column: path: message``."""
    with pytest.raises(ConfigError) as caught:
        config(folder, text, **environ)
    return [str(problem).removeprefix(f"{folder}/config.yaml:") for problem in caught.value.problems]


SECRET = "hunter2-&/ä"


def test_secrets_come_from_the_environment_and_do_not_show(tmp_path: Path) -> None:
    text = """
    site: {title: "${TITLE}", rights: "${NOTHING:-free}"}
    store: postgresql://feeds:${PASSWORD}@db/feeds
    sources:
      - https://a.example/?key=${TOKEN}
      - {name: b, url: "https://b.example/", title: "${TITLE}", filters: [{drop: {title: "${WORD}"}}]}
      - https://ada:pa55word@c.example/
      - https://d.example/
    """
    found = config(tmp_path, text, TITLE="my title", PASSWORD="pw-of-db", TOKEN="tok-en", WORD="w-o-r-d")
    assert found.secrets == {"my title", "pw-of-db", "tok-en", "w-o-r-d", "pa55word"}
    assert (found.site.title, found.site.rights) == ("my title", "free")
    assert found.store == "postgresql://feeds:pw-of-db@db/feeds"
    a, b, c, d = found.sources
    assert (a.url, a.name) == ("https://a.example/?key=tok-en", "a.example-key-token")
    assert [source.private for source in found.sources] == [True, False, True, False]
    assert d.written is None
    shown = [
        repr(found),
        str(found),
        *(f"{part!r} {part}" for part in (found.site, a, b, c, found.fetch, found.outputs)),
    ]
    assert not [text for text in shown for secret in found.secrets if secret in text]


def test_a_default_is_no_secret(tmp_path: Path) -> None:
    found = config(tmp_path, "- https://a.example/${X:-path}\n")
    assert (found.secrets, found.sources[0].private, found.sources[0].url) == (
        frozenset(),
        False,
        "https://a.example/path",
    )


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("from-file\n")
    found = config(tmp_path, "- https://a.example/${X}\n", X_FILE=str(tmp_path / "token"))
    assert (set(found.secrets), found.sources[0].url) == ({"from-file"}, "https://a.example/from-file")
    (problem,) = problems(tmp_path, "- https://a.example/${X}\n", X_FILE=str(tmp_path / "none"))
    assert problem.startswith("1:3: sources[0]: expected a readable file in the environment variable X_FILE")


def test_numbers_and_switches_may_come_from_the_environment(tmp_path: Path) -> None:
    found = config(
        tmp_path, "fetch: {concurrency: '${N}'}\nsources: [{path: x, paused: '${P}'}]\n", N="7", P="true"
    )
    assert (found.fetch.concurrency, found.sources[0].paused) == (7, True)


def test_a_missing_variable_is_told_with_its_place(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, "sources:\n  - url: https://a.example/?k=${TOKEN}\n")
    assert problem == (
        "2:10: sources[0].url: expected the environment variable TOKEN to be set;"
        " ${TOKEN:-default} gives a default"
    )


@pytest.mark.parametrize(
    "text",
    [
        "sources: [{path: x, interval: '${S}'}]",
        "sources: [{path: x, kind: '${S}'}]",
        "sources: [{path: x, name: '${S}/'}]",
        "sources: [{path: x, filters: ['${S}']}]",
        "sources: [{path: x, filters: [{drop: {title: '(${S}'}}]}]",
        "sources: [{path: x, keep: '${S}', language: '${S}', timezone: '${S}'}]",
        "sources: [{path: x, interval: {cron: '${S}'}}]",
        "sources: ['${S}', 'ftp://${S}/']",
        "sources: '${S}'",
        "store: '${S}'",
        "site: {base_url: '${S}', authority: '${S}', folder: ['${S}']}",
        "fetch: {allow: ['${S}'], concurrency: '${S}'}",
        "outputs: [{name: x, from: {tags: ['${S}']}}]",
        "sources: [{path: x, name: x}]\noutputs: [{name: x, from: {sources: ['${S}']}}]",
        "include: ['${S}']",
        "sources: [{path: x, tags: ['${S}']}]\noutputs: [{name: x, from: {tags: nope}}]",
    ],
)
def test_no_error_shows_a_secret(text: str, tmp_path: Path) -> None:
    for secret in (SECRET, "json_fed", "2 entires"):
        told = "\n".join(problems(tmp_path, text, S=secret))
        assert secret not in told
        assert "did you mean" not in told


def test_an_error_shows_the_reference_instead_of_the_secret(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, "store: mysql://${S}\n", S="hunter2")
    assert problem.endswith("found the value of 'mysql://${S}', which is not shown")


def test_no_error_shows_a_login(tmp_path: Path) -> None:
    told = problems(tmp_path, "- htps://ada:pa55word@a.example/\n- https://ada:pa55word@/\n")
    assert len(told) == 2
    assert "pa55word" not in "".join(told)
