"""Ask a server for a document: the only room that reaches out, and the only one that knows httpx.

    async with open_client(config.fetch, version) as client:
        reply = await fetch(client, source.url, state.validators, now, source=source)

``client`` makes the requests, ``answers`` reads the heads of their answers and ``decode`` the bodies;
``guard`` says what may be asked, ``manners`` how, and ``failures`` what went wrong.
"""

import sys

# httpx 0.28.1 imports its own command line with itself, and with that rich and pygments: a tenth of a start.
# None says that there is none, for which it is ready.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]

from feeds.fetch.client import Client, fetch, open_client  # noqa: E402

__all__ = ("Client", "fetch", "open_client")
