"""Dates, schedules and segments as they reach one profile: late, twice, or under a catalogue that has changed."""

from datetime import UTC, date, datetime, timedelta

import pytest

from dampf.domain.occurrences import dates_to_index
from dampf.domain.profile import Told
from dampf.domain.stimulus import DateCame, ScheduleCame
from tests.builders import DAY, HOUR, NOON, catalogue, decided, event, mails, profile, state, timer

BIRTHDAY = "title: T\ntrigger: { date: profile.dates.birthday }\nentry: { again: always }\nsteps: [{ send: mail }]\n"
SCHEDULE = 'title: T\ntrigger: { schedule: "cron(0 9 * * ? *)" }\nentry: { again: always }\nsteps: [{ send: mail }]\n'
NINE = datetime(2026, 3, 2, 8, tzinfo=UTC)
TODAY = date(2026, 3, 2)


def born(day: str = "1990-03-02", **more: str):
    traits = {name: Told(value, NOON - DAY) for name, value in {"birthday": day, **more}.items()}
    return state(traits={**profile().traits, **traits})


def came(day: date = TODAY):
    return DateCame(profile="anna", day=day)


def scheduled(at: datetime = NINE, *, local: bool = False, campaign: str = "T"):
    return ScheduleCame(profile="anna", campaign=campaign, trigger=0, at=at, local=local)


class TestDates:
    def test_the_calendar_comes_ahead_and_the_profiles_own_timer_starts_it(self):
        content = catalogue(BIRTHDAY)
        told = decided(born(), came(), content, now=NINE - 10 * HOUR)
        assert (mails(told), told.state.due_at) == ([], NINE)
        assert mails(decided(told.state, timer(NINE), content)) == [("mail", None)]

    def test_a_calendar_that_comes_late_on_the_day_starts_it_at_once(self):
        assert mails(decided(born(), came(), catalogue(BIRTHDAY), now=NINE + 14 * HOUR)) == [("mail", None)]

    def test_one_that_comes_after_the_day_records_that_it_is_too_late(self):
        decision = decided(born(), came(), catalogue(BIRTHDAY), now=NINE + 16 * HOUR)
        assert (mails(decision), [each.how for each in decision.ended]) == ([], ["too_late"])

    def test_a_timer_that_comes_after_the_day_does_too(self):
        content = catalogue(BIRTHDAY)
        told = decided(born(), came(), content, now=NINE - HOUR)
        late = decided(told.state, timer(NINE), content, now=NINE + DAY)
        assert (mails(late), [each.how for each in late.ended]) == ([], ["too_late"])

    def test_being_told_again_doubles_nothing(self):
        content = catalogue(BIRTHDAY)
        told = decided(decided(born(), came(), content, now=NINE - 2 * HOUR).state, came(), content, now=NINE - HOUR)
        assert len(told.state.occurrences) == 1
        sent = decided(told.state, timer(NINE), content)
        assert mails(decided(sent.state, came(), content, now=NINE + HOUR)) == []

    def test_an_hour_that_was_published_anew_is_the_one_that_counts(self):
        told = decided(born(), came(), catalogue(BIRTHDAY), now=NINE - HOUR)
        later = catalogue(BIRTHDAY.replace("birthday }", "birthday, at: '12:00' }"))
        at_nine = decided(told.state, timer(NINE), later)
        assert (mails(at_nine), at_nine.state.due_at) == ([], NINE + 3 * HOUR)

    def test_a_trigger_that_is_gone_starts_nothing(self):
        told = decided(born(), came(), catalogue(BIRTHDAY), now=NINE - HOUR)
        other = catalogue(BIRTHDAY.replace("{ date: profile.dates.birthday }", "{ event: Cart Viewed }"))
        at_nine = decided(told.state, timer(NINE), other)
        assert (mails(at_nine), at_nine.state.due_at) == ([], None)

    def test_a_birthday_that_was_corrected_comes_on_the_right_day_alone(self):
        content = catalogue(BIRTHDAY)
        told = decided(born(), came(), content, now=NINE - 2 * HOUR)
        right = decided(told.state, event("Form Sent", at=NINE - HOUR, traits={"birthday": "1990-03-03"}), content)
        assert right.state.due_at == NINE + DAY


class TestIndex:
    def test_only_dates_that_campaigns_use_and_that_changed(self):
        content = catalogue(BIRTHDAY)
        before, after = born(wedding="2020-05-05").profile, born("1990-03-03", wedding="2020-06-06").profile
        assert dates_to_index(None, before, content) == {"birthday": TODAY.replace(year=1990)}
        assert dates_to_index(before, after, content) == {"birthday": date(1990, 3, 3)}
        assert dates_to_index(before, before, content) == {}
        assert dates_to_index(before, profile(), content) == {"birthday": None}

    def test_an_instant_is_the_local_day_on_which_it_fell(self):
        content = catalogue(BIRTHDAY.replace("birthday", "registered_at"))
        late = profile(dates={"registered_at": datetime(2026, 3, 1, 23, 30, tzinfo=UTC)})
        assert dates_to_index(None, late, content) == {"registered_at": TODAY}


class TestSchedules:
    @pytest.mark.parametrize("late, is_sent", [(timedelta(0), True), (12 * HOUR, True), (12.01 * HOUR, False)])
    def test_twelve_hours_late_it_still_starts(self, late, is_sent):
        decision = decided(state(), scheduled(), catalogue(SCHEDULE), now=NINE + late)
        assert bool(mails(decision)) is is_sent
        assert [each.how for each in decision.ended] == ["finished" if is_sent else "too_late"]

    def test_of_a_local_one_the_hours_count_from_its_own_hour(self):
        here = datetime(2026, 3, 2, 9)  # noqa: DTZ001 - a local time
        content = catalogue(SCHEDULE.replace("ule: ", "ule: ").replace(" }\nentry", ", local: true }\nentry"))
        early = decided(state(), scheduled(here, local=True), content, now=NINE - 12 * HOUR)
        assert (mails(early), early.state.due_at) == ([], NINE)
        assert mails(decided(early.state, timer(NINE), content, now=NINE + 11 * HOUR)) == [("mail", None)]

    @pytest.mark.parametrize("entry", ["{ again: always }", "{ per: profile.traits.city, again: always }"])
    def test_once_for_each_occurrence_however_often_it_is_told(self, entry):
        content = catalogue(SCHEDULE.replace("{ again: always }", entry))
        first = decided(state(), scheduled(), content, now=NINE)
        assert mails(first) == [("mail", None)]
        assert mails(decided(first.state, scheduled(), content, now=NINE + HOUR)) == []
        assert mails(decided(first.state, scheduled(NINE + DAY), content, now=NINE + DAY)) == [("mail", None)]

    def test_two_at_one_instant_start_together_though_they_are_told_one_after_the_other(self):
        content = catalogue(SCHEDULE, SCHEDULE.replace("title: T", "title: U"))
        first = decided(state(), scheduled(), content, now=NINE)
        second = decided(first.state, scheduled(campaign="U"), content, now=NINE)
        assert mails(first) + mails(second) == []
        assert len(mails(decided(second.state, timer(NINE), content))) == 2


class TestSegments:
    VIP = "vip: profile.traits.city == 'Bonn'\n"
    CAMPAIGN = "title: T\ntrigger: { segment: vip, on: enter }\nentry: { again: always }\nsteps: [{ send: mail }]\n"
    LAPSED = "vip: now - profile.dates.last_seen_at > days(3)\n"

    def test_publishing_a_campaign_moves_nobody(self):
        before = state(traits={**profile().traits, "city": Told("Bonn", NOON - DAY)})
        assert mails(decided(before, event(), catalogue(self.CAMPAIGN, segments=self.VIP))) == []

    def test_nor_does_publishing_another_expression(self):
        first = decided(state(), event(), catalogue(self.CAMPAIGN, segments=self.VIP))
        everybody = catalogue(self.CAMPAIGN, segments="vip: profile.traits.city != 'Ulm' or true\n")
        assert mails(decided(first.state, event(at=NOON + HOUR), everybody)) == []

    def test_who_is_told_of_a_clock_learns_when_it_turns_and_moves_in_silence(self):
        content = catalogue(self.CAMPAIGN, segments=self.LAPSED)
        seen = state(dates={"last_seen_at": NOON - DAY})
        told = decided(seen, came(), content, now=NOON)
        assert (mails(told), told.state.due_at) == ([], NOON + 2 * DAY)
        assert mails(decided(told.state, timer(NOON + 2 * DAY), content)) == [("mail", None)]
        gone = state(dates={"last_seen_at": NOON - 9 * DAY})
        assert mails(decided(gone, came(), content, now=NOON)) == []

    def test_a_clock_that_nobody_watches_any_more_wakes_nobody(self):
        first = decided(state(), event(), catalogue(self.CAMPAIGN, segments=self.LAPSED))
        assert first.state.due_at == NOON + 3 * DAY
        woken = decided(first.state, timer(NOON + 3 * DAY), catalogue())
        assert (woken.state.due_at, woken.state.segments) == (None, {})

    def test_a_date_at_the_end_of_time_is_nothing_to_wait_for(self):
        content = catalogue(self.CAMPAIGN, segments="vip: now - profile.dates.until > days(999999)\n")
        far = state(traits={**profile().traits, "until": Told("8999-12-31", NOON - DAY)})
        assert decided(far, event(), content).state.due_at is None
