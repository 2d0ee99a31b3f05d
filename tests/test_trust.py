"""What a server has to say twice: that it moved, that it is gone, that nothing changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from feeds import trust
from feeds.memory import Trust

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
OLD, NEW, OTHER = "https://old.example/", "https://new.example/", "https://other.example/"


def told(*moves: tuple[float, str | None], before: Trust | None = None) -> Trust:
    """Give what is believed after polls at these days that were sent for good to these addresses."""
    state = before or Trust()
    for day, address in moves:
        state = trust.settled(state, OLD, address, NOW + day * DAY)
    return state


def test_a_move_counts_when_it_was_told_three_times_over_three_days() -> None:
    assert trust.address(told((0, NEW), (1, NEW), (2.9, NEW)), OLD) == OLD
    assert trust.address(told((0, NEW), (3.1, NEW)), OLD) == OLD
    moved = told((0, NEW), (1, NEW), (3, NEW))
    assert trust.address(moved, OLD) == NEW
    assert (moved.listed, moved.moving_to) == (OLD, None)


def test_another_target_or_none_begins_anew() -> None:
    assert trust.address(told((0, NEW), (1, OTHER), (2, NEW), (4, NEW)), OLD) == OLD
    assert trust.address(told((0, NEW), (1, NEW), (2, None), (3, NEW), (4, NEW)), OLD) == OLD


def test_another_address_in_config_voids_a_move() -> None:
    moved = told((0, NEW), (1, NEW), (3, NEW))
    assert trust.address(moved, OTHER) == OTHER
    assert trust.settled(moved, OTHER, None, NOW).address is None


def test_a_source_that_is_sent_back_is_asked_where_it_is_listed() -> None:
    moved = told((0, NEW), (1, NEW), (3, NEW))
    back = told((4, OLD), (5, OLD), (7, OLD), before=moved)
    assert trust.address(back, OLD) == OLD


def test_a_new_address_that_fails_leads_back_to_the_listed_one() -> None:
    state = told((0, NEW), (1, NEW), (3, NEW))
    for failures in range(1, 5):
        state = trust.failed(state, NOW, failures=failures, gone=False)
        assert trust.address(state, OLD) == NEW
    assert trust.address(trust.failed(state, NOW, failures=5, gone=False), OLD) == OLD
    gone = trust.failed(state, NOW, failures=1, gone=True)
    assert (trust.address(gone, OLD), gone.ended, gone.gone_since) == (OLD, False, None)


def test_gone_has_to_be_said_over_a_day_and_by_nothing_else() -> None:
    once = trust.failed(Trust(), NOW, failures=1, gone=True)
    assert not trust.failed(once, NOW + 0.9 * DAY, failures=2, gone=True).ended
    assert trust.failed(once, NOW + DAY, failures=2, gone=True).ended
    doubtful = trust.failed(once, NOW + DAY / 2, failures=2, gone=False)
    assert not trust.failed(doubtful, NOW + DAY, failures=3, gone=True).ended
    alive = trust.settled(once, OLD, None, NOW + DAY / 2)
    assert not trust.failed(alive, NOW + DAY, failures=1, gone=True).ended


def whole(state: Trust, now: datetime, *, same_body: bool, same_tag: bool = True) -> Trust:
    return trust.modified(state, now, doubted=True, same_tag=same_tag, same_body=same_body)


def test_not_modified_is_doubted_after_a_week_and_twenty_answers() -> None:
    state = whole(Trust(), NOW, same_body=False, same_tag=False)
    for _ in range(20):
        assert trust.conditional(state, NOW + 8 * DAY)
        state = trust.not_modified(state)
    assert trust.conditional(state, NOW + 6.9 * DAY)
    assert not trust.conditional(state, NOW + 7 * DAY)


def test_what_proved_true_is_believed_for_longer_and_what_proved_false_for_a_day() -> None:
    state = whole(Trust(), NOW, same_body=True)
    assert state.believed == 14
    assert (
        whole(whole(whole(state, NOW, same_body=True), NOW, same_body=True), NOW, same_body=True).believed
        == 28
    )
    assert whole(state, NOW, same_body=False).believed == 1
    assert whole(state, NOW, same_body=False, same_tag=False).believed == 14


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["modified", "unchanged", "gone", "failed"]),
            st.sampled_from([None, OLD, NEW, OTHER]),
            st.floats(0, 5),
        ),
        max_size=30,
    )
)
def test_no_history_moves_a_source_to_where_it_was_not_sent(
    history: list[tuple[str, str | None, float]],
) -> None:
    state, now, failures, seen = Trust(), NOW, 0, {OLD}
    for word, address, days in history:
        now += days * DAY
        if word in {"gone", "failed"}:
            failures += 1
            state = trust.failed(state, now, failures=failures, gone=word == "gone")
        else:
            failures = 0
            step = (
                trust.not_modified(state) if word == "unchanged" else replace(state, whole=now, unchanged=0)
            )
            state = trust.settled(step, OLD, address, now)
            seen.add(address or OLD)
        assert trust.address(state, OLD) in seen
        assert not (state.ended and word != "gone")
