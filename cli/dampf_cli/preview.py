"""`dampf preview`: one message as a person would get it, or all on one page; a text message as text too."""

import argparse
import sys
from pathlib import Path
from typing import Final

from dampf.campaigns.catalogue import catalogue_of
from dampf.campaigns.content import Content
from dampf.campaigns.mail import MailRefused
from dampf.campaigns.messages import RenderFailed
from dampf.campaigns.nearest import did_you_mean
from dampf.campaigns.text_message import parts_of
from dampf.domain.profile import Profile
from dampf.use_cases.writing import Writing
from dampf_cli import content_folder, profile_files, text_page
from dampf_cli.errors import CommandError, WrongUse
from dampf_cli.gallery.mails import is_text, sample_writing, shown_mails

GALLERY: Final = Path("gallery.html")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("message", metavar="MESSAGE", nargs="?", help="its name, without .mjml or .txt")
    parser.add_argument("--all", action="store_true", help="every message in every language, on one page")
    parser.add_argument("--content", metavar="DIR", type=Path, default=Path("campaigns"), help="default: campaigns")
    parser.add_argument(
        "--profile", metavar="FILE", type=Path, help="whom it is for, one JSON object (default: a sample)"
    )
    parser.add_argument("--locale", metavar="X", help="the variant, such as de (default: the person's language)")
    parser.add_argument(
        "--out", metavar="FILE", type=Path, help=f"where the HTML goes (default: stdout; with --all {GALLERY})"
    )
    parser.add_argument("--text", action="store_true", help="the plain-text part instead of the HTML")


def main(arguments: argparse.Namespace) -> int:
    if arguments.all == (arguments.message is not None):
        raise WrongUse("preview needs either the name of a MESSAGE or --all")
    if arguments.all and (arguments.profile or arguments.locale or arguments.text):
        raise WrongUse("--all shows every language, for the sample customer: it goes with --content and --out alone")
    content = content_folder.read(arguments.content)
    return _all(content, arguments.out or GALLERY) if arguments.all else _one(content, arguments)


def _all(content: Content, out: Path) -> int:
    from dampf_cli.gallery.page import as_page

    mails = list(shown_mails(content))
    out.write_text(as_page(catalogue_of(content).shop.name, mails), encoding="utf-8")
    print(f"{out}: {len(mails)} messages, {sum(len(mail.samples) for mail in mails)} mails")
    return 0


def _one(content: Content, arguments: argparse.Namespace) -> int:
    name: str = arguments.message
    if name not in content.messages:
        raise WrongUse(f"{arguments.content}: there is no message `{name}`{did_you_mean(name, content.messages)}")
    catalogue = catalogue_of(content)
    profile = _profile(arguments.profile) if arguments.profile else None
    locale: str = arguments.locale or (profile and profile.trait("language")) or catalogue.shop.locale
    writing = sample_writing(content, catalogue, name, locale=locale, profile=profile)
    try:
        if is_text(content, name):
            return _text(writing, arguments)
        rendered, _ = writing.rendered(locale)
    except (RenderFailed, MailRefused) as problem:
        raise CommandError(f"{name}: {problem.reason}") from None
    page = rendered.text if arguments.text else rendered.html
    if arguments.out:
        arguments.out.write_text(page, encoding="utf-8")
        print(f"{arguments.out}: {rendered.subject}")
    else:
        sys.stdout.write(page)
    return 0


def _text(writing: Writing, arguments: argparse.Namespace) -> int:
    """The text itself, and with --out a page that shows it as a telephone would."""
    text, _ = writing.text_message(arguments.locale)
    parts = parts_of(text.text)
    print(text.text)
    if arguments.out:
        arguments.out.write_text(text_page.page_of(text.text, writing.catalogue.shop.name, parts), encoding="utf-8")
    said = "1 part" if parts == 1 else f"{parts} parts"
    print(f"{arguments.message}: {said}, to {text.to}", file=sys.stderr)
    return 0


def _profile(file: Path) -> Profile:
    try:
        return profile_files.read_profile(file.read_text(encoding="utf-8"), str(file))
    except OSError as problem:
        raise WrongUse(f"{file}: {problem.strerror}") from None
