"""`dampf preview`: one message as a person would get it, as a page to open in a browser; a text message as text too."""

import argparse
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from dampf.campaigns.catalogue import catalogue_of
from dampf.campaigns.content import BASE_LOCALE
from dampf.campaigns.mail import MailRefused
from dampf.campaigns.messages import RenderFailed
from dampf.campaigns.nearest import did_you_mean
from dampf.campaigns.text_message import parts_of
from dampf.domain.campaign import SMS
from dampf.domain.event import Event
from dampf.domain.message import Message
from dampf.domain.profile import Profile
from dampf.use_cases.writing import Writing
from dampf_cli import content_folder, profile_files, text_page
from dampf_cli.errors import CommandError, WrongUse

SAMPLE: Final = Path(__file__).with_name("sample_profile.json")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("message", metavar="MESSAGE", help="its name, without .mjml or .txt")
    parser.add_argument("--content", metavar="DIR", type=Path, default=Path("campaigns"), help="default: campaigns")
    parser.add_argument(
        "--profile", metavar="FILE", type=Path, help="whom it is for, one JSON object (default: a sample)"
    )
    parser.add_argument("--locale", metavar="X", help="the variant, such as de (default: the person's language)")
    parser.add_argument("--out", metavar="FILE", type=Path, help="where the HTML goes (default: stdout)")
    parser.add_argument("--text", action="store_true", help="the plain-text part instead of the HTML")


def main(arguments: argparse.Namespace) -> int:
    content = content_folder.read(arguments.content)
    if arguments.message not in content.messages:
        near = did_you_mean(arguments.message, content.messages)
        raise WrongUse(f"{arguments.content}: there is no message `{arguments.message}`{near}")
    file = arguments.profile or SAMPLE
    try:
        profile = profile_files.read_profile(file.read_text(encoding="utf-8"), str(file))
    except OSError as problem:
        raise WrongUse(f"{file}: {problem.strerror}") from None
    is_text = content.messages[arguments.message][BASE_LOCALE].get("channel") == SMS
    writing = Writing(
        message=message_for(profile, arguments.message),
        profile=profile,
        journey=None,
        event=sample_event(profile),
        catalogue=catalogue_of(content),
        now=datetime.now(UTC),
        links_url=None,
        history=lambda name, within=None: [],
    )
    try:
        if is_text:
            return show_text(writing, arguments)
        rendered, _ = writing.rendered(arguments.locale)
    except (RenderFailed, MailRefused) as problem:
        raise CommandError(f"{arguments.message}: {problem.reason}") from None
    page = rendered.text if arguments.text else rendered.html
    if arguments.out:
        arguments.out.write_text(page, encoding="utf-8")
        print(f"{arguments.out}: {rendered.subject}")
    else:
        sys.stdout.write(page)
    return 0


def show_text(writing: Writing, arguments: argparse.Namespace) -> int:
    """The text itself, and with --out a page that shows it as a telephone would."""
    text, _ = writing.text_message(arguments.locale)
    parts = parts_of(text.text)
    print(text.text)
    if arguments.out:
        arguments.out.write_text(text_page.page_of(text.text, writing.catalogue.shop.name, parts), encoding="utf-8")
    said = "1 part" if parts == 1 else f"{parts} parts"
    print(f"{arguments.message}: {said}, to {text.to}", file=sys.stderr)
    return 0


def message_for(profile: Profile, name: str) -> Message:
    now = datetime.now(UTC)
    return Message(
        id=f"{profile.id}-preview",
        profile=profile.id,
        campaign="preview",
        version="preview",
        journey="preview",
        step="preview",
        message=name,
        transactional=False,
        topic="marketing",
        requested_at=now,
        key="",
        entered_at=now,
    )


def sample_event(profile: Profile) -> Event:
    """An order, which messages mostly confirm, of the cart's products or else of those bought."""
    cart = profile.cart.cart
    products: list[dict[str, Any]] = [dict(item) for item in cart.items]
    products = products or [{"product_id": each.product_id, "name": each.name} for each in profile.purchased]
    at = datetime.now(UTC) - timedelta(minutes=5)
    total = float(cart.value)
    properties = {"order_id": "10042", "total": total, "subtotal": total, "currency": "EUR", "products": products}
    return Event(source="preview", id="1", name="Order Completed", at=at, arrived_at=at, properties=properties)
