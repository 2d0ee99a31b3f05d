"""Ask a server for a document: the only room that reaches out, and the only one that knows httpx.

    async with open_client(config.fetch, version) as client:
        reply = await fetch(client, source.url, state.validators, now, source=source)

``client`` makes the requests, ``answers`` reads the heads of their answers and ``decode`` the bodies;
``guard`` says what may be asked, ``manners`` how, and ``failures`` what went wrong.
"""

from feeds.fetch.client import Client, fetch, open_client

__all__ = ("Client", "fetch", "open_client")
