"""Falls into traps where every packet is seen: in a network of its own, where every address is this machine.

A program, because a process enters such a network as a whole (it needs root):

    unshare --net python watched.py FOLDER HOSTILE < wanted.json > seen.json

``wanted`` are beginnings of traps' paths, and whole addresses as sources. All of them are polled, stored and
published as ``traps`` does it. Of each connection that anybody tried to make, and of each datagram, comes
protocol, address and port: of all while the traps were fallen into, and of one connection that is made in the
end on purpose, so that whoever reads it knows that this program is not blind.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import struct
import subprocess
import sys
import threading
import urllib.request
from ipaddress import ip_address
from pathlib import Path

from traps import fall

EVERY_PROTOCOL = 3
IPV4, IPV6 = 0x0800, 0x86DD
TCP, UDP = 6, 17
SYN, ACK = 0x02, 0x10
ON_PURPOSE = "192.0.2.77"
Seen = set[tuple[str, str, int]]


def told(packet: bytes, protocol: int) -> tuple[str, str, int] | None:
    """Say where a packet wants to go, if it begins something."""
    if protocol == IPV4:
        kind, where, rest = packet[9], packet[16:20], packet[(packet[0] & 15) * 4 :]
    elif protocol == IPV6:
        kind, where, rest = packet[6], packet[24:40], packet[40:]
    else:
        return None
    if kind not in {TCP, UDP} or (kind == TCP and rest[13] & (SYN | ACK) != SYN):
        return None
    return ("tcp" if kind == TCP else "udp", str(ip_address(where)), struct.unpack("!H", rest[2:4])[0])


class Watch:
    """Sees each packet on the loopback device, until it is closed."""

    def __init__(self) -> None:
        self.seen: Seen = set()
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(EVERY_PROTOCOL))
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 24)
        self._socket.bind(("lo", 0))
        self._socket.settimeout(1.0)
        self._over = False
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def _look(self) -> None:
        while True:
            try:
                packet, sender = self._socket.recvfrom(128)
            except TimeoutError:
                if self._over:
                    return
                continue
            if (one := told(packet, sender[1])) is not None:
                self.seen.add(one)

    def close(self) -> Seen:
        """End when all is seen that was sent, and give it."""
        self._over = True
        self._thread.join()
        self._socket.close()
        return self.seen


def make_everything_local() -> None:
    """Let every address be this machine, so that nothing is sent anywhere, and all of it is seen."""
    for words in (
        "ip link set lo up",
        "ip route add local 0.0.0.0/0 dev lo",
        "ip -6 route add local ::/0 dev lo",
    ):
        subprocess.run(words.split(), check=True, capture_output=True)


def main() -> None:
    """Fall, watch, and tell."""
    folder, hostile = Path(sys.argv[1]), sys.argv[2]
    wanted = tuple(json.load(sys.stdin))
    make_everything_local()
    with subprocess.Popen([sys.executable, hostile, "--port", "0"], stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        base = json.loads(server.stdout.readline())["base"]
        with urllib.request.urlopen(base + "/_index") as answer:
            listed = {one["path"]: one.get("url") or base + one["path"] for one in json.load(answer)}
        urls = [url for path, url in listed.items() if path.startswith(wanted)]
        urls += [one for one in wanted if "://" in one]
        watch = Watch()
        ends = asyncio.run(fall([urls[place::6] for place in range(6)], folder))
        with contextlib.suppress(OSError):
            socket.create_connection((ON_PURPOSE, 80), timeout=1.0)
        seen = watch.close()
        server.terminate()
    json.dump({"ends": ends, "seen": sorted(seen)}, sys.stdout)


if __name__ == "__main__":
    main()
