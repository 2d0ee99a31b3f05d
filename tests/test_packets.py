"""No packet goes where nothing may go: every packet that is sent is seen while traps are fallen into."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from commands import environment
from watched import ON_PURPOSE

HERE = Path(__file__).parent
HOSTILE = HERE.parents[1] / "shared" / "tools" / "hostile.py"
NAMESERVER = ("udp", 53)
SPELLINGS = (
    *("http://2130706434/", "http://0x7f000002/", "http://0177.0.0.2/", "http://127.2/", "http://[::1]/"),
    *(
        "http://[::ffff:127.0.0.2]/",
        "http://[64:ff9b::7f00:2]/",
        "http://[2002:7f00:2::]/",
        "http://10.0.0.1/",
    ),
    *(
        "http://169.254.169.254/latest/meta-data/",
        "http://192.168.1.1/",
        "http://[fd00::1]/",
        "http://0.0.0.0/",
    ),
    *("http://[fe80::1]/", "http://127.0.0.2./", "http://user:secret@127.0.0.2/", "http://100.64.0.1/"),
)
"""One machine, and other inner ones, in many ways."""


def own_network() -> list[str] | None:
    """Give what a program begins with that has a network of its own; None if this machine allows none."""
    unshare = shutil.which("unshare")
    if unshare is None or shutil.which("ip") is None:
        return None
    words = [unshare, "--net"]
    run = subprocess.run([*words, "ip", "link", "set", "lo", "up"], capture_output=True, check=False)
    return words if run.returncode == 0 else None


@pytest.mark.skipif(not HOSTILE.exists(), reason="../shared/tools/hostile.py is not here")
def test_no_packet_leaves_for_where_nothing_may_go(tmp_path: Path) -> None:
    words = own_network()
    if words is None:
        pytest.skip("a network of its own needs root, unshare and ip")
    wanted = ["/redirect/", "/feed/xml/xxe", "/feed/xml/dtd", "/feed/xml/xinc", "/feed/xml/sty", *SPELLINGS]
    run = subprocess.run(
        [*words, sys.executable, "-W", "error", str(HERE / "watched.py"), str(tmp_path), str(HOSTILE)],
        input=json.dumps(wanted).encode(),
        capture_output=True,
        env=environment(SSL_CERT_DIR=str(tmp_path)),
        timeout=300,
        check=False,
    )
    assert run.returncode == 0, run.stderr.decode()[-3000:]
    told = json.loads(run.stdout)
    assert len(told["ends"]) > 80
    for spelling in SPELLINGS:
        assert told["ends"][spelling]["first"] in {"AddressRefused", "FetchError"}, spelling
    seen = {(protocol, address, port) for protocol, address, port in told["seen"]}
    assert ("tcp", ON_PURPOSE, 80) in seen
    # A name is looked up at the system's resolver; where it leads is what must not be asked.
    others = {one for one in seen if (one[0], one[2]) != NAMESERVER and one[1] != "127.0.0.1"}
    assert others == {("tcp", ON_PURPOSE, 80)}
