"""The least that a poll can be: an asyncio client that sends the same requests over the same connections.

    python -m benchmarks.cost.bare FILE

FILE has an address and an entity tag in each line, and gets the tags of this time.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from urllib.parse import urlsplit

AT_ONCE = 64


async def ask(url: str, tag: str) -> tuple[str, bytes]:
    """Ask for a document unless it is the one of that tag; give its tag and bytes, none if it is."""
    told = urlsplit(url)
    reader, writer = await asyncio.open_connection(told.hostname, told.port)
    condition = f"If-None-Match: {tag}\r\n" if tag else ""
    writer.write(
        f"GET {told.path} HTTP/1.1\r\nHost: {told.netloc}\r\nUser-Agent: bare/1\r\nAccept: */*\r\n"
        f"Accept-Encoding: gzip\r\nConnection: close\r\n{condition}\r\n".encode()
    )
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    fields = {name.lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines[1:])}
    body = await reader.readexactly(int(fields.get(b"content-length", b"0")))
    writer.close()
    return fields[b"etag"].decode(), body


async def ask_all(lines: list[str]) -> list[str]:
    """Ask all addresses, some at once; give each with its tag."""
    slots = asyncio.Semaphore(AT_ONCE)

    async def one(line: str) -> str:
        url, _, tag = line.partition(" ")
        async with slots:
            after, _ = await ask(url, tag)
        return f"{url} {after}"

    return await asyncio.gather(*map(one, lines))


if __name__ == "__main__":
    file = Path(sys.argv[1])
    file.write_text("\n".join(asyncio.run(ask_all(file.read_text().splitlines()))))
