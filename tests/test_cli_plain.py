"""Text of sources is harmless on a terminal, in a log, and in JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from feeds.cli import logs
from feeds.cli.plain import CONTROL, ago, count, escaped, json_text, visible, visible_lines
from feeds.cli.session import Session
from feeds.cli.show import Screen

EVIL = st.text(
    st.one_of(
        st.sampled_from("\x00\x07\x08\x1b\r\n\t\x7f\x9b\u2028\u202e\u2066\ud800\"'=\\ a"), st.characters()
    )
)


def as_it_is(text: str) -> str:
    return text


@given(EVIL)
def test_visible_text_is_one_line_that_no_terminal_obeys(text: str) -> None:
    assert not CONTROL.search(visible(text))


@given(EVIL)
def test_visible_lines_hold_nothing_but_line_ends(text: str) -> None:
    assert not CONTROL.search(visible_lines(text).replace("\n", ""))


@given(EVIL)
def test_json_is_harmless_and_says_the_same(text: str) -> None:
    written = json_text({"text": text}, as_it_is)
    assert not CONTROL.search(written.replace("\n", ""))
    assert json.loads(written) == {"text": text}


def test_json_writes_times_durations_and_sets() -> None:
    value = {
        "at": datetime(2026, 1, 2, 3, tzinfo=UTC),
        "wait": timedelta(minutes=1),
        "some": frozenset({2, 1}),
    }
    assert json.loads(json_text(value, as_it_is)) == {
        "at": "2026-01-02T03:00:00Z",
        "wait": 60.0,
        "some": [1, 2],
    }


@given(EVIL, EVIL)
def test_an_event_is_one_line_of_which_no_value_can_forge_a_part(name: str, text: str) -> None:
    event = {"event": "x", "level": "info", "name": name, "error": text}
    line = logs.key_value_line(None, "info", dict(event))
    assert not CONTROL.search(line)
    # Read back by the rules of logfmt: exactly our four keys.
    assert [key for key, _ in parsed(line)] == ["level", "event", "name", "error"]
    assert dict(parsed(line))["error"] == escaped(text)


def parsed(line: str) -> list[tuple[str, str]]:
    pairs, place = [], 0
    while place < len(line):
        key, _, rest = line[place:].partition("=")
        place += len(key) + 1
        if rest.startswith('"'):
            value, place = quoted_value(line, place + 1)
        else:
            value = rest.partition(" ")[0]
            place += len(value)
        pairs.append((key, value))
        place += 1
    return pairs


def quoted_value(line: str, place: int) -> tuple[str, int]:
    value = ""
    while line[place] != '"':
        if line[place] == "\\" and line[place + 1] in '"\\':
            place += 1
        value += line[place]
        place += 1
    return value, place + 1


@given(EVIL)
def test_an_event_as_json_is_one_line_of_ascii(text: str) -> None:
    line = logs.json_line(None, "info", {"event": "x", "error": text})
    assert line.isascii()
    assert "\n" not in line
    assert json.loads(line)["error"] == text


@pytest.mark.parametrize("log_json", [False, True])
def test_events_hide_secrets_and_tracebacks_stay_on_one_line(
    log_json: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    before = structlog.get_config()
    logs.configure(Session(secrets={"s3cret-token"}, log_json=log_json))
    try:
        int("s3cret-token\nlevel=error")
    except ValueError:
        structlog.get_logger().exception(
            "failed", url="http://a.example/?key=s3cret-token", many=["s3cret-token"]
        )
    finally:
        structlog.configure(**before)
    said = capsys.readouterr().err
    assert "s3cret-token" not in said
    assert "ValueError" in said
    assert said.count("\n") == 1


def test_a_traceback_is_shown_without_secrets_and_control_characters(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Screen(Session(quiet=True, secrets={"s3cret\ntoken"})).trace(ValueError("\x1b[2J s3cret\ntoken"))
    assert capsys.readouterr().err == "ValueError: [2J ***\n"


def test_spans_and_counts_as_people_say_them() -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    assert ago(None, moment) == "never"
    assert ago(moment - timedelta(hours=3, minutes=5), moment) == "3 h ago"
    assert ago(moment + timedelta(minutes=59), moment) == "in 59 min"
    assert count(1, "entry") == "1 entry"
    assert count(12345, "entry") == "12'345 entries"
