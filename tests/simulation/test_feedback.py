"""What the mail world answers, all the way to the next mail."""

import pytest

from tests.builders import consenting, happened
from tests.doors.envelopes import ses

DAILY = {
    "daily.yaml": """
        title: Daily
        trigger: { event: Page Viewed }
        entry: { again: always }
        steps: [{ send: mail }]
        """
}
READERS = {
    "readers.yaml": """
        title: Readers
        trigger: { event: Page Viewed }
        steps:
          - send: first
          - wait: 1 day
          - if: journey.messages.first.opened
            then: [{ send: second }]
            else: [{ send: third }]
        """
}


def visit(day):
    return happened("Page Viewed", f"2026-03-{day:02d}T10:00:00Z", "anna")


def feedback(kind, section, told, message, day, minute=5):
    time = f"2026-03-{day:02d}T10:{minute:02d}:00Z"
    mail = {
        "messageId": f"ses-{message}",
        "timestamp": time,
        "destination": ["anna@example.com"],
        "tags": {"message": [message]},
    }
    envelope = ses(kind, {"mail": mail, section: {"timestamp": time, **told}})
    return {**envelope, "id": f"{kind} {message} {time}", "time": time}


def bounce(message, day, kind="Transient", **more):
    return feedback("Email Bounced", "bounce", {"bounceType": kind}, message, day, **more)


@pytest.fixture
def mails_of(play):
    """The ids of the mails that these events lead to, as feedback has to name them."""

    def ids(content, events):
        return [each["id"] for each in play(content, events).outcomes]

    return ids


def test_an_address_that_turned_three_mails_away_gets_no_fourth(play, mails_of):
    events = [*consenting("anna"), *(visit(day) for day in (2, 3, 4, 5))]
    first, second, third, _ = mails_of(DAILY, events)
    turned_away = [bounce(first, 2), bounce(second, 3), bounce(third, 4)]
    played = play(DAILY, events + turned_away)
    assert len(played.sent) == 3
    assert played.dropped == [("anna", "mail", "suppressed")]
    assert played.profile("anna")["suppressed"] == {"reason": "bounced", "at": "2026-03-04T10:05:00Z"}


def test_a_mail_that_arrives_in_between_forgives(play, mails_of):
    events = [*consenting("anna"), *(visit(day) for day in (2, 3, 4, 5, 6))]
    first, second, _, fourth, _ = mails_of(DAILY, events)
    played = play(DAILY, [*events, bounce(first, 2), bounce(second, 3), bounce(fourth, 5)])
    assert len(played.sent) == 5


def test_doubled_notices_of_one_mail_are_one(play, mails_of):
    events = [*consenting("anna"), visit(2), visit(3)]
    first, _ = mails_of(DAILY, events)
    notices = [bounce(first, 2, minute=minute) for minute in (5, 5, 6, 7, 8)]
    assert len(play(DAILY, events + notices).sent) == 2


@pytest.mark.parametrize(
    "kind, section, told",
    [
        ("Email Bounced", "bounce", {"bounceType": "Permanent"}),
        ("Email Complaint Received", "complaint", {"complaintFeedbackType": "abuse"}),
    ],
)
def test_a_hard_bounce_and_a_complaint_suppress_at_once(play, mails_of, kind, section, told):
    events = [*consenting("anna"), visit(2), visit(3)]
    first, _ = mails_of(DAILY, events)
    played = play(DAILY, [*events, feedback(kind, section, told, first, 2)])
    assert (len(played.sent), played.dropped) == (1, [("anna", "mail", "suppressed")])


@pytest.mark.parametrize("kind, section", [("Email Rejected", "reject"), ("Email Rendering Failed", "failure")])
def test_what_was_delivered_was_not_rejected(play, mails_of, kind, section):
    events = [*consenting("anna"), visit(2)]
    (first,) = mails_of(DAILY, events)
    played = play(DAILY, [*events, feedback(kind, section, {}, first, 2)])
    assert (len(played.sent), played.dropped) == (1, [])


@pytest.mark.parametrize(
    "user_agent, next_mail",
    [
        ("Mozilla/5.0", "third"),
        ("Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)", "second"),
        ("YahooMailProxy; https://help.yahoo.com/", "second"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 10_3_3 like Mac OS X) AppleWebKit/603.3.8", "second"),
    ],
    ids=["apple fetches before anybody reads", "gmail when it is read", "yahoo when it is read", "the reader"],
)
def test_who_opened_is_who_read(play, mails_of, user_agent, next_mail):
    events = [*consenting("anna"), visit(2)]
    first = mails_of(READERS, events)[0]
    opened = feedback("Email Opened", "open", {"userAgent": user_agent}, first, 2)
    assert [message for _, message, _ in play(READERS, [*events, opened]).sent] == ["first", next_mail]


def test_a_campaign_may_leave_proxies_out(play, mails_of):
    waits = {
        "waits.yaml": """
            title: Waits
            trigger: { event: Page Viewed }
            steps:
              - send: first
              - wait_for: { event: Email Opened, when: not event.properties.by_proxy, within: 1 day }
                then: [{ send: second }]
            """
    }
    events = [*consenting("anna"), visit(2)]
    first = mails_of(waits, events)[0]
    by_proxy = feedback("Email Opened", "open", {"userAgent": "Mozilla/5.0"}, first, 2)
    by_reader = feedback("Email Opened", "open", {"userAgent": "Mozilla/5.0 (X11) Firefox"}, first, 2, minute=6)
    assert len(play(waits, [*events, by_proxy]).sent) == 1
    assert len(play(waits, [*events, by_proxy, by_reader]).sent) == 2


@pytest.mark.parametrize("kind", ["Email Bounced", "Email Opened", "Email Delivered", "Email Rejected"])
def test_feedback_on_a_message_of_nobody_we_know_does_no_harm(play, kind):
    unknown = feedback(kind, "bounce", {"bounceType": "Transient"}, "0123456789abcdef-nobody", 2)
    played = play(DAILY, [*consenting("anna"), unknown, visit(3)])
    assert (len(played.sent), played.faults, played.refused) == (1, [], [])
