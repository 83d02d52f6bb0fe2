"""What is owed is carried out until it is done, alone or together, and nothing holds back the rest."""

import threading
from collections import Counter
from collections.abc import Mapping, Sequence

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from badges import outbox
from badges.db import transaction
from badges.outbox import Bulk, OutboxMessage, Owed
from tests.conftest import StillClock


def owe(session: Session, clock: StillClock, *names: str, topic: str = "test.done") -> None:
    with transaction(session):
        outbox.publish_many(session, clock, topic=topic, owed=[Owed(name, {"name": name}) for name in names])


def messages(session: Session) -> dict[str, OutboxMessage]:
    session.rollback()
    session.expire_all()
    return {row.payload["name"]: row for row in session.scalars(select(OutboxMessage))}


class Listener:
    """Notes what it was asked to do together; refuses some names, always or in company."""

    def __init__(self, *poison: str) -> None:
        self.calls: list[list[str]] = []
        self.poison = set(poison)

    def __call__(self, payloads: Sequence[Mapping[str, str]]) -> None:
        names = [payload["name"] for payload in payloads]
        self.calls.append(names)
        if self.poison & set(names):
            raise ValueError(names)

    @property
    def done(self) -> Counter[str]:
        return Counter(name for call in self.calls if not self.poison & set(call) for name in call)


def test_many_are_owed_at_once_and_the_same_key_twice_is_one(session: Session, clock: StillClock) -> None:
    owe(session, clock, "a", "b")
    owe(session, clock, "b", "c")
    owe(session, clock)
    assert sorted(messages(session)) == ["a", "b", "c"]


def test_a_bulk_handler_gets_messages_of_its_topic_together_oldest_first(
    session: Session, sessions: sessionmaker[Session], clock: StillClock
) -> None:
    owe(session, clock, "a", "b")
    owe(session, clock, "elsewhere", topic="test.other")
    owe(session, clock, "c", "d", "e")
    listener, other = Listener(), Listener()
    handlers: outbox.Handlers = {
        "test.done": Bulk(listener, most=4),
        "test.other": lambda payload: other([payload]),
    }
    assert outbox.relay_once(sessions, clock, handlers) == 4
    assert outbox.drain(sessions, clock, handlers) == 2
    assert listener.calls == [["a", "b", "c", "d"], ["e"]]
    assert other.calls == [["elsewhere"]]
    assert all(row.done_at == clock.now() and row.attempts == 1 for row in messages(session).values())


def test_a_bad_message_holds_back_none_of_those_beside_it(
    session: Session, sessions: sessionmaker[Session], clock: StillClock
) -> None:
    owe(session, clock, "a", "poison", "b", "c")
    listener = Listener("poison")
    handlers: outbox.Handlers = {"test.done": Bulk(listener)}
    assert outbox.drain(sessions, clock, handlers) == 4
    assert listener.calls == [["a", "poison", "b", "c"], ["a"], ["poison"], ["b"], ["c"]]
    rows = messages(session)
    assert {name for name, row in rows.items() if row.done_at} == {"a", "b", "c"}
    assert rows["poison"].last_error == "ValueError: "
    assert rows["poison"].due_at == clock.now() + outbox.BACKOFF


def test_a_message_that_failed_goes_alone_at_its_own_pace(
    session: Session, sessions: sessionmaker[Session], clock: StillClock
) -> None:
    owe(session, clock, "a", "poison")
    listener = Listener("poison")
    handlers: outbox.Handlers = {"test.done": Bulk(listener)}
    outbox.drain(sessions, clock, handlers)
    waits = []
    for _ in range(3):
        owe(session, clock, *(f"new {len(waits)}.{number}" for number in range(3)))
        clock.forward(seconds=(messages(session)["poison"].due_at - clock.now()).total_seconds())
        listener.calls.clear()
        outbox.drain(sessions, clock, handlers)
        assert sorted(map(len, listener.calls)) == [1, 3]
        waits.append(messages(session)["poison"].due_at - clock.now())
    assert waits == [outbox.BACKOFF * factor for factor in (2, 4, 8)]
    listener.poison.clear()
    clock.forward(hours=1)
    outbox.drain(sessions, clock, handlers)
    assert all(row.done_at for row in messages(session).values())


def test_what_somebody_took_and_never_finished_is_taken_again_after_the_lease_and_soon_alone(
    session: Session, sessions: sessionmaker[Session], clock: StillClock
) -> None:
    class PulledPlug(BaseException):
        """What is no Exception ends the process."""

    def pulled(payloads: Sequence[Mapping[str, str]]) -> None:
        sizes.append(len(payloads))
        raise PulledPlug

    owe(session, clock, "a", "b", "c")
    sizes: list[int] = []
    handlers: outbox.Handlers = {"test.done": Bulk(pulled)}
    for _ in range(3):
        with pytest.raises(PulledPlug):
            outbox.relay_once(sessions, clock, handlers)
        assert outbox.relay_once(sessions, clock, handlers) == 0, "leased to whoever took it"
        clock.forward(seconds=outbox.LEASE.total_seconds() + 1)
    with pytest.raises(PulledPlug):
        outbox.relay_once(sessions, clock, handlers)
    assert sizes == [3, 3, 3, 1], "one message that ends its process cannot take the others along for ever"
    listener = Listener()
    clock.forward(hours=1)
    outbox.drain(sessions, clock, {"test.done": Bulk(listener)})
    assert listener.done == Counter("abc")


def test_relays_at_once_never_take_the_same_message(
    session: Session, sessions: sessionmaker[Session], clock: StillClock
) -> None:
    names = [f"{number:03}" for number in range(120)]
    owe(session, clock, *names)
    listener, barrier = Listener(), threading.Barrier(4)

    def relay() -> None:
        barrier.wait()
        outbox.drain(sessions, clock, {"test.done": Bulk(listener, most=7)})

    threads = [threading.Thread(target=relay) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert listener.done == Counter(names)


def test_a_relay_may_keep_to_some_topics(
    session: Session, sessions: sessionmaker[Session], clock: StillClock
) -> None:
    owe(session, clock, "a")
    owe(session, clock, "b", topic="test.other")
    listener = Listener()
    handlers: outbox.Handlers = {"test.done": Bulk(listener), "test.other": Bulk(listener)}
    assert outbox.drain(sessions, clock, handlers, topics=["test.other"]) == 1
    assert listener.done == Counter("b")
    assert outbox.drain(sessions, clock, handlers) == 1


def test_a_topic_that_nobody_knows_is_put_off_and_not_forgotten(
    session: Session, sessions: sessionmaker[Session], clock: StillClock
) -> None:
    owe(session, clock, "a")
    assert outbox.drain(sessions, clock, {}) == 1
    row = messages(session)["a"]
    assert (row.done_at, row.last_error) == (None, "KeyError: ")


def test_many_are_cancelled_at_once_but_for_what_was_taken(
    session: Session, sessions: sessionmaker[Session], clock: StillClock
) -> None:
    owe(session, clock, "taken")
    outbox.relay_once(sessions, clock, {"test.done": Bulk(Listener())})
    names = [f"{number:04}" for number in range(1203)]
    owe(session, clock, *names)
    with transaction(session):
        assert outbox.cancel_many(session, topic="test.done", keys=[*names, "taken", "never"]) == 1203
    assert session.scalar(select(func.count()).select_from(OutboxMessage)) == 1
