"""Which address shows what. Knows nothing of sockets: an address goes in, a response comes out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Final
from urllib.parse import parse_qs, quote, unquote, urlsplit

from dampf_cli.pages.mail_content import with_links_at_rest
from dampf_cli.pages.mailbox import mail_list, one_click_of, one_mail
from dampf_cli.pages.overview import overview_of
from dampf_cli.pages.people import one_person, person_list
from dampf_cli.pages.rendering import HERE, render, render_plain
from dampf_cli.pages.snapshot import Snapshot
from dampf_cli.pages.window import OnUnsubscribe, Public, UnsubscribeFailed, Window

HTML: Final = "text/html; charset=utf-8"
TEXT: Final = "text/plain; charset=utf-8"

PAGE_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
MAIL_POLICY: Final = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'self'"
)
"""A mail has its own styles and nothing else: no scripts, no forms, no pictures from elsewhere, no origin."""

STATIC: Final = {"/style.css": "text/css; charset=utf-8", "/icon.svg": "image/svg+xml"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Response:
    status: int = 200
    body: bytes = b""
    content_type: str = HTML
    policy: str = PAGE_POLICY
    headers: Mapping[str, str] = field(default_factory=dict)


class Pages:
    def __init__(
        self, window: Window, on_unsubscribe: OnUnsubscribe | None = None, public: Public | None = None
    ) -> None:
        self._window, self._on_unsubscribe = window, on_unsubscribe
        self._here = public.here if public is not None else lambda url: url

    def get(self, target: str) -> Response:
        """Changes nothing."""
        address = urlsplit(target)
        if address.path in STATIC:
            return Response(body=_static(address.path), content_type=STATIC[address.path])
        asked = {name: values[-1] for name, values in parse_qs(address.query).items()}
        seen = Snapshot(self._window)
        match _parts(address.path):
            case []:
                return Response(body=render("overview.html", seen, overview=overview_of(seen)))
            case ["mails"]:
                mails = mail_list(
                    seen,
                    campaign=asked.get("campaign", ""),
                    person=asked.get("person", ""),
                    number=_number(asked.get("page")),
                )
                return Response(body=render("mailbox.html", seen, mails=mails))
            case ["mails", named]:
                return self._mail(seen, named, done=asked.get("unsubscribed") == "1")
            case ["mails", named, "html"]:
                return _mail_itself(seen, named)
            case ["people"]:
                people = person_list(seen, query=asked.get("q", ""), number=_number(asked.get("page")))
                return Response(body=render("people.html", seen, people=people))
            case ["people", profile]:
                person = one_person(seen, profile)
                if person is None:
                    return problem(404, "Nobody here", "There is no person with this id.")
                return Response(body=render("person.html", seen, person=person))
            case _:
                return problem(404, "Nothing here", "There is no such page.")

    def post(self, target: str) -> Response:
        """The one thing that can be done: unsubscribing as the mail program of a mail's reader would."""
        match _parts(urlsplit(target).path):
            case ["mails", named, "unsubscribe"]:
                return self._unsubscribe(Snapshot(self._window), named)
            case _:
                return problem(405, "Only to be looked at", "This page takes no POST.", Allow="GET, HEAD")

    def _mail(self, seen: Snapshot, named: str, *, status: int = 200, done: bool = False, fault: str = "") -> Response:
        found = one_mail(seen, named)
        if found is None:
            return problem(404, "No such mail", "There is no mail with this id.")
        can_unsubscribe = found.one_click is not None and self._on_unsubscribe is not None
        body = render(
            "mail.html",
            seen,
            found=found,
            can_unsubscribe=can_unsubscribe,
            done=done,
            fault=fault,
            here=self._here,
        )
        return Response(status=status, body=body)

    def _unsubscribe(self, seen: Snapshot, named: str) -> Response:
        mail = next((mail for mail in seen.mails if mail.message_id == named), None)
        one_click = one_click_of(mail) if mail is not None else None
        if mail is None or one_click is None or self._on_unsubscribe is None:
            return problem(404, "Nothing to unsubscribe from", "There is no such mail, or it offers no one-click.")
        try:
            self._on_unsubscribe(one_click)
        except UnsubscribeFailed as failure:
            return self._mail(seen, named, status=502, fault=str(failure) or "The request failed.")
        return Response(status=303, headers={"Location": f"/mails/{quote(named, safe='')}?unsubscribed=1"})


def problem(status: int, title: str, detail: str, **headers: str) -> Response:
    body = render_plain("problem.html", title=title, detail=detail)
    return Response(status=status, body=body, headers=headers)


def _mail_itself(seen: Snapshot, named: str) -> Response:
    mail = next((mail for mail in seen.mails if mail.message_id == named), None)
    if mail is None:
        return Response(status=404, body=b"There is no such mail.", content_type=TEXT, policy=MAIL_POLICY)
    return Response(body=with_links_at_rest(mail.html).encode(errors="replace"), policy=MAIL_POLICY)


@cache
def _static(path: str) -> bytes:
    return (HERE / "static" / path.removeprefix("/")).read_bytes()


def _parts(path: str) -> list[str]:
    return [unquote(part) for part in path.split("/") if part]


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 7 else 1
