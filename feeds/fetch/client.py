"""One poll of one server: from the first request, over redirects, to a decoded body.

The only place that sends requests. Nothing is remembered between two polls but whose turn it is at a host:
no cookies, no idle connections (a pool that keeps many is slow, and what a server sends after its answer
would be read as the next one), no login of another origin.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from ipaddress import ip_address, ip_network
from typing import cast

import httpx

from feeds import caching
from feeds.config.schema import Access, Fetch, Source
from feeds.errors import AddressRefused, FetchError
from feeds.fetch import answers, entrance, failures, guard
from feeds.fetch.answers import Redirect
from feeds.fetch.decode import ACCEPTED, Inflater, too_large
from feeds.fetch.entrance import Transports
from feeds.fetch.manners import Hosts, user_agent
from feeds.fetch.networks import EVERYWHERE, Network
from feeds.fetch.robots import Rulebook, Target
from feeds.model import Document, NotModified, Validators

TYPES = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, "
    "application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.8, */*;q=0.5"
)
SPACING = timedelta(seconds=1)
"""Between two requests to a host of somebody else's."""
NO_CONTENT = frozenset({204, 205})
PARTIAL = 206


@dataclass(frozen=True, kw_only=True, slots=True)
class Client:
    """What all polls of a run share; made by ``open_client``.

    Of httpx the addresses, requests, transports and errors are used, not its client: that reads every
    Location itself, fails on odd ones in its own words, and would bring cookies and logins of its own.
    """

    transports: Transports
    headers: tuple[tuple[bytes, bytes], ...]
    settings: Fetch
    hosts: Hosts
    robots: Rulebook


@asynccontextmanager
async def open_client(settings: Fetch, version: str) -> AsyncIterator[Client]:
    """Make the client of a run, and close it in the end.

    Proxies and logins are not taken from the environment; certificates to trust are (SSL_CERT_FILE,
    SSL_CERT_DIR).

    Args:
        settings: Limits, and whom to complain to.
        version: Of this program, for the User-Agent.
    """
    # httpx logs each request with its whole address at INFO, and an address may hold a secret.
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
    allowed = [ip_network(prefix) for prefix in settings.allow]
    headers = (
        (b"User-Agent", user_agent(version, settings.contact, settings.subscribers).encode()),
        (b"Accept", TYPES.encode("ascii")),
        (b"Accept-Encoding", ACCEPTED.encode("ascii")),
        (b"Connection", b"close"),
    )
    hosts = Hosts(partial(_spacing, settings.spacing, tuple(allowed)))
    if settings.reach_everything_even_this_machine:
        logging.getLogger("feeds").warning(
            "fetch.reach_everything_even_this_machine is set: any source can make this program ask inner"
            " networks, this machine and a cloud's secrets"
        )
    transports = Transports(EVERYWHERE if settings.reach_everything_even_this_machine else allowed)
    try:
        yield Client(
            transports=transports, headers=headers, settings=settings, hosts=hosts, robots=Rulebook(hosts)
        )
    finally:
        await transports.aclose()


def _spacing(spacing: timedelta | None, own: tuple[Network, ...], host: str) -> timedelta:
    """Say how far apart requests to a host are, before it says anything."""
    if spacing is not None:
        return spacing
    try:
        address = ip_address(host.strip("[]"))
    except ValueError:
        return SPACING
    return timedelta() if any(address.version == net.version and address in net for net in own) else SPACING


async def fetch(
    client: Client,
    url: str,
    validators: Validators,
    now: datetime,
    *,
    source: Source | None = None,
    obey: bool = False,
) -> Document | NotModified:
    """Ask a server for a document.

    A login, and headers that the source wants, go to its own origin only. A redirect from
    https to http is followed, but never counted as a move; where the address holds a secret it is refused.
    Of a private source nothing is told where it moved.

    Args:
        client: From ``open_client``.
        url: Absolute, http or https.
        validators: Of the last document, to be echoed.
        now: The moment of the poll, aware.
        source: Whose poll this is: what its server wants of us, and whether the address may be shown.
        obey: Whether its site is asked before, and the site of every redirect, if programs may (robots.txt).

    Returns:
        The document, or that it has not changed: 304 to a condition, or a 204 or 205 to one.

    Raises:
        HostRests: The host asked to be left alone for longer, so nothing was sent.
        RobotsRefused: Its site asks programs not to fetch that, or cannot be asked whether they may.
        BadStatus: The server answered that it has none; Gone: for good.
        TooLarge: It is larger than ``max_bytes``, before or after decoding.
        FetchError: There is no usable answer. The sentence never holds a login or a query; of a private
            source not even a path.
    """
    first = guard.parse(url, "the source's address", opened=client.settings.allow_ports)
    private = bool(first.userinfo) or (source is not None and source.private)
    access = Access() if source is None else source.fetch
    journey = _Journey(
        client=client,
        first=first,
        access=access,
        validators=validators,
        now=now,
        private=private,
        obey=obey,
    )
    deadline = access.deadline or client.settings.deadline
    # Before it is our turn at the host: that is another request, with a turn of its own.
    await journey.may(_bare(first))
    async with AsyncExitStack() as turn:
        await turn.enter_async_context(client.hosts.turn(first.raw_host.decode("ascii"), now))
        # The deadline begins with our turn: a long queue at a host is no fault of the source.
        try:
            async with asyncio.timeout(deadline.total_seconds()):
                return await journey.go(turn)
        except TimeoutError as error:
            raise failures.overdue(first) from error


@dataclass(frozen=True, kw_only=True, slots=True)
class _Journey:
    """One poll.

    Attributes:
        client: With its settings.
        first: Where it starts, with its login.
        access: What its server wants of us.
        validators: To echo, at every hop: which of them has the document is not remembered.
        now: The moment of the poll.
        private: Whether addresses are kept out of errors.
        obey: Whether sites are asked if they let programs in.
    """

    client: Client
    first: httpx.URL
    access: Access
    validators: Validators
    now: datetime
    private: bool
    obey: bool

    async def may(self, url: httpx.URL) -> None:
        """Make sure that the site of an address lets us ask for it. Nobody's turn may be held meanwhile."""
        if not self.obey:
            return

        async def ask(address: str) -> Document | NotModified:
            # Another site gets no login and no headers of ours, not for its robots.txt either.
            own = guard.origin(url) == guard.origin(self.first)
            access = self.access if own else self.access.elsewhere()
            source = Source(name="robots", private=self.private, fetch=access)
            return await fetch(self.client, address, Validators(), self.now, source=source)

        target = Target(
            url=str(url),
            origin=f"{url.scheme}://{url.netloc.decode('ascii')}",
            host=url.raw_host.decode("ascii"),
            shown=failures.place(url, self.private),
        )
        await self.client.robots.permit(target, self.now, ask)

    async def go(self, turn: AsyncExitStack) -> Document | NotModified:
        """Follow redirects to an answer. ``turn`` holds our turn at the present hop's host."""
        here = _bare(self.first)
        moved: httpx.URL | None = None
        permanent = not self.private
        seen = {str(here)}
        asked: dict[str, str] = {}
        while True:
            try:
                answer = await self._ask(here)
            except AddressRefused as error:
                if len(seen) == 1:
                    raise
                where = failures.place(self.first, self.private)
                raise AddressRefused(f"{where} redirects to where nothing of ours goes: {error}") from error
            if not isinstance(answer, Redirect):
                headers = {**asked, **answer.headers}
                return replace(answer, headers=headers, moved_to=None if moved is None else str(moved))
            if answer.retry_after is not None:
                # For the next poll: to follow at once is what a redirect is for (RFC 9110, 10.2.3).
                asked = {"retry-after": answer.retry_after}
            there = self._next(here, answer, seen)
            permanent = permanent and answer.permanent and not _downgrade(here, there)
            moved = there if permanent else moved
            if self.obey or here.raw_host != there.raw_host:
                await turn.aclose()
                await self.may(there)
                await turn.enter_async_context(
                    self.client.hosts.turn(there.raw_host.decode("ascii"), self.now)
                )
            here = there

    def _next(self, here: httpx.URL, answer: Redirect, seen: set[str]) -> httpx.URL:
        """Check where a redirect leads, and note it in ``seen``."""
        where = failures.place(here, self.private)
        what = f"{where} redirects, and the address it gives"
        there = _bare(guard.parse(answer.location, what, here, self.client.settings.allow_ports))
        if self.private and _downgrade(here, there):
            raise FetchError(
                f"{where} redirects from https to http, which would show its secret to everybody"
            )
        if str(there) in seen:
            raise FetchError(f"{where} redirects in a circle; check the address")
        seen.add(str(there))
        if len(seen) > self.client.settings.max_redirects + 1:
            raise FetchError(f"{where} redirects once too often (fetch.max_redirects); check the address")
        return there

    async def _ask(self, url: httpx.URL) -> Document | NotModified | Redirect:
        """Make one request and read its answer."""
        where = failures.place(url, self.private)
        if self.access.proxy is not None:
            self.client.transports.judge(url)
        own = entrance.headers(self.access, self.first, url)
        named = {name.lower() for name, _ in own}
        usual = (pair for pair in self.client.headers if pair[0].lower() not in named)
        headers = [*usual, *answers.conditions(self.validators), *own]
        limits = self.client.settings
        patience = httpx.Timeout(
            limits.read_timeout.total_seconds(), connect=limits.connect_timeout.total_seconds(), pool=None
        )
        try:
            request = httpx.Request("GET", url, headers=headers, extensions={"timeout": patience.as_dict()})
            answer = await self.client.transports.of(self.access).handle_async_request(request)
            try:
                return await self._read(answer, url, where)
            finally:
                await answer.aclose()
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, ValueError) as error:
            # OSError and ValueError: what httpx lets through of ssl, sockets, IDNA and odd addresses.
            # Their words may repeat the address, so a private one takes no trace of them along.
            raise failures.explain(error, url, where, self.private) from None if self.private else error

    def _note(self, url: httpx.URL, status: int, headers: Mapping[str, str]) -> None:
        """Let the host's answer teach us how often it may be asked."""
        host, wait = url.raw_host.decode("ascii"), caching.retry_after(headers, self.now)
        if status == httpx.codes.TOO_MANY_REQUESTS or (
            status == httpx.codes.SERVICE_UNAVAILABLE and wait is not None
        ):
            self.client.hosts.throttled(host, self.now, wait)
        elif status < 400:
            self.client.hosts.answered(host, self.now)

    async def _read(
        self, answer: httpx.Response, url: httpx.URL, where: str
    ) -> Document | NotModified | Redirect:
        """Turn an answer into what it means."""
        status, raw = answer.status_code, answer.headers.raw
        headers = answers.gather(raw)
        self._note(url, status, headers)
        conditional = bool(answers.conditions(self.validators))
        if status == httpx.codes.NOT_MODIFIED or status in NO_CONTENT:
            if not conditional:
                raise failures.bad_status(status, headers, self.now, where)
            known = answers.validators(headers, self.validators)
            return NotModified(headers=answers.kept(headers), validators=known)
        redirect = answers.redirect(status, raw, headers)
        if redirect is not None:
            return redirect
        if not 200 <= status < 300 or status == PARTIAL:
            raise failures.bad_status(status, headers, self.now, where)
        return Document(
            url=str(url),
            headers=answers.kept(headers),
            body=await self._body(answer, headers, where),
            status=status,
            validators=answers.validators(headers),
        )

    async def _body(self, answer: httpx.Response, headers: dict[str, str], where: str) -> bytes:
        """Read and decode a body under the limit."""
        limit = self.client.settings.max_bytes
        length = headers.get("content-length", "")
        if length.isdecimal() and (len(length) > 18 or int(length) > limit):
            raise too_large(where, limit)
        inflater = Inflater(headers.get("content-encoding", ""), limit, where)
        # It is a generator, though typed as less; left half-read it would be closed some time later.
        async with aclosing(cast("AsyncGenerator[bytes]", answer.aiter_raw())) as pieces:
            async for data in pieces:
                inflater.feed(data)
        return inflater.close()


def _bare(url: httpx.URL) -> httpx.URL:
    """Give an address without its login: that goes into a header, or nowhere."""
    return url.copy_with(userinfo=b"") if b"@" in url.netloc or url.userinfo else url


def _downgrade(here: httpx.URL, there: httpx.URL) -> bool:
    return here.scheme == "https" and there.scheme == "http"
