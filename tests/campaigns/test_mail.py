"""What SES gets: nobody smuggles a header in, and marketing always offers the way out."""

from email.message import EmailMessage
from email.policy import default as policy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dampf.campaigns.mail import Mail, MailRefused, compose, sender_from
from dampf.campaigns.messages import Rendered

RENDERED = Rendered(subject="Grüße", html="<p>Hi</p>", text="Hi\n", preheader="")
UNSUBSCRIBE = "https://pages.example/u?t=abc"


def mail(**changes: object) -> Mail:
    given = {"to": "ada@shop.example", "sender": "Example Tools <hello@shop.example>", "tags": {"message": "m-1"}}
    return compose(RENDERED, **{**given, "unsubscribe_url": UNSUBSCRIBE, **changes})  # type: ignore[arg-type]


def test_marketing_unsubscribes_with_one_click() -> None:
    assert mail().headers == (
        ("List-Unsubscribe", f"<{UNSUBSCRIBE}>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
    )


def test_a_transactional_mail_has_no_list_headers() -> None:
    assert mail(transactional=True, unsubscribe_url=None).headers == ()


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "http://pages.example/u",
        "https://pages.example/u\r\nBcc: x",
        "https://a.example/>,<https://b.example",
        "mailto:u@shop.example",
        "https://pages.example/ü",
        "https://pages.example/" + "x" * 900,
    ],
)
def test_marketing_without_a_proper_way_out_is_refused(url: str | None) -> None:
    with pytest.raises(MailRefused, match="unsubscribe"):
        mail(unsubscribe_url=url)


@pytest.mark.parametrize(
    "written, header",
    [
        ("hello@shop.example", "hello@shop.example"),
        ("Example Tools <hello@shop.example>", "Example Tools <hello@shop.example>"),
        ("Nuts, Bolts & Co. <hello@shop.example>", '"Nuts, Bolts & Co." <hello@shop.example>'),
        ('"Nuts, Bolts" <hello@shop.example>', '"Nuts, Bolts" <hello@shop.example>'),
        ("Müller <hello@müller.example>", "=?utf-8?q?M=C3=BCller?= <hello@xn--mller-kva.example>"),
        (" <hello@shop.example> ", "hello@shop.example"),
    ],
)
def test_a_sender_is_written_as_headers_bear_it(written: str, header: str) -> None:
    assert sender_from(written) == header


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ada",
        "ada@",
        "@shop.example",
        "ada@shop",
        "a b@shop.example",
        "ada@shop.example, eve@shop.example",
        "Ada <ada@shop.example>",
        "ada@shop.example\r\nBcc: eve@shop.example",
        "ada@-shop.example",
        "äda@shop.example",
        ".ada@shop.example",
        "ada@" + "x" * 70 + ".example",
        "ada@..example",
        "ada@shop.example\0",
    ],
)
def test_what_is_no_single_address_is_refused(address: str) -> None:
    with pytest.raises(MailRefused):
        mail(to=address)


@pytest.mark.parametrize("sender", ["x", "A <a@b", "A <a@shop.example> x", "A\r\nBcc: x <a@shop.example>", "A <>"])
def test_what_is_no_sender_is_refused(sender: str) -> None:
    with pytest.raises(MailRefused):
        mail(sender=sender)


@pytest.mark.parametrize("tags", [{"message": "a b"}, {"mes.sage": "a"}, {"message": ""}, {"message": "x" * 257}])
def test_tags_are_what_ses_accepts(tags: dict[str, str]) -> None:
    with pytest.raises(MailRefused, match="tag"):
        mail(tags=tags)


@pytest.mark.parametrize("field", ["to", "sender", "subject", "headers"])
@pytest.mark.parametrize("control", ["\r", "\n", "\0", "\x85", "\u2028"])
def test_no_header_holds_a_line_break(field: str, control: str) -> None:
    parts = {"to": "a@shop.example", "sender": "a@shop.example", "subject": "x", "html": "", "text": ""}
    bad: object = (("X-Shop", f"a{control}b"),) if field == "headers" else f"a{control}b"
    with pytest.raises(MailRefused, match="line break"):
        Mail(**{**parts, field: bad})  # type: ignore[arg-type]


def test_a_mail_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        mail().tags["message"] = "other"  # type: ignore[index]


@given(name=st.text(max_size=30))
def test_any_name_is_refused_or_survives_the_mail(name: str) -> None:
    try:
        header = sender_from(f"{name} <hello@shop.example>")
    except MailRefused:
        return
    assert header.isascii()
    parsed = EmailMessage(policy=policy)
    parsed["From"] = header
    assert [address.addr_spec for address in parsed["From"].addresses] == ["hello@shop.example"]
