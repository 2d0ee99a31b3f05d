"""``feeds explain --cadence``: what is expected of a source, when it is polled next, and why then."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import datetime
from types import MappingProxyType

from feeds import cadence
from feeds.cadence import Pace, Reason, Rhythm
from feeds.cadence.expectation import expected
from feeds.cli.plain import ago, count, span, stamp
from feeds.cli.session import Session, now
from feeds.cli.show import Screen
from feeds.cli.work.loading import chosen, configuration
from feeds.cli.work.opening import opened
from feeds.config.schema import Config, Source
from feeds.memory import SourceState
from feeds.pipeline.pacing import host_of

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
SHADES = "·▁▂▃▄▅▆▇█"
OFTEN = 1.5
"""Five minutes of the hour with so many times their share of the entries are named."""
WHY: Mapping[Reason, str] = MappingProxyType(
    {
        Reason.INTERVAL: "the interval in config.yaml",
        Reason.CRON: "the cron expression in config.yaml",
        Reason.FOLDER: "a folder is read again soon",
        Reason.UNKNOWN: "nothing is learned yet",
        Reason.PLANNED: "by then the waiting of the entries expected is worth a request",
        Reason.WINDOW: "later, entries could leave its document unseen",
        Reason.MIN_INTERVAL: "min_interval in config.yaml",
        Reason.MAX_INTERVAL: "max_interval in config.yaml",
        Reason.TTL: "the feed asks for it (ttl)",
        Reason.UPDATE_PERIOD: "the feed asks for it (sy:updatePeriod)",
        Reason.FRESH: "the server asks for it (Cache-Control or Expires)",
        Reason.RETRY_AFTER: "the server asks for it (Retry-After)",
        Reason.SKIP: "the feed asks for it (skipHours or skipDays)",
    }
)


def explain(session: Session, name: str, *, as_json: bool) -> int:
    """Show the cadence of one source."""
    config = configuration(session)
    (source,) = chosen(config, [name])
    with closing(opened(config)) as store:
        state = store.states([name]).get(name) or SourceState(name=name)
        pace = store.pace()
    rhythm = cadence.decode(state.rhythm) if source.interval == "auto" else None
    week = expected(rhythm, rhythm.at).week if rhythm else ()
    screen = Screen(session)
    if as_json:
        screen.document(
            {
                "name": name,
                "polled": state.polled,
                "due": state.due,
                "reason": reason(source, state, rhythm),
                "failures": state.failures,
                "asked": rhythm.asked * 3600 if rhythm else None,
                "entries_a_day": rhythm.rate * 24 if rhythm else None,
                "window": rhythm.window or None if rhythm else None,
                "price": pace.price if pace else None,
                "expected": [round(value, 6) for value in week],
            }
        )
        return 0
    for line in (*told(source, state, rhythm, now()), *expectations(config, source, rhythm, pace)):
        screen.line(line)
    return 0


def reason(source: Source, state: SourceState, rhythm: Rhythm | None) -> str | None:
    """Give the word for what decided; None before the first poll."""
    if state.due is None or state.polled is None:
        return None
    if state.trust.ended:
        return "gone"
    if state.failures:
        return "failures"
    if rhythm is not None and rhythm.reason is not None:
        return rhythm.reason.value
    return cadence.choose(source, state.polled, feed=state.feed).reason.value


def told(source: Source, state: SourceState, rhythm: Rhythm | None, moment: datetime) -> list[str]:
    """Say in lines when it was polled, when it is next, and why then."""
    asked = f" ({stamp(state.polled)})" if state.polled else ""
    lines = [f"Last poll: {ago(state.polled, moment)}{asked}"]
    why = reason(source, state, rhythm)
    if source.paused:
        lines.append("Next poll: none, it is paused")
    elif why == "gone":
        lines.append("Next poll: none, its server says that it is gone (410)")
    elif state.due is None or why is None:
        lines.append("Next poll: now, it was never polled")
    else:
        cause = (
            f"after {count(state.failures, 'failure')} in a row" if why == "failures" else WHY[Reason(why)]
        )
        when = ago(state.due, moment) if state.due > moment else f"now, it was due {ago(state.due, moment)}"
        lines.append(f"Next poll: {when} ({stamp(state.due)}): {cause}")
    if rhythm is not None and rhythm.asked:
        lines.append(f"It asks for: {span(rhythm.asked * cadence.HOUR)} between polls")
    return lines


def expectations(config: Config, source: Source, rhythm: Rhythm | None, pace: Pace | None) -> Iterator[str]:
    """Say in lines what is expected of a source, and what a request has to be worth."""
    if rhythm is None:
        fixed = "" if source.interval == "auto" else ": interval is not auto"
        yield f"Its rhythm is not learned{fixed}"
        return
    if rhythm.window:
        wait = span(cadence.filled(rhythm) * cadence.HOUR)
        size = count(rhythm.window, "entry")
        yield f"Its document holds {size}; none leaves it unseen if it is polled within {wait}"
    if pace is not None:
        yield worth(config, source, pace)
    foreseen = expected(rhythm, rhythm.at)
    week, most = foreseen.week, max(foreseen.week)
    yield f"Expected: {rhythm.rate * 24:.3g} entries a day, by hour (UTC) and day:"
    yield "     " + "".join(f"{hour:<3}" for hour in range(0, 24, 3))
    for place, day in enumerate(DAYS):
        cells = week[place * 24 : place * 24 + 24]
        shades = "".join(SHADES[round(value / most * (len(SHADES) - 1))] for value in cells)
        yield f"{day}  {shades}  {sum(cells):.3g}"
    if foreseen.parts is not None:
        each = 60 // len(foreseen.parts)
        often = [place * each for place, part in enumerate(foreseen.parts) if part > OFTEN]
        minutes = ", ".join(f":{minute:02} to :{minute + each - 1:02}" for minute in often)
        yield f"Within an hour, mostly at {minutes}"


def worth(config: Config, source: Source, pace: Pace) -> str:
    """Say what a request to a source has to be worth."""
    budget = config.fetch.budget
    spent = f"{budget.requests:g} requests " + ("an hour for all" if budget.total else "a source and day")
    host = pace.hosts.get(host_of(source), 1.0)
    dearer = f", {host:.2g} times as much as elsewhere because its host throttles us" if host > 1.0 else ""
    price = span(pace.price * host * cadence.HOUR)
    return f"A request has to be worth {price} of an entry's waiting (budget: {spent}{dearer})"
