"""Run by the clock: poll what is due, publish what changed, keep house, until told to stop.

    async: run(config, store, reload=..., log=...)

``serving`` decides what is to be done by now, ``polling`` and ``publishing`` do it, ``signals`` hears the
operator, ``ticker`` gives the beat. What is due stands in the store, so a restart, a suspended machine or a
clock that jumps makes no poll twice, and none too many.

There are three kinds of time. The wall clock's (``clock``) is for all that is remembered or published. Waits
in here are measured by the event loop's, which does not jump. APScheduler reckons by the wall clock, and
``ticker`` mends that.
"""

from feeds.daemon.serving import run

__all__ = ("run",)
