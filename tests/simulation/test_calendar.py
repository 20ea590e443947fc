"""Dates and schedules, played: on their local day and hour, once."""

import pytest

from dampf.domain.profile import Told
from dampf_cli.agenda import Agenda
from dampf_cli.arrivals import Arrival
from dampf_cli.simulation import Simulation
from tests.builders import DAY, HOUR, NOON, catalogue, consenting, happened, profile, state

BIRTHDAY = """
    title: Birthday
    trigger: { date: profile.dates.birthday, at: "09:00" }
    steps: [{ send: mail }]
    """
EVERY_MONDAY = """
    title: Monday
    trigger: { schedule: "cron(0 9 ? * MON *)", audience: profile.traits.reads }
    steps: [{ send: mail }]
    """
ONCE = """
    title: Once
    trigger: { schedule: "at(2026-03-05T09:00)", local: true, audience: profile.traits.reads }
    steps: [{ send: mail }]
    """
LAST = "2026-06-30T00:00:00Z"


def test_a_birthday_is_greeted_at_nine_where_the_person_lives(play):
    people = [
        *consenting("anna", birthday="1990-03-05", timezone="Pacific/Kiritimati"),
        *consenting("bert", birthday="1990-03-05"),
        *consenting("carl", birthday="1990-03-05", timezone="Etc/GMT+12"),
        *consenting("dora", birthday="1990-03-05", timezone="no such zone"),
    ]
    played = play({"birthday.yaml": BIRTHDAY}, people, until=LAST)
    assert played.sent == [
        ("anna", "mail", "2026-03-04T19:00:00Z"),
        ("bert", "mail", "2026-03-05T08:00:00Z"),
        ("dora", "mail", "2026-03-05T08:00:00Z"),
        ("carl", "mail", "2026-03-05T21:00:00Z"),
    ]


def test_a_birthday_comes_every_year_and_that_of_a_leap_day_too(play):
    played = play({"birthday.yaml": BIRTHDAY}, consenting("anna", birthday="1992-02-29"), until="2029-03-10T00:00:00Z")
    assert [at for _, _, at in played.sent] == [
        "2027-02-28T08:00:00Z",
        "2028-02-29T08:00:00Z",
        "2029-02-28T08:00:00Z",
    ]


def test_a_schedule_goes_to_whom_it_is_for_at_its_instant(play):
    people = [*consenting("anna", reads=True), *consenting("bert", reads=False)]
    played = play({"monday.yaml": EVERY_MONDAY}, people, until="2026-03-20T00:00:00Z")
    mondays = ("2026-03-02T08:00:00Z", "2026-03-09T08:00:00Z", "2026-03-16T08:00:00Z")
    assert played.sent == [("anna", "mail", at) for at in mondays]


@pytest.mark.parametrize(
    "zone, at", [("Asia/Tokyo", "2026-03-05T00:00:00Z"), ("America/New_York", "2026-03-05T14:00:00Z")]
)
def test_a_local_schedule_comes_at_its_hour_where_the_person_lives(play, zone, at):
    played = play({"once.yaml": ONCE}, consenting("anna", reads=True, timezone=zone), until=LAST)
    assert played.sent == [("anna", "mail", at)]


def test_without_an_end_recurring_dates_do_not_keep_a_simulation_going(play):
    played = play({"birthday.yaml": BIRTHDAY}, consenting("anna", birthday="1990-03-20"))
    assert played.sent == []


def test_a_schedule_is_not_made_up_for_what_was_before_the_first_event(play):
    played = play({"once.yaml": ONCE}, consenting("anna", reads=True, at="2026-03-05T12:00:00Z"), until=LAST)
    assert played.sent == []


def test_people_known_beforehand_have_their_birthdays():
    """Nothing of theirs is in the index before the first run."""
    simulation = Simulation(catalogue(BIRTHDAY.replace("    ", "")))
    simulation.begin_with([state("anna", traits={**profile().traits, "birthday": Told("1990-03-03", NOON)})])
    first = Arrival(NOON, 0, happened("Product Viewed", "2026-03-02T12:00:00Z", "bert") | {"id": "1"})
    simulation.play([first], until=NOON + DAY)
    assert [message.profile for message in simulation.store.messages.values()] == ["anna"]


def test_a_shop_with_neither_runs_no_calendar():
    agenda = Agenda(catalogue("title: plain\ntrigger: { event: Product Viewed }\nsteps: [{ send: mail }]"))
    agenda.begin(NOON)
    assert (agenda.next_at(), agenda.is_first) == (None, False)


def test_days_without_a_match_are_behind_before_anything_changes():
    agenda = Agenda(catalogue(BIRTHDAY.replace("    ", "")))
    agenda.begin(NOON)
    assert agenda.next_with_match(NOON + DAY, lambda: nobody) == NOON
    agenda.ran(NOON)
    assert agenda.next_with_match(NOON + HOUR, lambda: nobody) is None
    begins = NOON - 2 * HOUR
    assert agenda.next_with_match(NOON + 5 * DAY, lambda: nobody) == begins + 5 * DAY
    assert agenda.next_with_match(NOON + 5 * DAY, lambda: on_the_fifth) == begins + 2 * DAY


def nobody(name, base):
    return False


def on_the_fifth(name, base):
    return base == "03-05"
