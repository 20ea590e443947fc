"""`sms`: the same as `send` through the channel of text messages, to a number instead of an address."""

import pytest

from dampf_cli.report.page import looked_at
from dampf_cli.report.window import SimulatedWindow
from tests.builders import happened, identified, message

CAMPAIGN = "trigger: { event: Product Viewed }\nentry: { again: always }\nsteps: [{ sms: text }]\n"
TEXT = "Hello {{ profile.traits.first_name }}, yours: {{ event.properties.name }}\n"
CONTENT = {"campaign.yaml": CAMPAIGN, "messages/text.txt": TEXT}
NUMBER = "+4915112345678"
AT = "2026-03-02T10:00:00Z"


def anna(topic="sms", phone=NUMBER, **traits):
    return [
        identified("anna", "2026-03-01T08:00:00Z", phone=phone, first_name="Anna", **traits),
        *([happened("Consent Granted", "2026-03-01T08:00:00Z", "anna", topic=topic)] if topic else []),
    ]


def viewed(at=AT, **more):
    return happened("Product Viewed", at, "anna", product_id="p1", name="Drill & Bit", **more)


def texts(played):
    return [(text.to, text.text) for text in played.simulation.texter.texts.values()]


def lines(played):
    return [(each["message"], each["outcome"], each["reason"], each["at"]) for each in played.outcomes]


def test_a_text_message_goes_to_the_number_and_nothing_in_it_is_escaped(play):
    played = play(CONTENT, [*anna(), viewed()])
    assert texts(played) == [(NUMBER, "Hello Anna, yours: Drill & Bit")]
    assert played.simulation.mailer.sent == 0


def test_its_line_names_channel_and_number_and_has_no_subject(play):
    line = play(CONTENT, [*anna(), viewed()]).outcomes[0]
    told = {key: line[key] for key in ("channel", "phone", "email", "subject", "locale", "outcome")}
    assert told == {
        "channel": "sms",
        "phone": NUMBER,
        "email": "anna@example.com",
        "subject": None,
        "locale": "en",
        "outcome": "sent",
    }


def test_a_mails_line_has_the_channel_email_and_no_number(play):
    content = {"campaign.yaml": CAMPAIGN.replace("sms: text", "send: mail")}
    line = play(content, [*anna("marketing"), viewed()]).outcomes[0]
    assert (line["channel"], line["phone"]) == ("email", None)


def test_the_topic_of_text_messages_is_sms(play):
    """Who granted mails has not granted text messages."""
    assert lines(play(CONTENT, [*anna("marketing"), viewed()])) == [("text", "dropped", "no_consent", AT)]


def test_a_text_message_may_belong_to_another_topic(play):
    content = {**CONTENT, "messages/text.txt": "---\ntopic: marketing\n---\nHello"}
    assert lines(play(content, [*anna("marketing"), viewed()])) == [("text", "sent", None, AT)]


def test_a_transactional_text_message_needs_no_consent(play):
    content = {**CONTENT, "messages/text.txt": "---\nclass: transactional\n---\nYour parcel"}
    assert lines(play(content, [*anna(None), viewed()])) == [("text", "sent", None, AT)]


@pytest.mark.parametrize("phone", ["0151 12345678", "call me", "+49", 15112345678])
def test_who_has_no_international_number_gets_no_text_message(play, phone):
    assert lines(play(CONTENT, [*anna(phone=phone), viewed()])) == [("text", "dropped", "no_address", AT)]


def test_an_address_that_bounced_stops_mails_and_no_text_messages(play):
    content = {**CONTENT, "campaign.yaml": CAMPAIGN.replace("{ sms: text }", "{ sms: text }, { send: mail }")}
    consent = happened("Consent Granted", "2026-03-01T08:00:00Z", "anna", topic="marketing")
    bounce = happened("Email Bounced", "2026-03-01T09:00:00Z", "anna", bounce_type="Permanent")
    assert lines(play(content, [*anna(), consent, bounce, viewed()])) == [
        ("text", "sent", None, AT),
        ("mail", "dropped", "suppressed", AT),
    ]


def test_who_complained_of_a_mail_is_left_alone_altogether(play):
    complaint = happened("Email Marked as Spam", "2026-03-01T09:00:00Z", "anna")
    assert lines(play(CONTENT, [*anna(), complaint, viewed()])) == [("text", "dropped", "suppressed", AT)]


def test_unsubscribing_from_everything_stops_text_messages_too(play):
    stop = happened("Unsubscribed", "2026-03-01T09:00:00Z", "anna")
    assert lines(play(CONTENT, [*anna(), stop, viewed()])) == [("text", "dropped", "no_consent", AT)]


def test_mails_and_text_messages_share_the_caps(play):
    content = {**CONTENT, "campaign.yaml": CAMPAIGN.replace("{ sms: text }", "{ send: mail }, { sms: text }")}
    consent = happened("Consent Granted", "2026-03-01T08:00:00Z", "anna", topic="marketing")
    played = play(content, [*anna(), consent, viewed()], caps={"per_day": 1})
    assert lines(played) == [("mail", "sent", None, AT), ("text", "sent", None, "2026-03-02T23:00:00Z")]


def test_a_text_message_waits_for_the_end_of_quiet_hours(play):
    played = play(CONTENT, [*anna(), viewed("2026-03-02T21:00:00Z")], quiet_hours={"from": "21:00", "to": "08:00"})
    assert lines(played) == [("text", "sent", None, "2026-03-03T07:00:00Z")]


def test_who_is_held_out_gets_no_text_message(play):
    content = {**CONTENT, "campaign.yaml": f"holdout: 100%\n{CAMPAIGN}"}
    assert lines(play(content, [*anna(), viewed()])) == [("text", "held_out", None, AT)]


def test_a_held_text_message_is_dropped_by_an_exit(play):
    content = {**CONTENT, "campaign.yaml": f"exit: {{ event: Order Completed }}\n{CAMPAIGN}"}
    order = happened("Order Completed", "2026-03-02T22:00:00Z", "anna", order_id="o1", total=1, products=[])
    quiet = {"from": "21:00", "to": "08:00"}
    played = play(content, [*anna(), viewed("2026-03-02T21:00:00Z"), order], quiet_hours=quiet)
    assert lines(played) == [("text", "dropped", "journey_closed", "2026-03-02T22:00:00Z")]


def test_everybody_reads_it_in_their_language(play):
    content = {**CONTENT, "messages/text.de.txt": "Hallo {{ profile.traits.first_name }}"}
    assert texts(play(content, [*anna(language="de"), viewed()])) == [(NUMBER, "Hallo Anna")]


def test_a_text_that_grows_beyond_ten_parts_is_not_sent_and_ends_the_journey(play):
    content = {
        **CONTENT,
        "campaign.yaml": CAMPAIGN.replace(
            "{ sms: text }", "{ sms: text }, { wait: 1 hour }, { set: { went_on: true } }"
        ),
        "messages/text.txt": "{{ event.properties.long }}",
    }
    played = play(content, [*anna(), viewed(long="x" * 1531)])
    assert lines(played) == [("text", "dropped", "render_error", AT)]
    assert "went_on" not in played.profile("anna")["traits"]


def test_a_partial_may_end_every_text(play):
    content = {
        **CONTENT,
        "messages/text.txt": "Hi\n{% include '_end.txt' %}",
        "messages/_end.txt": "Stop: {{ shop.name }}",
    }
    assert texts(play(content, [*anna(), viewed()])) == [(NUMBER, "Hi\nStop: Example Tools")]


def test_the_links_of_mails_may_stand_in_a_text(play):
    content = {**CONTENT, "messages/text.txt": "{{ unsubscribe_url }} {{ preferences_url }}"}
    ((_, text),) = texts(play(content, [*anna(), viewed()]))
    assert [link.partition("?")[0] for link in text.split()] == [
        "https://shop.example/unsubscribe",
        "https://shop.example/preferences",
    ]


def test_nothing_says_of_a_text_that_it_was_delivered(play):
    """Delivery receipts are not read, so what waits for one waits in vain, in both engines."""
    steps = (
        "[{ sms: text }, { wait_for: { event: Email Delivered, within: 1 hour }, then: [{ set: { heard: true } }] }]"
    )
    played = play({**CONTENT, "campaign.yaml": CAMPAIGN.replace("[{ sms: text }]", steps)}, [*anna(), viewed()])
    assert "heard" not in played.profile("anna")["traits"]


def test_a_journey_sends_the_message_as_it_is_published_when_it_is_sent(play):
    """The step only names it: that `text` became a mail meanwhile harms no journey."""
    content = {
        "campaign.yaml": CAMPAIGN.replace("sms: text", "send: text"),
        "messages/text.mjml": message("Now a mail"),
    }
    assert play(content, [*anna("marketing"), viewed()]).subjects == ["Now a mail"]


def test_the_report_shows_a_sample_of_the_text(play):
    played = play(CONTENT, [*anna(), viewed()])
    seen = looked_at(played.simulation)
    assert [each.message for each in seen.sent] == ["text"]
    assert SimulatedWindow(played.simulation).mails() == ()
