"""Sample mails as the report frames them: whole, without anything that would be fetched, and not too many of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from dampf.campaigns.mail import Mail
from dampf.campaigns.text_message import TextMessage
from dampf_cli.pages.mail_content import with_links_at_rest, without_fetching
from dampf_cli.pages.snapshot import Snapshot

MOST_SAMPLES: Final = 24
LARGEST_SAMPLE: Final = 64 * 1024
"""Characters of one mail; of a longer one the text part is shown."""
ALL_SAMPLES: Final = 640 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """`html` is None for a text message, and where it is too large to be framed."""

    message: str
    title: str
    hue: str
    subject: str
    to: str
    html: str | None
    text: str
    is_text_message: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Samples:
    samples: tuple[Sample, ...] = ()
    left_out: int = 0


def samples_of(seen: Snapshot, mails: Mapping[str, Mail], texts: Mapping[str, TextMessage]) -> Samples:
    """One of each message, campaign by campaign."""
    campaigns = {message.message: message.campaign for message in seen.sent}
    order = sorted((*mails, *texts), key=lambda name: (seen.title(campaigns.get(name, "")).casefold(), name))
    samples: list[Sample] = []
    room = ALL_SAMPLES
    for name in order[:MOST_SAMPLES]:
        campaign = campaigns.get(name, "")
        if name in texts:
            text = texts[name]
            samples.append(
                Sample(
                    message=name,
                    title=seen.title(campaign),
                    hue=seen.hue(campaign),
                    subject=f"Text message {name}",
                    to=text.to,
                    html=None,
                    text=text.text,
                    is_text_message=True,
                )
            )
            continue
        mail = mails[name]
        html = with_links_at_rest(without_fetching(mail.html))
        fits = len(html) <= min(LARGEST_SAMPLE, room)
        room -= len(html) if fits else 0
        samples.append(
            Sample(
                message=name,
                title=seen.title(campaign),
                hue=seen.hue(campaign),
                subject=mail.subject,
                to=mail.to,
                html=html if fits else None,
                text=mail.text[:4_000],
            )
        )
    return Samples(samples=tuple(samples), left_out=max(0, len(order) - MOST_SAMPLES))
