"""The calendar and the audiences: who is told of a date or a schedule, when, and what it costs."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from itertools import count
from typing import Any

import pytest

from dampf.domain.commit import Commit
from dampf.domain.profile import Told
from dampf.domain.state import State
from dampf.domain.stimulus import DateCame, ScheduleCame
from dampf.stores.memory import InMemory
from dampf.stores.memory_calendar import MemoryAudienceTasks
from dampf.stores.memory_products import MemoryProducts
from dampf.stores.memory_queues import MemoryMailbox
from dampf.stores.memory_recommendations import MemoryRecommendations
from dampf.use_cases.audience import PATIENCE, ReachAudience, TaskCame
from dampf.use_cases.calendar import IN_REAL_TIME, ON_VIRTUAL_CLOCK, KeepCalendar, Mark, Pace, next_run
from tests.builders import DAY, HOUR, MINUTE, NOON, catalogue, event, profile, state
from tests.use_cases.worlds import World

BIRTHDAY = """
title: birthday
trigger: { date: profile.dates.birthday }
steps: [{ send: mail }]
"""
REMINDER = """
title: reminder
trigger: { date: profile.dates.birthday, offset: -7 days }
steps: [{ send: mail }]
"""
NEWSLETTER = """
title: newsletter
trigger: { schedule: "cron(0 9 * * ? *)", audience: profile.traits.reads }
steps: [{ send: mail }]
"""
LOCAL = """
title: local
trigger: { schedule: "at(2026-03-05T09:00)", local: true, audience: profile.traits.reads }
steps: [{ send: mail }]
"""
LAPSED = """
title: lapsed
trigger: { segment: lapsed, on: enter }
steps: [{ send: mail }]
"""
SEGMENTS = "lapsed: now - profile.dates.last_order_at > days(90)\n"
BEGINS = datetime(2026, 3, 2, 10, tzinfo=UTC)
"""When the third of March begins anywhere on earth."""


class Failed(Exception):
    """What a test lets happen."""


class Shop:
    """A calendar and audiences over stores in memory."""

    def __init__(self, *campaigns: str, pace: Pace = ON_VIRTUAL_CLOCK, **content: Any) -> None:
        self.content = catalogue(*campaigns, **content)
        self.store, self.mailbox, self.tasks = InMemory(), MemoryMailbox(), MemoryAudienceTasks()
        self.calendar = KeepCalendar(
            calendar=self.store,
            people=self.store,
            mailbox=self.mailbox,
            tasks=self.tasks,
            catalogue=lambda: self.content,
            pace=pace,
        )
        self.audience = ReachAudience(
            people=self.store,
            interests=self.store,
            profiles=self.store,
            products=MemoryProducts(),
            recommendations=MemoryRecommendations(),
            mailbox=self.mailbox,
            tasks=self.tasks,
            catalogue=lambda: self.content,
        )

    def born(self, who: str, day: date) -> None:
        told = {"birthday": Told(day.isoformat(), NOON)}
        self.store.commit(
            [Commit(profile=who, state=state(who, traits=told), read_version=0, dates={"birthday": day})], now=NOON
        )

    def run(self, now: datetime) -> list[Any]:
        """What lies in the mailboxes after it."""
        self.mailbox.stimuli.clear()
        self.calendar(now=now)
        return list(self.mailbox.stimuli)

    def reach(self, now: datetime = NOON) -> list[Any]:
        self.mailbox.stimuli.clear()
        while self.tasks.tasks:
            self.audience([TaskCame("t", self.tasks.tasks.popleft())], now=now)
        return list(self.mailbox.stimuli)


def came(who: str, day: str) -> DateCame:
    return DateCame(profile=who, day=date.fromisoformat(day))


@pytest.fixture
def shop() -> Shop:
    """Yesterday the calendar ran for the first time."""
    shop = Shop(BIRTHDAY)
    shop.run(BEGINS - DAY)
    shop.tasks.tasks.clear()
    return shop


# --- dates ------------------------------------------------------------------------------------------------------------


def test_a_day_is_told_once_as_soon_as_it_has_begun_anywhere(shop):
    shop.born("anna", date(1990, 3, 3))
    shop.born("bert", date(1990, 3, 4))
    assert shop.run(BEGINS - MINUTE) == []
    assert shop.run(BEGINS) == [came("anna", "2026-03-03")]
    assert shop.run(BEGINS + MINUTE) == []


def test_the_first_run_tells_of_every_day_that_has_not_ended_everywhere():
    shop = Shop(BIRTHDAY)
    for day in range(1, 6):
        shop.born(f"born{day}", date(1990, 3, day))
    told = shop.run(BEGINS + HOUR)
    assert [(each.profile, each.day.day) for each in told] == [("born1", 1), ("born2", 2), ("born3", 3)]


def test_a_run_that_comes_late_tells_of_every_day_since(shop):
    for day in range(1, 9):
        shop.born(f"born{day}", date(1990, 3, day))
    told = shop.run(BEGINS + 4 * DAY)
    assert [each.profile for each in told] == ["born3", "born4", "born5", "born6", "born7"]


def test_a_person_is_told_of_a_day_once_whatever_falls_on_it():
    shop = Shop(BIRTHDAY, REMINDER, BIRTHDAY.replace("title: birthday", "title: again"))
    shop.run(BEGINS - DAY)
    shop.born("anna", date(1990, 3, 3))
    shop.born("bert", date(1990, 3, 10))
    assert shop.run(BEGINS) == [came("anna", "2026-03-03"), came("bert", "2026-03-03")]


def test_the_29th_of_february_is_asked_for_on_the_28th_of_common_years():
    shop = Shop(BIRTHDAY)
    shop.run(datetime(2026, 2, 26, 10, tzinfo=UTC))
    shop.born("anna", date(1992, 2, 29))
    assert shop.run(datetime(2026, 2, 27, 10, tzinfo=UTC)) == [came("anna", "2026-02-28")]
    assert shop.run(datetime(2026, 2, 28, 10, tzinfo=UTC)) == []


def test_a_new_campaign_has_its_own_days_though_another_is_ahead(shop):
    shop.born("anna", date(1990, 3, 10))
    shop.run(BEGINS)
    shop.content = catalogue(BIRTHDAY, REMINDER)
    assert shop.run(BEGINS + MINUTE) == [came("anna", "2026-03-03")]


class Refusing(MemoryMailbox):
    def put(self, stimuli: Sequence[Any]) -> tuple[int, ...]:
        super().put(stimuli)
        return (0,)


def test_what_a_mailbox_did_not_take_is_done_again(shop):
    shop.born("anna", date(1990, 3, 3))
    mailbox, shop.mailbox = shop.mailbox, Refusing()
    failing = KeepCalendar(
        calendar=shop.store,
        people=shop.store,
        mailbox=shop.mailbox,
        tasks=shop.tasks,
        catalogue=lambda: shop.content,
    )
    with pytest.raises(Exception, match="2026-03-03"):
        failing(now=BEGINS)
    shop.mailbox = mailbox
    assert shop.run(BEGINS + 15 * MINUTE) == [came("anna", "2026-03-03")]


# --- dates and segments that are new ----------------------------------------------------------------------------------


def test_a_date_that_no_campaign_used_before_is_told_to_everybody_who_has_one():
    shop = Shop(BIRTHDAY)
    shop.store.put_state(state("anna", traits={"birthday": Told("1990-08-01", NOON)}))
    shop.store.put_state(state("bert"))
    shop.run(BEGINS)
    assert shop.reach() == [came("anna", "2026-03-03")]
    shop.run(BEGINS + DAY)
    assert shop.reach() == []
    shop.content = catalogue(BIRTHDAY, REMINDER)
    shop.run(BEGINS + 2 * DAY)
    assert shop.reach() == [], "birthdays are known"


def test_who_is_told_gets_into_the_index():
    content = catalogue(BIRTHDAY)
    world = World(content, state("anna", traits={"birthday": Told("1990-08-01", NOON)}))
    assert list(world.store.with_date("birthday", "08-01")) == []
    world.evaluate(came("anna", "2026-03-03"), now=BEGINS)
    assert list(world.store.with_date("birthday", "08-01")) == ["anna"]


def test_a_segment_that_a_clock_moves_is_told_to_everybody_who_has_its_date():
    shop = Shop(LAPSED, segments=SEGMENTS)
    shop.store.put_state(state("anna", dates={"last_order_at": NOON}))
    shop.store.put_state(state("bert"))
    shop.run(NOON)
    assert [each.profile for each in shop.reach()] == ["anna"]
    shop.run(NOON + DAY)
    assert shop.reach() == []
    shop.content = catalogue(LAPSED, segments=SEGMENTS.replace("90", "60"))
    shop.run(NOON + DAY)
    assert [each.profile for each in shop.reach()] == ["anna"], "it moves at another time now"


# --- schedules --------------------------------------------------------------------------------------------------------

NINE = datetime(2026, 3, 3, 8, tzinfo=UTC)
"""In Berlin."""


def test_a_schedule_reaches_its_audience_once_when_its_instant_has_come():
    shop = Shop(NEWSLETTER)
    for who, reads in (("anna", True), ("bert", False), ("carl", None)):
        shop.store.put_state(state(who, traits={} if reads is None else {"reads": Told(reads, NOON)}))
    shop.run(NINE - HOUR)
    assert shop.reach() == []
    shop.run(NINE)
    assert shop.reach() == [ScheduleCame(profile="anna", campaign="newsletter", trigger=0, at=NINE)]
    shop.run(NINE + MINUTE)
    assert shop.reach() == []


def test_a_schedule_that_was_missed_is_made_up_for():
    shop = Shop(NEWSLETTER)
    shop.store.put_state(state("anna", traits={"reads": Told(True, NOON)}))
    shop.run(NINE - HOUR)
    shop.run(NINE + 2 * DAY + HOUR)
    assert [each.at for each in shop.reach()] == [NINE, NINE + DAY, NINE + 2 * DAY]


@pytest.mark.parametrize("late, comes", [(14, True), (16, False)])
def test_a_campaign_published_between_two_runs_looks_back_as_far_as_the_first(late, comes):
    shop = Shop(NEWSLETTER, pace=IN_REAL_TIME)
    shop.store.put_state(state("anna", traits={"reads": Told(True, NOON)}))
    shop.run(NINE + late * MINUTE)
    assert bool(shop.reach()) is comes


def test_a_local_schedule_comes_when_its_hour_has_come_anywhere():
    shop = Shop(LOCAL)
    shop.store.put_state(state("anna", traits={"reads": Told(True, NOON)}))
    anywhere = datetime(2026, 3, 4, 19, tzinfo=UTC)
    shop.run(anywhere - MINUTE)
    assert shop.reach() == []
    shop.run(anywhere)
    [told] = shop.reach()
    assert (told.at, told.local) == (datetime(2026, 3, 5, 9), True)  # noqa: DTZ001  a local time


def test_a_local_schedule_published_on_its_day_comes_wherever_its_hour_is_still_to_come():
    shop = Shop(LOCAL)
    for who, zone in (("anna", "Europe/Berlin"), ("bert", "Asia/Tokyo"), ("carl", "America/New_York")):
        told = {"reads": Told(True, NOON), "timezone": Told(zone, NOON)}
        shop.store.put_state(state(who, traits=told))
    shop.run(datetime(2026, 3, 5, 8, tzinfo=UTC))
    assert [each.profile for each in shop.reach()] == ["anna", "carl"]


def test_a_campaign_that_left_and_comes_back_makes_up_for_nothing():
    shop = Shop(NEWSLETTER)
    shop.store.put_state(state("anna", traits={"reads": Told(True, NOON)}))
    shop.run(NINE)
    shop.reach()
    there, shop.content = shop.content, catalogue(BIRTHDAY)
    shop.run(NINE + HOUR)
    shop.content = there
    shop.run(NINE + 3 * DAY + HOUR)
    assert shop.reach() == []


def test_an_audience_that_fails_for_somebody_leaves_them_out_and_nobody_else():
    shop = Shop(NEWSLETTER.replace("profile.traits.reads", "profile.traits.reads > 3"))
    shop.store.put_state(state("anna", traits={"reads": Told("many", NOON)}))
    shop.store.put_state(state("bert", traits={"reads": Told(4, NOON)}))
    shop.run(NINE)
    done = shop.audience([TaskCame("t", shop.tasks.tasks.popleft())], now=NINE)
    assert [fault.campaign for fault in done.faults] == ["newsletter"]
    assert [each.profile for each in shop.mailbox.stimuli] == ["bert"]


def test_an_audience_may_ask_for_history_and_segments():
    asks = "history('Product Viewed', within=days(7)) | length > 0 and in_segment('readers')"
    shop = Shop(NEWSLETTER.replace("profile.traits.reads", f'"{asks}"'), segments="readers: profile.traits.reads\n")
    for who, reads, viewed in (("anna", True, True), ("bert", True, False), ("carl", False, True)):
        views = (event("Product Viewed", at=NOON, id=who),) if viewed else ()
        told = State(profile=profile(who, traits={"reads": Told(reads, NOON)}))
        shop.store.commit([Commit(profile=who, state=told, read_version=0, events=views)], now=NOON)
    shop.run(NINE)
    assert [each.profile for each in shop.reach(NINE)] == ["anna"]


def test_a_campaign_that_nobody_knows_is_waited_for_and_then_left():
    shop = Shop(NEWSLETTER)
    shop.run(NINE)
    task = shop.tasks.tasks.popleft()
    shop.content = catalogue(BIRTHDAY)
    assert shop.audience([TaskCame("t", task)], now=NINE).retry == {"t": 2}
    assert shop.audience([TaskCame("t", task, PATIENCE)], now=NINE).retry == {}


# --- dying ------------------------------------------------------------------------------------------------------------


class Dying:
    """Passes calls on until one of them is the last: before it is done, or right after."""

    def __init__(self, inner: Any, *, dies: Callable[[], str | None]) -> None:
        self._inner, self._dies = inner, dies

    def put(self, *arguments: Any, **named: Any) -> Any:
        how = self._dies()
        if how == "before":
            raise Failed
        answer = self._inner.put(*arguments, **named)
        if how == "after":
            raise Failed
        return answer


@pytest.mark.parametrize(
    "people, deaths",
    [
        pytest.param(2_000, {3: "before", 7: "after", 12: "after", 20: "before", 31: "after", 40: "before"}, id="2000"),
        pytest.param(
            200_000,
            dict(zip(range(203, 4000, 411), ["before", "after"] * 5, strict=True)),
            id="200000",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_an_audience_is_reached_exactly_once_though_its_function_dies_again_and_again(
    people: int, deaths: dict[int, str]
) -> None:
    """`deaths` are of calls: right after the next page was asked for too, which doubles what is left."""
    content = catalogue(NEWSLETTER.replace("profile.traits.reads", "profile.traits.email"))
    world = World(content)
    for number in range(people):
        world.store.put_state(state(f"p{number}"))
    tasks, calls = MemoryAudienceTasks(), count(1)

    def dies() -> str | None:
        return deaths.get(next(calls))

    audience = ReachAudience(
        people=world.store,
        interests=world.store,
        profiles=world.store,
        products=MemoryProducts(),
        recommendations=MemoryRecommendations(),
        mailbox=Dying(world.mailbox, dies=dies),
        tasks=Dying(tasks, dies=dies),
        catalogue=lambda: content,
    )
    KeepCalendar(
        calendar=world.store, people=world.store, mailbox=world.mailbox, tasks=tasks, catalogue=lambda: content
    )(now=NINE)
    died = told = 0
    while tasks.tasks:
        task = tasks.tasks.popleft()
        done = audience([TaskCame("t", task)], now=NINE)
        if done.retry:
            died += 1
            tasks.tasks.append(task)
        told += len(world.mailbox.stimuli)
        while world.mailbox.stimuli:
            world.evaluate(world.mailbox.stimuli.popleft(), now=NINE)
    assert died == len(deaths)
    assert told > people, "somebody was told twice, or this proves nothing"
    everybody = sorted(f"p{number}" for number in range(people))
    assert sorted(message.profile for message in world.store.messages.values()) == everybody
    assert sorted(outgoing.profile for outgoing in world.outboxes.marketing) == everybody


# --- the next run -----------------------------------------------------------------------------------------------------


def test_the_next_run_is_the_next_schedule_or_the_next_day():
    content = catalogue(BIRTHDAY, NEWSLETTER, LOCAL)
    far = NOON + 100 * DAY
    assert next_run(content, after=BEGINS, until=far) == NINE
    assert next_run(content, after=NINE, until=far) == BEGINS + DAY
    assert next_run(catalogue(LOCAL), after=BEGINS, until=far) == datetime(2026, 3, 4, 19, tzinfo=UTC)
    assert next_run(catalogue(LOCAL), after=NOON + 3 * DAY, until=far) is None


def test_days_on_which_nobody_has_a_date_are_left_out():
    def somebody(name: str, base: str) -> bool:
        return (name, base) == ("birthday", "05-01")

    content = catalogue(REMINDER)
    begins = datetime(2026, 4, 23, 10, tzinfo=UTC)
    assert next_run(content, after=BEGINS, until=begins, has_match=somebody) == begins
    assert next_run(content, after=BEGINS, until=begins - MINUTE, has_match=somebody) is None


@pytest.mark.parametrize(
    "mark", [Mark(), Mark(date(2026, 3, 3), None, ("date a,b",)), Mark(None, NOON)], ids=["empty", "dates", "schedule"]
)
def test_a_mark_is_read_as_it_was_written(mark):
    assert Mark.parse(mark.text()) == mark


def test_a_shop_without_dates_and_schedules_marks_nothing():
    shop = Shop("title: plain\ntrigger: { event: Product Viewed }\nsteps: [{ send: mail }]\n")
    assert shop.run(NOON) == []
    assert shop.store.marks() == {}
