"""The address guard: nothing is sent, not even a greeting, to where nothing of ours may go."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
from commands import command, environment, feeds
from hypothesis import given
from hypothesis import strategies as st
from servers import Reply, Site

from feeds.config.load import load
from feeds.config.schema import Fetch
from feeds.errors import AddressRefused, ConfigError, FetchError
from feeds.fetch import fetch, open_client
from feeds.fetch.networks import refusal
from feeds.model import Document, NotModified, Validators

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
TOOLS = Path(__file__).parents[2] / "shared" / "tools"
FEED = Reply(body=b'<?xml version="1.0"?><rss version="2.0"><channel><title>a</title></channel></rss>')


@pytest.fixture(autouse=True)
def _no_authorities(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))


def ask(url: str, *allow: str, **more: Any) -> Document | NotModified:
    settings = Fetch(allow=allow, deadline=timedelta(seconds=10), **more)

    async def poll() -> Document | NotModified:
        async with open_client(settings, "0.1") as client:
            return await fetch(client, url, Validators(), NOW)

    return asyncio.run(poll())


def refused(url: str, *allow: str, **more: Any) -> str:
    with pytest.raises(AddressRefused) as caught:
        ask(url, *allow, **more)
    return str(caught.value)


class Canary:
    """A listener that nobody may reach: it knows whether somebody has."""

    def __init__(self, family: int, address: str) -> None:
        self.socket = socket.create_server((address, 0), family=family)
        self.socket.setblocking(False)
        self.port: int = self.socket.getsockname()[1]

    def touched(self) -> bool:
        try:
            self.socket.accept()[0].close()
        except BlockingIOError:
            return False
        return True


@pytest.fixture
def canary() -> Iterator[Canary]:
    made = Canary(socket.AF_INET, "0.0.0.0")
    yield made
    made.socket.close()


# ------------------------------------------------------------------ addresses


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("127.0.0.1", "loopback"),
        ("127.255.255.254", "loopback"),
        ("0.0.0.0", "unspecified"),
        ("0.1.2.3", "unspecified"),
        ("10.0.0.1", "private"),
        ("172.16.0.1", "private"),
        ("172.31.255.255", "private"),
        ("192.168.1.1", "private"),
        ("100.64.0.1", "carrier"),
        ("100.127.255.255", "carrier"),
        ("169.254.1.1", "link"),
        ("169.254.169.254", "secrets"),
        ("100.100.100.200", "secrets"),
        ("168.63.129.16", "secrets"),
        ("192.0.0.8", "protocols"),
        ("192.0.2.1", "documentation"),
        ("198.51.100.7", "documentation"),
        ("203.0.113.7", "documentation"),
        ("198.18.0.1", "benchmarks"),
        ("224.0.0.1", "multicast"),
        ("239.255.255.255", "multicast"),
        ("255.255.255.255", "broadcast"),
        ("240.0.0.1", "reserved"),
        ("::", "unspecified"),
        ("::1", "loopback"),
        ("::2", "unspecified"),
        ("::ffff:127.0.0.2", "loopback"),
        ("::ffff:10.0.0.1", "private"),
        ("::127.0.0.2", "loopback"),
        ("64:ff9b::7f00:2", "loopback"),
        ("64:ff9b:1::1", "private"),
        ("2002:7f00:2::", "loopback"),
        ("2002:808:808::", "6to4"),
        ("2001:0:4136:e378:8000:63bf:80ff:fffd", "loopback"),
        ("2001::1", "reserved"),
        ("2001:4860::5efe:127.0.0.2", "loopback"),
        ("2001:4860::200:5efe:10.0.0.1", "private"),
        ("fd00:ec2::254", "secrets"),
        ("fc00::1", "private"),
        ("fe80::1", "link"),
        ("fe80::1%lo", "link"),
        ("fec0::1", "private"),
        ("ff02::1", "multicast"),
        ("100::1", "discarded"),
        ("2001:db8::1", "documentation"),
        ("3fff::1", "documentation"),
        ("4000::1", "no public"),
    ],
)
def test_what_is_not_public_is_refused_by_its_kind(address: str, kind: str) -> None:
    assert kind in (refusal(ip_address(address), ()) or "")


@pytest.mark.parametrize(
    "address",
    [
        "8.8.8.8",
        "1.1.1.1",
        "172.32.0.1",
        "100.128.0.1",
        "192.88.98.1",
        "223.255.255.255",
        "2606:4700::1111",
        "2a00:1450:4001::1",
        "::ffff:8.8.8.8",
        "64:ff9b::808:808",
        "2001:4860:4860::8888",
    ],
)
def test_what_is_public_may_be_asked(address: str) -> None:
    assert refusal(ip_address(address), ()) is None


@given(st.ip_addresses(v=4))
def test_an_address_inside_an_address_is_judged_as_itself(inner: IPv4Address) -> None:
    number = int(inner)
    for prefix in ("::ffff:0:0", "64:ff9b::"):
        wrapped = IPv6Address(int(IPv6Address(prefix)) | number)
        assert refusal(wrapped, ()) == refusal(inner, ())
        assert refusal(wrapped, (ip_network(f"{inner}/32"),)) is None
    for tunnel in (0x2002 << 112 | number << 80, 0x20010000 << 96 | (number ^ 0xFFFFFFFF)):
        assert refusal(IPv6Address(tunnel), ()) is not None


@given(st.ip_addresses())
def test_whatever_python_calls_not_global_is_refused(address: IPv4Address | IPv6Address) -> None:
    if not address.is_global and not (
        isinstance(address, IPv6Address) and address in ipaddress.IPv6Network("::ffff:0:0/96")
    ):
        assert refusal(address, ()) is not None


@given(st.ip_addresses(v=6))
def test_a_range_opens_itself_and_nothing_else(address: IPv6Address) -> None:
    assert refusal(address, (ip_network(address),)) is None
    assert refusal(address, (ip_network("192.168.1.0/24"),)) == refusal(address, ())


# ------------------------------------------------------------------ as they are written


@pytest.mark.parametrize(
    "host",
    [
        "2130706434",
        "0x7f000002",
        "0x7f.0.0.2",
        "127.2",
        "127.0.2",
        "0177.0.0.2",
        "127.0.0.02",
        "127.0.0.2.",
        "[::ffff:127.0.0.2]",
        "[64:ff9b::7f00:2]",
        "[2002:7f00:2::]",
        "[::1]",
        "[::]",
        "0",
        "0.0.0.0",
        "127.0.0.2",
        "good.test@127.0.0.2",
        "%31%32%37.0.0.2",
        "１２７.0.0.2",
        "127。0。0。2",
        "localhost",
        "LOCALHOST",
        "[fe80::1%25lo]",
        "[::127.0.0.2]",
    ],
)
def test_no_spelling_of_this_machine_is_connected_to(canary: Canary, host: str) -> None:
    refused(f"http://{host}:{canary.port}/feed")
    assert not canary.touched()


def test_a_name_with_a_final_dot_leads_nowhere_else(canary: Canary) -> None:
    with pytest.raises(FetchError):  # Some systems do not know localhost by that name.
        ask(f"http://localhost.:{canary.port}/feed")
    assert not canary.touched()


def test_the_canary_is_alive(canary: Canary) -> None:
    with pytest.raises(FetchError):
        ask(f"http://127.0.0.2:{canary.port}/feed", "127.0.0.0/8", read_timeout=timedelta(seconds=0.2))
    assert canary.touched()


def test_a_range_is_opened_by_its_own_name_only(canary: Canary) -> None:
    with Site() as site:
        site.routes["/feed"] = FEED
        assert isinstance(ask(site.url("/feed"), "127.0.0.1"), Document)
        site.routes["/away"] = Reply(status=302, headers=(("Location", f"http://127.0.0.2:{canary.port}/"),))
        assert "127.0.0.2 is this machine (loopback)" in refused(site.url("/away"), "127.0.0.1")
    assert not canary.touched()


@pytest.mark.parametrize("port", [22, 25, 53, 6379, 11211, 5432, 6667])
def test_ports_of_other_services_are_shut(port: int) -> None:
    assert f"port {port}" in refused(f"http://192.0.2.1:{port}/")


def test_a_port_can_be_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    words = refused("http://192.0.2.1:6000/", allow_ports=(6000,))
    assert "documentation" in words


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "gopher://a.example/",
        "ftp://a.example/",
        "data:text/xml,<rss/>",
        "javascript:1",
        "http+unix://%2Frun%2Fx.sock/",
        "ws://a.example/",
        "//a.example/",
        "a.example/feed",
    ],
)
def test_other_kinds_of_addresses_are_refused(url: str) -> None:
    refused(url)


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "gopher://a.example/",
        "ftp://a.example/",
        "data:text/xml,<rss/>",
        "javascript:1",
        "http+unix://%2Frun%2Fx.sock/",
        "http:///x",
    ],
)
def test_redirects_to_other_kinds_are_refused(url: str) -> None:
    with Site() as site:
        site.routes["/away"] = Reply(status=302, headers=(("Location", url),))
        assert "its operator has to mend that" in refused(site.url("/away"), "127.0.0.1")


def test_to_open_where_clouds_keep_secrets_is_no_advice() -> None:
    with Site() as site:
        site.routes["/away"] = Reply(status=302, headers=(("Location", "http://169.254.169.254/feed"),))
        assert "fetch.allow" not in refused(site.url("/away"), "127.0.0.1")
        site.routes["/away"] = Reply(status=302, headers=(("Location", "http://10.0.0.1/feed"),))
        assert "fetch.allow" in refused(site.url("/away"), "127.0.0.1")


# ------------------------------------------------------------------ names


def answers(monkeypatch: pytest.MonkeyPatch, *turns: tuple[str, ...]) -> list[str]:
    """Let names resolve to these addresses, one tuple a lookup and the last one for ever; gives who asked."""
    asked: list[str] = []

    def getaddrinfo(host: str, port: int, *_: object, **__: object) -> list[tuple[Any, ...]]:
        asked.append(host)
        told = turns[min(len(asked), len(turns)) - 1]
        return [
            (socket.AF_INET6 if ":" in one else socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port))
            for one in told
        ]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


@pytest.mark.parametrize(
    "told",
    [("127.0.0.2",), ("8.8.8.8", "127.0.0.2"), ("127.0.0.2", "8.8.8.8"), ("::ffff:127.0.0.2",), ("::1",)],
)
def test_a_name_that_leads_inside_is_refused_whatever_else_it_has(
    monkeypatch: pytest.MonkeyPatch, canary: Canary, told: tuple[str, ...]
) -> None:
    answers(monkeypatch, told)
    assert "inside.test leads to" in refused(f"http://inside.test:{canary.port}/")
    assert not canary.touched()


def test_the_address_that_was_judged_is_the_one_that_is_connected_to(
    monkeypatch: pytest.MonkeyPatch, canary: Canary
) -> None:
    """Rebinding: the first lookup is harmless, every later one leads inside."""
    with Site() as site:
        site.routes["/feed"] = FEED
        asked = answers(monkeypatch, ("127.0.0.1",), ("127.0.0.2",))
        url = site.url("/feed").replace("127.0.0.1", "rebind.test")
        assert isinstance(ask(url, "127.0.0.1"), Document)
        assert asked == ["rebind.test"]
        assert "127.0.0.2" in refused(url, "127.0.0.1")
    assert not canary.touched()


def test_the_next_address_is_tried_where_one_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    with Site() as site:
        site.routes["/feed"] = FEED
        answers(monkeypatch, ("127.0.0.3", "127.0.0.1"))
        url = site.url("/feed").replace("127.0.0.1", "two.test")
        assert isinstance(ask(url, "127.0.0.0/8"), Document)


def test_a_lookup_that_hangs_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()

    def getaddrinfo(*_: object, **__: object) -> list[tuple[Any, ...]]:
        release.wait(30)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    with pytest.raises(FetchError, match=r"fetch\.connect_timeout"):
        ask("http://slow.test/", connect_timeout=timedelta(seconds=0.2))
    release.set()


def test_the_environment_opens_no_way_around(monkeypatch: pytest.MonkeyPatch, canary: Canary) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{canary.port}")
    with Site() as site:
        site.routes["/feed"] = FEED
        assert isinstance(ask(site.url("/feed"), "127.0.0.1"), Document)
    assert not canary.touched()


# ------------------------------------------------------------------ a resolver that is against us

REBIND = """
import asyncio, json, sys
from datetime import UTC, datetime, timedelta
from feeds.config.schema import Fetch
from feeds.errors import SourceError
from feeds.fetch import fetch, open_client
from feeds.model import Validators

async def main(port, names, rounds):
    settings = Fetch(allow=("127.0.0.1",), spacing="0s", deadline=timedelta(seconds=5))
    told = {}
    async with open_client(settings, "0.1") as client:
        for name in names:
            for _ in range(rounds):
                try:
                    url = f"http://{name}:{port}/good/atom"
                    reply = await fetch(client, url, Validators(), datetime.now(UTC))
                    end = type(reply).__name__
                except SourceError as error:
                    end = type(error).__name__
                told.setdefault(name, []).append(end)
    print(json.dumps(told))

asyncio.run(main(int(sys.argv[1]), sys.argv[3:], int(sys.argv[2])))
"""


def test_a_resolver_that_changes_its_mind_never_leads_inside(tmp_path: Path) -> None:
    """In a namespace of its own: its resolver is the hostile one, and it has no network but loopback."""
    if not (TOOLS / "hostile.py").exists():
        pytest.skip("../shared/tools/hostile.py is not here")
    if os.geteuid() != 0 or shutil.which("unshare") is None or shutil.which("ip") is None:
        pytest.skip("a namespace with a resolver of its own needs root, unshare(1) and ip(8)")
    (tmp_path / "resolv.conf").write_text("nameserver 127.0.0.53\n")
    (tmp_path / "poll.py").write_text(REBIND)
    script = f"""
set -e
ip link set lo up
mount --bind {tmp_path}/resolv.conf "$(readlink -f /etc/resolv.conf)"
{sys.executable} {TOOLS}/hostile.py --port 0 --dns > {tmp_path}/ports & server=$!
trap 'kill $server' EXIT
for i in $(seq 100); do [ -s {tmp_path}/ports ] && break; sleep 0.1; done
base=$({sys.executable} -c "import json; print(json.loads(open('{tmp_path}/ports').readline())['base'])")
{sys.executable} {tmp_path}/poll.py ${{base##*:}} 25 good.test rebind.test multi.test mapped.test private.test
{sys.executable} -c "import urllib.request as u; print(u.urlopen('$base/_canary').read().decode())"
"""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parents[1])}
    run = subprocess.run(
        ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "sh", "-c", script],
        capture_output=True,
        text=True,
        timeout=120,
        env=environment,
        check=False,
    )
    if "Operation not permitted" in run.stderr:
        pytest.skip("this machine gives no namespaces")
    assert run.returncode == 0, run.stderr
    told, _, canaries = run.stdout.partition("\n")
    ends = json.loads(told)
    assert set(ends["good.test"]) == {"Document"}
    for name in ("rebind.test", "multi.test", "mapped.test", "private.test"):
        assert set(ends[name]) == {"AddressRefused"}, name
    assert json.loads(canaries) in ([], {"hits": []}, {"canary": []})


# ------------------------------------------------------------------ what the operator opens


@pytest.mark.parametrize("wide", ["'*'", "0.0.0.0/0", "'::/0'", "128.0.0.0/1", "[10.0.0.0/8, 0.0.0.0/4]"])
def test_to_open_everything_takes_a_flag_that_says_so(tmp_path: Path, wide: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(f"fetch: {{allow: {wide}}}\nsources: [https://a.example/feed]\n")
    with pytest.raises(ConfigError, match="reach_everything_even_this_machine: true"):
        load(path, {})


def test_who_opens_everything_is_warned_at_each_start(tmp_path: Path) -> None:
    with Site() as site:
        site.routes["/feed"] = FEED
        for fetching, told in (("", "failing"), ("reach_everything_even_this_machine: true", "ok")):
            lines = f"fetch: {{{fetching}}}\nsources: [{{name: a, url: '{site.url('/feed')}'}}]\n"
            (tmp_path / "config.yaml").write_text(lines)
            for _ in range(2):
                words = command("once", "--all")
                run = subprocess.run(words, cwd=tmp_path, env=environment(), capture_output=True, check=True)
                assert (b"reach_everything_even_this_machine is set" in run.stderr) == bool(fetching)
            assert f"\t{told}\t" in feeds(tmp_path, "status").stdout
        assert len(site.log) == 2


def test_the_largest_private_networks_can_be_opened() -> None:
    wide = ("10.0.0.0/8", "127.0.0.0/8", "fc00::/7")
    assert Fetch(allow=wide).allow == wide
