"""The demo's week on the embedded AWS, with every role judged by its policies: outcomes, profiles, and the mails as SES
got them."""

import re
from collections.abc import Sequence
from typing import NamedTuple

import pytest

from dampf_cli.embedded import SentMail
from dampf_cli.sample_week import sample_week
from tests.embedded.engines import DEAD_ENDS, DeployedShop, Happened, Letter, simulate

pytestmark = pytest.mark.emulator

TRANSACTIONAL = {
    "invoice_limit",
    "invoice_settled",
    "newsletter_confirm",
    "order_confirmation",
    "order_delivered",
    "order_shipped",
}


class Week(NamedTuple):
    happened: Happened
    log: str
    letters: list[Letter]


_played: list[Week] = []


@pytest.fixture
def played(quick_start_shop: DeployedShop) -> Week:
    """Once for all tests of this worker."""
    shop = quick_start_shop
    if not _played:
        logged_before = len(shop.log.read_text())
        happened = shop.play(sample_week())
        letters = [letter for queue in DEAD_ENDS for letter in shop.letters(queue)]
        _played.append(Week(happened, shop.log.read_text()[logged_before:], letters))
    return _played[0]


@pytest.fixture
def week(played: Week) -> Happened:
    return played.happened


@pytest.fixture
def mails(week: Happened) -> Sequence[tuple[str, SentMail]]:
    """Each mail with the name of its message."""
    names = {message["id"]: message["message"] for message in week.messages}
    return [(names[mail.tags["message"]], mail) for mail in week.mails]


def test_the_week_has_the_outcomes_and_profiles_of_simulation_under_the_roles_own_policies(
    quick_start_shop: DeployedShop, week: Happened
) -> None:
    simulated = simulate(quick_start_shop.catalogue, sample_week())
    assert week.outcomes == simulated.outcomes
    assert week.profiles == simulated.profiles
    assert len(week.profiles.splitlines()) == 44


def test_no_function_failed_or_was_refused_anything(played: Week) -> None:
    assert played.log == ""
    assert played.letters == []


def test_every_mail_that_counts_as_sent_reached_ses_once(week: Happened) -> None:
    sent = [(each["id"], each["email"], each["subject"]) for each in week.messages if each["outcome"] == "sent"]
    got = [(mail.tags["message"], *mail.recipients, mail.subject) for mail in week.mails]
    assert sorted(got) == sorted(sent)
    assert len(sent) > 80


def test_ses_is_told_the_instant_sender_and_configuration_set(quick_start_shop: DeployedShop, week: Happened) -> None:
    told_at = {message["id"]: message["at"] for message in week.messages}
    for mail in week.mails:
        assert mail.at.strftime("%Y-%m-%dT%H:%M:%SZ") == told_at[mail.tags["message"]]
        assert mail.sender == "Example Tools <hello@shop.example>"
        assert mail.configuration_set == quick_start_shop.local.stack.physical_id("ConfigurationSet")


def test_the_message_id_travels_as_the_only_tag_in_characters_that_ses_takes(week: Happened) -> None:
    assert {tuple(mail.tags) for mail in week.mails} == {("message",)}
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,256}", mail.tags["message"]) for mail in week.mails)


def test_marketing_mail_alone_can_be_unsubscribed_from_with_one_click(
    mails: Sequence[tuple[str, SentMail]],
) -> None:
    assert {name for name, mail in mails if not mail.headers} == TRANSACTIONAL
    for name, mail in mails:
        if name in TRANSACTIONAL:
            assert mail.headers == {}
            continue
        assert set(mail.headers) == {"List-Unsubscribe", "List-Unsubscribe-Post"}
        assert re.fullmatch(r"<https://[^<>\s]+>", mail.headers["List-Unsubscribe"])
        assert mail.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert mail.headers["List-Unsubscribe"].strip("<>") in mail.html.replace("&amp;", "&")


def test_every_mail_has_an_html_and_a_text_part_that_are_rendered_to_the_end(
    mails: Sequence[tuple[str, SentMail]],
) -> None:
    for _, mail in mails:
        assert mail.raw is None
        assert mail.html.lstrip().lower().startswith("<!doctype html")
        assert len(mail.text) > 100
        assert "<" not in mail.text.replace("<https", "")
        for part in (mail.subject, mail.html, mail.text):
            assert part
            assert not re.search(r"\{\{|\}\}|\{%|<mj-", part)


def test_people_are_written_to_in_their_language(mails: Sequence[tuple[str, SentMail]]) -> None:
    by_address = {(mail.recipients[0], name): mail.subject for name, mail in mails}
    german, english = (
        by_address[address, "welcome"] for address in ("anna.schmidt@example.com", "emma.johnson@example.com")
    )
    assert german != english
    assert "willkommen" in german.lower()
    assert "welcome" in english.lower()
