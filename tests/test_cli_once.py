"""``feeds once`` as cron and people meet it: what it says, where, and its exit status."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands import RSS, command, environment, feeds, on_a_terminal, planet, process, until
from servers import STALL, Raw, Reply, Site

FILES = {"all.atom", "all.rss", "all.json", "index.html", "sources.opml"}


@pytest.fixture
def site() -> Iterator[Site]:
    with Site({"/feed": RSS}) as site:
        yield site


def listing(*addresses: str, allow: str = "[127.0.0.0/8]") -> str:
    lines = "".join(f"  - {address}\n" for address in addresses)
    return f"fetch: {{allow: {allow}}}\nsources:\n{lines}"


def named(site: Site, **paths: str) -> str:
    return listing(*(f"{{name: {name}, url: '{site.url(path)}'}}" for name, path in paths.items()))


def stamps(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {
        path.name: (path.stat().st_mtime_ns, path.read_bytes())
        for path in (folder / "output").iterdir()
        if path.name in FILES
    }


def test_all_is_well_and_nothing_is_said_in_a_pipe(tmp_path: Path, site: Site) -> None:
    planet(tmp_path, named(site, radio="/feed"))
    said = process(tmp_path, "once")
    assert (said.returncode, said.stdout, said.stderr) == (0, "", "")
    assert {path.name for path in (tmp_path / "output").iterdir()} >= FILES
    assert "Snow in the valley" in (tmp_path / "output" / "all.atom").read_text()


def test_the_second_run_touches_no_file(tmp_path: Path, site: Site) -> None:
    planet(tmp_path, named(site, radio="/feed"))
    feeds(tmp_path, "once")
    before = stamps(tmp_path)
    said = feeds(tmp_path, "once", "--all")
    assert (said.returncode, said.stdout, said.stderr) == (0, "", "")
    assert stamps(tmp_path) == before
    assert len(site.asked("/feed")) == 2


def test_only_what_is_due_is_polled(tmp_path: Path, site: Site) -> None:
    planet(tmp_path, named(site, radio="/feed"))
    feeds(tmp_path, "once")
    feeds(tmp_path, "once")
    assert len(site.asked("/feed")) == 1
    feeds(tmp_path, "once", "--source", "radio")
    assert len(site.asked("/feed")) == 2


def test_a_source_that_is_down_fails_nothing_and_is_one_line(tmp_path: Path, site: Site) -> None:
    planet(tmp_path, named(site, radio="/feed", down="/missing"))
    said = process(tmp_path, "once")
    assert (said.returncode, said.stdout) == (0, "")
    (line,) = said.stderr.splitlines()
    assert line.startswith("feeds: down: ")
    assert "404" in line
    assert "Snow in the valley" in (tmp_path / "output" / "all.atom").read_text()


@pytest.mark.parametrize(
    ("options", "status", "lines"),
    [((), 0, 1), (("--quiet",), 0, 0), (("--strict",), 1, 1), (("--strict", "--quiet"), 1, 1)],
)
def test_strict_and_quiet(
    options: tuple[str, ...], status: int, lines: int, tmp_path: Path, site: Site
) -> None:
    planet(tmp_path, named(site, radio="/feed", down="/missing"))
    said = feeds(tmp_path, "once", *options)
    assert (said.returncode, said.stdout, len(said.stderr.splitlines())) == (status, "", lines)


def test_verbose_names_each_source_and_file(tmp_path: Path, site: Site) -> None:
    planet(tmp_path, named(site, radio="/feed"))
    said = feeds(tmp_path, "-v", "once")
    assert said.stderr == ""
    assert "radio: 2 new\n" in said.stdout
    assert "all.atom: written (2 entries)\n" in said.stdout


def test_log_json_makes_events_of_it(tmp_path: Path, site: Site) -> None:
    planet(tmp_path, named(site, radio="/feed", down="/missing"))
    said = feeds(tmp_path, "once", "--log-json")
    (event,) = [json.loads(line) for line in said.stderr.splitlines()]
    assert (event["level"], event["event"], event["source"]) == ("warning", "poll failed", "down")
    said = feeds(tmp_path, "once", "--all", "-v", "--log-json")
    events = [json.loads(line) for line in said.stderr.splitlines()]
    assert {event.get("source") for event in events} >= {"radio", "down"}


def test_json_is_one_document(tmp_path: Path, site: Site) -> None:
    planet(tmp_path, named(site, radio="/feed", down="/missing"))
    said = feeds(tmp_path, "once", "--json")
    assert (said.returncode, said.stderr) == (0, "")
    document = json.loads(said.stdout)
    assert document["totals"]["new"] == 2
    assert {one["name"]: one["result"] for one in document["sources"]} == {"radio": "new", "down": "failed"}
    assert {one["path"] for one in document["files"]} == FILES
    document = json.loads(feeds(tmp_path, "publish", "--json").stdout)
    assert {one["verdict"] for one in document["files"]} == {"unchanged"}


def test_what_is_too_old_leaves_though_its_source_is_not_polled(tmp_path: Path, site: Site) -> None:
    line = f"name: radio, url: '{site.url('/feed')}'"
    planet(tmp_path, listing(f"{{{line}}}"))
    feeds(tmp_path, "once")
    planet(tmp_path, listing(f"{{{line}, keep: 90 days}}"))
    assert feeds(tmp_path, "once").stderr == ""
    assert len(site.log) == 1
    assert "Snow" not in (tmp_path / "output" / "all.atom").read_text()


def test_publish_brings_back_what_was_lost(tmp_path: Path, site: Site) -> None:
    planet(tmp_path, named(site, radio="/feed"))
    feeds(tmp_path, "once")
    before = stamps(tmp_path)["all.atom"][1]
    (tmp_path / "output" / "all.atom").unlink()
    said = feeds(tmp_path, "publish")
    assert (said.returncode, said.stdout, said.stderr) == (0, "", "")
    assert stamps(tmp_path)["all.atom"][1] == before
    assert len(site.log) == 1


# What stops a run ---------------------------------------------------------------------------------------


def test_without_a_configuration_it_says_how_to_get_one(tmp_path: Path) -> None:
    said = process(tmp_path, "once")
    assert (said.returncode, said.stdout) == (2, "")
    assert said.stderr.startswith("feeds: config.yaml: ")
    assert "feeds init" in said.stderr
    assert len(said.stderr.splitlines()) == 1


def test_a_wrong_configuration_is_told_whole_with_places(tmp_path: Path) -> None:
    planet(tmp_path, "sources:\n  - url: https://a.example/\n    intervall: 1h\nsitte: {}\n")
    said = feeds(tmp_path, "once")
    assert (said.returncode, said.stdout) == (2, "")
    lines = said.stderr.splitlines()
    assert len(lines) == 2
    assert any("config.yaml:3:5: " in line and "interval" in line for line in lines)
    assert any("config.yaml:4:1: " in line and "site" in line for line in lines)


def test_a_source_that_is_not_there_is_answered_with_the_one_meant(tmp_path: Path, site: Site) -> None:
    planet(tmp_path, named(site, radio="/feed"))
    said = feeds(tmp_path, "once", "--source", "radoi")
    assert (said.returncode, said.stdout) == (2, "")
    assert said.stderr == "feeds: there is no source 'radoi'; did you mean 'radio'?\n"


def test_an_output_folder_that_is_a_file_is_one_line(tmp_path: Path, site: Site) -> None:
    planet(tmp_path, named(site, radio="/feed"))
    (tmp_path / "output").write_text("mine")
    said = process(tmp_path, "once")
    assert (said.returncode, said.stdout) == (1, "")
    (line,) = said.stderr.splitlines()
    assert line.startswith("feeds: ")
    assert "output" in line
    assert (tmp_path / "output").read_text() == "mine"
    # What was polled is kept: once the way is free, nothing has to be asked for again.
    (tmp_path / "output").unlink()
    assert feeds(tmp_path, "once").returncode == 0
    assert "Snow in the valley" in (tmp_path / "output" / "all.atom").read_text()
    assert len(site.log) == 1


def test_a_store_that_another_run_holds_is_status_75(tmp_path: Path, site: Site) -> None:
    site.routes["/slow"] = Raw((STALL,))
    waiting = "{allow: [127.0.0.0/8], deadline: 1h, read_timeout: 1h}"  # the run ends by our signal only
    listed = named(site, radio="/feed", slow="/slow")
    planet(tmp_path, listed.replace("{allow: [127.0.0.0/8]}", waiting))
    with subprocess.Popen(
        command("once"), cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as other:
        try:
            until(lambda: bool(site.asked("/slow")))
            said = process(tmp_path, "once")
            assert (said.returncode, said.stdout) == (75, "")
            (line,) = said.stderr.splitlines()
            assert str(other.pid) in line
            held = json.loads(feeds(tmp_path, "status", "--json").stdout)["store"]
            assert (held["held"], held["pid"]) == (True, other.pid)
        finally:
            other.send_signal(signal.SIGINT)
            out, err = other.communicate(timeout=20)
    # And the run that was interrupted ends in good manners.
    assert (other.returncode, out.strip(), b"Traceback" in err) == (130, b"", False)
    assert json.loads(feeds(tmp_path, "status", "--json").stdout)["store"]["held"] is False


@pytest.mark.parametrize("size", [1_000, 20_000, 60_000])
def test_a_full_disk_is_one_line_and_the_next_run_mends_it(size: int, tmp_path: Path, site: Site) -> None:
    # No file may grow beyond the limit: at different sizes another room meets it.
    body = RSS.replace(b"It snowed.", b"It snowed. " * 10_000)
    site.routes["/feed"] = body
    planet(tmp_path, named(site, radio="/feed"))
    done = subprocess.run(
        command("once"),
        check=False,
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        timeout=60,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)),
    )
    assert (done.returncode, done.stdout) == (1, b"")
    assert len(done.stderr.splitlines()) == 1
    assert b"Traceback" not in done.stderr
    said = feeds(tmp_path, "once")
    assert (said.returncode, said.stderr) == (0, "")
    assert "Snow in the valley" in (tmp_path / "output" / "all.atom").read_text()


def test_a_store_that_is_none_is_refused_in_one_line(tmp_path: Path, site: Site) -> None:
    planet(tmp_path, named(site, radio="/feed"))
    (tmp_path / "feeds.db").write_text("<!doctype html><title>captive portal</title>" * 100)
    said = feeds(tmp_path, "once")
    assert (said.returncode, said.stdout) == (1, "")
    assert len(said.stderr.splitlines()) == 1
    assert not (tmp_path / "output" / "all.atom").exists()


# Options, secrets ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "env"),
    [
        (("-c", "there/feeds.yaml", "list"), {}),
        (("list", "--config", "there/feeds.yaml"), {}),
        (("list",), {"FEEDS_CONFIG": "there/feeds.yaml"}),
        (("-c", "there/feeds.yaml", "list"), {"FEEDS_CONFIG": "elsewhere.yaml"}),
    ],
)
def test_the_configuration_is_named_before_or_after_or_around(
    args: tuple[str, ...], env: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "feeds.yaml").write_text("sources: [{name: radio, url: https://a.example/}]\n")
    said = feeds(tmp_path, *args, env=env)
    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout.startswith("radio\t")


def test_a_secret_shows_nowhere(tmp_path: Path, site: Site) -> None:
    token = "s3cret-t0ken"
    address = site.url("/missing?key=${TOKEN}")
    gone = "http://127.0.0.1:9/?key=${TOKEN}"
    planet(tmp_path, listing(f"{{name: radio, url: '{address}'}}", f"{{name: gone, url: '{gone}'}}"))
    env = {"TOKEN": token}
    for args in (
        ("once", "-v"),
        ("once", "--all", "--json"),
        ("once", "--all", "-v", "--log-json"),
        ("status",),
        ("status", "--json"),
        ("list",),
        ("list", "--json"),
        ("check", "--online"),
        ("preview", "radio"),
        ("preview", address),
        ("export",),
    ):
        said = feeds(tmp_path, *args, env=env)
        assert token not in said.stdout + said.stderr, args
    assert any("key=s3cret-t0ken" in asked.target for asked in site.log)
    for path in (tmp_path / "output").iterdir():
        assert token.encode() not in path.read_bytes()


# Terminals and pipes ------------------------------------------------------------------------------------


def test_on_a_terminal_it_shows_a_bar_and_what_came_of_it(tmp_path: Path, site: Site) -> None:
    planet(tmp_path, named(site, radio="/feed", down="/missing"))
    status, said = on_a_terminal(tmp_path, "once")
    assert status == 0
    assert "Polling" in said
    assert "━" in said
    assert "2 sources polled" in said
    assert "radio: 2 new" in said
    assert "\x1b[31m" in said  # red: one of them failed


def test_no_color_means_no_colour(tmp_path: Path, site: Site) -> None:
    planet(tmp_path, named(site, radio="/feed", down="/missing"))
    for args, env in ((("once", "--all", "--no-color"), {}), (("once", "--all"), {"NO_COLOR": "1"})):
        _, said = on_a_terminal(tmp_path, *args, env=env)
        assert "1 failed" in said
        assert not any(f"\x1b[{code}" in said for code in ("30m", "31m", "32m", "36m", "38;", "1;3"))


def test_a_reader_that_leaves_is_no_trouble(tmp_path: Path) -> None:
    many = "".join(f"  - {{name: s{number}, url: 'https://a.example/{number}'}}\n" for number in range(5000))
    planet(tmp_path, f"sources:\n{many}")
    reader, writer = os.pipe()
    with subprocess.Popen(
        command("list"), cwd=tmp_path, env=environment(), stdout=writer, stderr=subprocess.PIPE
    ) as process:
        os.close(writer)
        os.read(reader, 10)
        os.close(reader)
        _, err = process.communicate(timeout=30)
    assert err == b""


def test_a_traceback_would_hide_secrets_too(tmp_path: Path) -> None:
    planet(tmp_path, "sources: ['https://a.example/?key=${TOKEN}']\n")
    mistake = "import os; from feeds.cli import main; main(['list']); int(os.environ['TOKEN'])"
    done = subprocess.run(
        [sys.executable, "-c", mistake],
        check=False,
        cwd=tmp_path,
        env=environment(TOKEN="s3cret-t0ken"),
        capture_output=True,
    )
    assert b"ValueError: invalid literal for int() with base 10: '***'" in done.stderr
    assert b"s3cret" not in done.stdout + done.stderr


def test_a_hostile_sentence_of_a_server_cannot_act_on_the_terminal(tmp_path: Path, site: Site) -> None:
    evil = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "a\x1b[2Jb\x9b2Jc",
        "items": [{"id": "1", "title": "x\x1b]0;owned\x07y\u202ez", "content_text": "one\x1b[31m\x08two"}],
    }
    site.routes["/feed"] = Reply(
        headers=(("Content-Type", "application/feed+json"),), body=json.dumps(evil).encode()
    )
    planet(tmp_path, named(site, radio="/feed"))
    for args in (("preview", "radio"), ("preview", "radio", "--json"), ("once", "-v"), ("status",)):
        said = feeds(tmp_path, *args)
        assert said.returncode == 0
        assert not set(said.stdout + said.stderr) & set("\x1b\x07\x08\x9b\u202e"), args
