"""``feeds explain --cadence``: what is expected of a source, when it is polled next, and why then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import datetime
from types import MappingProxyType

from feeds import cadence
from feeds.cadence import Reason, Rhythm
from feeds.cadence.expectation import expected
from feeds.cli.plain import ago, count, span, stamp
from feeds.cli.session import Session, now
from feeds.cli.show import Screen
from feeds.cli.work.loading import chosen, configuration
from feeds.cli.work.opening import opened
from feeds.config.schema import Source
from feeds.memory import SourceState

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
SHADES = "·▁▂▃▄▅▆▇█"
WHY: Mapping[Reason, str] = MappingProxyType(
    {
        Reason.INTERVAL: "the interval in config.yaml",
        Reason.CRON: "the cron expression in config.yaml",
        Reason.FOLDER: "a folder is read again soon",
        Reason.UNKNOWN: "nothing is learned yet",
        Reason.PLANNED: "there the entries expected are worth a request",
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
    for line in told(source, state, rhythm, week, now()):
        screen.line(line)
    return 0


def reason(source: Source, state: SourceState, rhythm: Rhythm | None) -> str | None:
    """Give the word for what decided; None before the first poll."""
    if state.due is None or state.polled is None:
        return None
    if state.failures:
        return "failures"
    if rhythm is not None and rhythm.reason is not None:
        return rhythm.reason.value
    return cadence.choose(source, state.polled, feed=state.feed).reason.value


def told(
    source: Source, state: SourceState, rhythm: Rhythm | None, week: Sequence[float], moment: datetime
) -> list[str]:
    """Say it in lines."""
    asked = f" ({stamp(state.polled)})" if state.polled else ""
    lines = [f"Last poll: {ago(state.polled, moment)}{asked}"]
    why = reason(source, state, rhythm)
    if source.paused:
        lines.append("Next poll: none, it is paused")
    elif state.due is None or why is None:
        lines.append("Next poll: now, it was never polled")
    else:
        cause = f"{count(state.failures, 'failure')} in a row" if why == "failures" else WHY[Reason(why)]
        lines.append(f"Next poll: {ago(state.due, moment)} ({stamp(state.due)}): {cause}")
    if rhythm is None:
        fixed = "" if source.interval == "auto" else ": interval is not auto"
        lines.append(f"Its rhythm is not learned{fixed}")
        return lines
    if rhythm.asked:
        lines.append(f"It asks for: {span(rhythm.asked * cadence.HOUR)} between polls")
    lines.append(f"Expected: {rhythm.rate * 24:.3g} entries a day")
    most = max(week)
    lines.append("     " + "".join(f"{hour:<3}" for hour in range(0, 24, 3)) + " UTC")
    for place, day in enumerate(DAYS):
        cells = week[place * 24 : place * 24 + 24]
        shades = "".join(SHADES[round(value / most * (len(SHADES) - 1))] for value in cells)
        lines.append(f"{day}  {shades}  {sum(cells):.3g}")
    return lines
