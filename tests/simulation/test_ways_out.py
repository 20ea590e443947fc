"""The way out of marketing mail is in the mail; transactional mail, which needs no consent, offers none."""

import pytest

from tests.builders import consenting, happened, message

CAMPAIGN = "title: T\ntrigger: { event: Product Viewed }\nsteps: [{ send: mail }]\n"


@pytest.mark.parametrize("kind, is_offered", [("marketing", True), ("transactional", False)])
def test_only_marketing_offers_a_way_out(play, kind, is_offered):
    written = message("Out: {{ unsubscribe_url }}", **{"class": kind})
    viewed = happened("Product Viewed", "2026-03-02T10:00:00Z", "anna", product_id="p1")
    played = play({"campaign.yaml": CAMPAIGN, "messages/mail.mjml": written}, [*consenting("anna"), viewed])
    assert [subject.startswith("Out: http") for subject in played.subjects] == [is_offered]
