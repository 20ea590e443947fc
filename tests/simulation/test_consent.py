"""Consent by topic, its withdrawal, suppression, and the mails that need neither."""

from typing import ClassVar

import pytest

from tests.builders import consenting, happened, identified, message

AT_ONCE = {
    "campaign.yaml": "title: T\ntrigger: { event: Product Viewed }\nentry: { again: always }\nsteps: [{ send: mail }]\n"
}
RECEIPT = {"campaign.yaml": AT_ONCE["campaign.yaml"].replace("mail", "receipt")}
NEWS = {**AT_ONCE, "messages/mail.mjml": message("News", topic="news")}


def viewed(who="anna", at="2026-03-02T10:00:00Z"):
    return happened("Product Viewed", at, who, product_id="p1")


def told(name, at="2026-03-01T12:00:00Z", who="anna", **properties):
    return happened(name, at, who, **properties)


GRANT, WITHDRAWAL, LEAVE = "Consent Granted", "Consent Withdrawn", "Unsubscribed"


@pytest.mark.parametrize(
    "words, is_sent",
    [
        pytest.param([], False, id="nobody asked"),
        pytest.param([(GRANT, {})], True, id="granted, which means marketing"),
        pytest.param([(GRANT, {"topic": "marketing"})], True, id="granted by name"),
        pytest.param([(GRANT, {"topic": "news"})], False, id="another topic"),
        pytest.param([(GRANT, {}), (WITHDRAWAL, {})], False, id="withdrawn, which means all"),
        pytest.param([(GRANT, {}), (WITHDRAWAL, {"topic": "marketing"})], False, id="withdrawn by name"),
        pytest.param([(GRANT, {}), (WITHDRAWAL, {"topic": "news"})], True, id="another topic withdrawn"),
        pytest.param([(GRANT, {}), (LEAVE, {})], False, id="unsubscribed from all"),
        pytest.param([(GRANT, {}), (LEAVE, {"topic": "news"})], True, id="unsubscribed from another topic"),
        pytest.param([(GRANT, {}), (LEAVE, {}), (GRANT, {})], True, id="granted anew"),
        pytest.param([(LEAVE, {}), (GRANT, {"topic": "news"})], False, id="only another topic granted anew"),
        pytest.param([(GRANT, {}), ("Newsletter Subscribed", {})], True, id="who has granted stays granted"),
    ],
)
def test_marketing_goes_where_its_topic_is_granted(play, words, is_sent):
    events = [told(name, f"2026-03-01T1{place}:00:00Z", **more) for place, (name, more) in enumerate(words)]
    played = play(AT_ONCE, [identified("anna", "2026-03-01T08:00:00Z"), *events, viewed()])
    assert bool(played.sent) is is_sent
    assert played.dropped == ([] if is_sent else [("anna", "mail", "no_consent")])


@pytest.mark.parametrize("topic, is_sent", [("news", True), ("marketing", False)])
def test_a_message_names_its_topic(play, topic, is_sent):
    played = play(NEWS, [identified("anna", "2026-03-01T08:00:00Z"), told(GRANT, topic=topic), viewed()])
    assert bool(played.sent) is is_sent


def test_an_older_grant_does_not_overwrite_a_newer_withdrawal(play):
    late = happened(GRANT, "2026-02-28T08:00:00Z", "anna", arrived="2026-03-02T09:00:00Z")
    played = play(AT_ONCE, [*consenting("anna"), told(LEAVE), late, viewed()])
    assert played.dropped == [("anna", "mail", "no_consent")]


def test_an_older_withdrawal_does_not_overwrite_a_newer_grant(play):
    late = happened(LEAVE, "2026-02-28T08:00:00Z", "anna", arrived="2026-03-02T09:00:00Z")
    assert len(play(AT_ONCE, [*consenting("anna"), late, viewed()]).sent) == 1


@pytest.mark.parametrize(
    "opt_in, events, is_sent",
    [
        ("single", ["Newsletter Subscribed"], True),
        ("double", ["Newsletter Subscribed"], False),
        ("double", ["Newsletter Subscribed", "Subscription Confirmed"], True),
        ("double", ["Consent Granted", "Newsletter Subscribed"], True),
    ],
)
def test_double_opt_in_waits_for_the_confirmation(play, opt_in, events, is_sent):
    words = [told(name, f"2026-03-01T1{place}:00:00Z") for place, name in enumerate(events)]
    played = play(AT_ONCE, [identified("anna", "2026-03-01T08:00:00Z"), *words, viewed()], opt_in=opt_in)
    assert bool(played.sent) is is_sent


def test_where_the_shop_says_nothing_opt_in_is_double(play):
    events = [identified("anna", "2026-03-01T08:00:00Z"), told("Newsletter Subscribed"), viewed()]
    content = {**AT_ONCE, "shop.yaml": "name: S\nsender: s@shop.example\ntimezone: Europe/Berlin\n"}
    assert play(content, events).sent == []


def test_what_a_profile_consents_to_can_be_asked(play):
    content = {
        "campaign.yaml": "title: T\ntrigger: { event: Product Viewed, when: profile.consent.news }\n"
        "steps: [{ send: mail }]\n"
    }
    assert play(content, [*consenting("anna"), viewed()]).sent == []
    assert (
        play(
            content,
            [
                *consenting("anna"),
                told(GRANT, topic="news"),
                told(LEAVE, "2026-03-01T13:00:00Z", topic="news"),
                viewed(),
            ],
        ).sent
        == []
    )
    assert len(play(content, [*consenting("anna"), told(GRANT, topic="news"), viewed()]).sent) == 1


class TestTransactional:
    def test_it_needs_no_consent(self, play):
        assert len(play(RECEIPT, [identified("anna", "2026-03-01T08:00:00Z"), viewed()]).sent) == 1

    def test_it_is_not_stopped_by_an_unsubscription(self, play):
        assert len(play(RECEIPT, [*consenting("anna"), told(LEAVE), viewed()]).sent) == 1

    @pytest.mark.parametrize("name", ["Email Bounced", "Email Marked as Spam"])
    def test_it_is_stopped_by_suppression(self, play, name):
        assert play(RECEIPT, [*consenting("anna"), told(name), viewed()]).dropped == [("anna", "receipt", "suppressed")]

    def test_without_an_address_there_is_nobody_to_send_to(self, play):
        assert play(RECEIPT, [viewed()]).dropped == [("anna", "receipt", "no_address")]


class TestSuppression:
    @pytest.mark.parametrize(
        "properties, is_sent",
        [({}, False), ({"bounce_type": "Permanent"}, False), ({"bounce_type": "Transient"}, True)],
        ids=["permanent by default", "permanent", "transient"],
    )
    def test_a_permanent_bounce_suppresses(self, play, properties, is_sent):
        played = play(AT_ONCE, [*consenting("anna"), told("Email Bounced", **properties), viewed()])
        assert bool(played.sent) is is_sent
        assert played.dropped == ([] if is_sent else [("anna", "mail", "suppressed")])

    def test_a_bounce_is_of_the_address_and_a_new_one_is_free(self, play):
        moved = identified("anna", "2026-03-01T13:00:00Z", email="anna@elsewhere.example")
        assert len(play(AT_ONCE, [*consenting("anna"), told("Email Bounced"), moved, viewed()]).sent) == 1

    def test_a_bounce_of_an_old_address_leaves_the_new_one_alone(self, play):
        moved = identified("anna", "2026-03-01T11:00:00Z", email="anna@elsewhere.example")
        bounce = told("Email Bounced", email="anna@example.com")
        assert len(play(AT_ONCE, [*consenting("anna"), moved, bounce, viewed()]).sent) == 1

    def test_a_complaint_is_of_the_person_whatever_the_address(self, play):
        moved = identified("anna", "2026-03-01T13:00:00Z", email="anna@elsewhere.example")
        played = play(AT_ONCE, [*consenting("anna"), told("Email Marked as Spam"), moved, viewed()])
        assert played.dropped == [("anna", "mail", "suppressed")]

    def test_a_new_consent_does_not_lift_a_complaint(self, play):
        again = told(GRANT, "2026-03-01T13:00:00Z")
        played = play(AT_ONCE, [*consenting("anna"), told("Email Marked as Spam"), again, viewed()])
        assert played.dropped == [("anna", "mail", "suppressed")]


class TestLocale:
    CONTENT: ClassVar = {
        **AT_ONCE,
        "messages/mail.mjml": message("Hello"),
        "messages/mail.de.mjml": message("Hallo"),
        "messages/mail.de-AT.mjml": message("Servus"),
    }

    @pytest.mark.parametrize(
        "language, subject, locale",
        [
            (None, "Hello", "en"),
            ("en-GB", "Hello", "en"),
            ("de", "Hallo", "de"),
            ("de-CH", "Hallo", "de"),
            ("de-AT", "Servus", "de-AT"),
            ("fr", "Hello", "en"),
        ],
    )
    def test_each_reads_their_own_language(self, play, language, subject, locale):
        traits = {"language": language} if language else {}
        played = play(self.CONTENT, [*consenting("anna", **traits), viewed()])
        assert [(each["subject"], each["locale"]) for each in played.outcomes] == [(subject, locale)]

    def test_the_locale_of_an_events_context_is_a_language(self, play):
        view = happened("Product Viewed", "2026-03-02T10:00:00Z", "anna", context={"locale": "de_DE"})
        assert play(self.CONTENT, [*consenting("anna"), view]).subjects == ["Hallo"]
