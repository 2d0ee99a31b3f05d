"""``refresh`` sources and ``emit`` outputs, end to end: the only room in which stages meet.

    one poll:     fetch -> sources.<kind>.read -> dedupe -> store              (Poller, Readers)
    one output:   store -> filters -> formats.<format>.render -> publish       (Emitter)

Nobody here knows who calls: ``once``, the daemon, or a worker.
"""

from feeds.pipeline.choosing import Fate, Standing
from feeds.pipeline.emission import Emission, Verdict
from feeds.pipeline.emit import Emitter
from feeds.pipeline.explain import Told, explain
from feeds.pipeline.keeping import Outcome, Result
from feeds.pipeline.look import ask
from feeds.pipeline.places import Places
from feeds.pipeline.plan import Change, Plan, Sign, plan
from feeds.pipeline.readers import Readers, open_readers
from feeds.pipeline.refresh import Poller, hasten

__all__ = (
    "Change",
    "Emission",
    "Emitter",
    "Fate",
    "Outcome",
    "Places",
    "Plan",
    "Poller",
    "Readers",
    "Result",
    "Sign",
    "Standing",
    "Told",
    "Verdict",
    "ask",
    "explain",
    "hasten",
    "open_readers",
    "plan",
)
