"""Message templates: values are escaped wherever they land, undefined names vanish, mistakes have their line."""

from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dampf.campaigns.messages import (
    FrontMatter,
    MessageSource,
    RenderFailed,
    Template,
    choose_locale,
    compile_message,
    trial,
)
from dampf.campaigns.partials import MessageError
from dampf.campaigns.plain_text import plain_text

NOW = datetime(2026, 6, 1, 21, 30, tzinfo=UTC)
CARD = """{% macro card(item) %}
<mj-image src="{{ item.image_url }}" alt="{{ item.name }}" href="{{ item.url }}" />
<mj-text>{{ item.name }} at {{ shop.name }}: {{ item.price | round(2) }} EUR</mj-text>
{% endmacro %}"""
FOOTER = """<mj-section><mj-column><mj-text>
{{ shop.postal_address }}<br/><a href="{{ unsubscribe_url }}">Unsubscribe</a>
</mj-text></mj-column></mj-section>"""
PARTIALS = {"_card.mjml": CARD, "_footer.mjml": FOOTER}
CART_REMINDER = """<mjml>
<mj-head><mj-title>{{ shop.name }}</mj-title><mj-style>.quiet { color: #888 }</mj-style></mj-head>
<mj-body>
{% from '_card.mjml' import card %}
<mj-section><mj-column>
<mj-text><h1>Hello {{ profile.traits.first_name or 'there' }},</h1><p>your cart is waiting &amp; warm.</p></mj-text>
{% for item in profile.cart.items %}{{ card(item) }}{% endfor %}
{% if voucher %}
<mj-text>Code <b>{{ voucher.code }}</b>, until {{ (voucher.expires_at | local).day }}.</mj-text>{% endif %}
<mj-button href="{{ shop.url }}/cart?a=1&amp;b=2">To the cart</mj-button>
<mj-table><tr><th>Item</th><th>Price</th></tr><tr><td>Drill</td><td>9.90</td></tr></mj-table>
<mj-text><ul><li>one</li><li>two <a href="https://shop.example/two">here</a>.</li></ul></mj-text>
</mj-column></mj-section>
{% include '_footer.mjml' %}
</mj-body>
</mjml>"""
SCOPE: dict[str, Any] = {
    "now": NOW,
    "zone": ZoneInfo("Europe/Berlin"),
    "shop": {"name": "Nuts & Bolts", "url": "https://shop.example", "postal_address": "Musterweg 1, 10115 Berlin"},
    "profile": {
        "traits": {"first_name": "Ada"},
        "cart": {
            "items": [
                {
                    "name": "Drill <XL>",
                    "price": 19.9,
                    "url": "https://shop.example/drill?a=1&b=2",
                    "image_url": "https://shop.example/drill.png",
                }
            ]
        },
    },
    "voucher": {"code": "BACK-7", "expires_at": NOW},
    "unsubscribe_url": "https://pages.example/u?t=abc",
}


def message(body: str, *, subject: str = "Hello", preheader: str | None = None, **partials: str) -> Template:
    front = FrontMatter(subject=subject, preheader=preheader)
    files = PARTIALS | {f"{name}.mjml": text for name, text in partials.items()}
    return compile_message(MessageSource(name="m", front=front, body=body, body_line=5), files)


def mjml(content: str) -> str:
    return f"<mjml><mj-body><mj-section><mj-column>{content}</mj-column></mj-section></mj-body></mjml>"


def test_a_message_becomes_subject_html_and_text() -> None:
    rendered = message(CART_REMINDER, subject="{{ profile.traits.first_name }}, still & keen?").render(SCOPE)
    assert rendered.subject == "Ada, still & keen?"
    assert "Drill &lt;XL&gt; at Nuts &amp; Bolts: 19.90 EUR" in rendered.html
    assert rendered.html.startswith("<!doctype html>")
    assert "<mj" not in rendered.html
    assert (
        rendered.text
        == """\
Hello Ada,

your cart is waiting & warm.

Drill <XL> (https://shop.example/drill?a=1&b=2)

Drill <XL> at Nuts & Bolts: 19.90 EUR

Code BACK-7, until 1.

To the cart: https://shop.example/cart?a=1&b=2

Item  Price
Drill  9.90

- one
- two here (https://shop.example/two).

Musterweg 1, 10115 Berlin
Unsubscribe (https://pages.example/u?t=abc)
"""
    )


def test_undefined_names_print_as_nothing() -> None:
    rendered = message(CART_REMINDER, subject="Hi {{ profile.traits.first_name }}").render({})
    assert rendered.subject == "Hi"
    assert "Hello there," in rendered.html
    assert "None" not in rendered.html
    assert trial(message(CART_REMINDER)) is None


@pytest.mark.parametrize("nothing", [None, float("nan")])
def test_null_prints_as_nothing(nothing: object) -> None:
    scope = {"profile": {"traits": {"x": nothing, "all": [nothing]}}, "voucher": None}
    body = mjml("<mj-text>[{{ profile.traits.x }}{{ voucher }}{{ profile.traits.x ~ '' }}]</mj-text>")
    assert "[]" in message(body).render(scope).html


def test_what_a_message_needs_is_known_when_it_is_compiled() -> None:
    template = message(CART_REMINDER, subject="{{ event.name }}", preheader="{{ recommendations(3) | length }}")
    assert template.names == {"profile", "shop", "voucher", "unsubscribe_url", "event", "recommendations"}
    assert {"profile.cart.items", "shop.postal_address", "voucher.code"} <= template.paths


def test_the_text_of_the_html_says_the_same_as_that_of_the_mjml() -> None:
    rendered = message(CART_REMINDER, preheader="hidden").render(SCOPE)
    words = plain_text(rendered.html).replace("(", "").replace(")", "").replace(":", "").split()
    assert words == rendered.text.replace("(", "").replace(")", "").replace(":", "").split()


# --- preheader ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("head", ["", "<mj-head/>", "<mj-head><mj-title>T</mj-title></mj-head>"])
def test_a_preheader_goes_into_the_mail_escaped_and_stays_out_of_the_text(head: str) -> None:
    body = mjml("<mj-text>Body</mj-text>").replace("<mjml>", f"<mjml>{head}")
    rendered = message(body, preheader="Tips & {{ profile.traits.first_name }}").render(
        {"profile": {"traits": {"first_name": "</div><script>"}}}
    )
    assert "Tips &amp; &lt;/div&gt;&lt;script&gt;</div>" in rendered.html
    assert rendered.preheader == "Tips & </div><script>"
    assert rendered.text == "Body\n"


def test_the_bodys_own_preview_wins() -> None:
    body = mjml("<mj-text>Body</mj-text>").replace("<mjml>", "<mjml><mj-head><mj-preview>Own</mj-preview></mj-head>")
    html = message(body, preheader="Other").render({}).html
    assert "Own" in html
    assert "Other" not in html


# --- hostile values -----------------------------------------------------------------------------------------------


class Elements(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs


EVERYWHERE = message(
    mjml(
        '<mj-text css-class="{{ profile.x }}">{{ profile.x }}<a href="https://a.example/?q={{ profile.x | urlencode }}"'
        ' title="{{ profile.x }}">x</a></mj-text><mj-image src="https://a.example/i.png" alt="{{ profile.x }}"/>'
        '<mj-button href="https://a.example/{{ profile.x }}">{{ profile.x }}</mj-button>'
        "<mj-raw><p>{{ profile.x }}</p></mj-raw><mj-table><tr><td>{{ profile.x }}</td></tr></mj-table>"
    ),
    subject="{{ profile.x }}",
    preheader="{{ profile.x }}!",
)
HARMLESS = Elements(EVERYWHERE.render({"profile": {"x": "harmless"}}).html)
NASTY = st.text(alphabet=st.sampled_from("<>\"'&;=/ {}%#!-[]a\n\r\t\0\x0b\x1b\x85\u2028\ud800é"), max_size=30)


@settings(max_examples=200)
@given(text=NASTY | st.text(max_size=20))
def test_no_value_adds_an_element_an_attribute_or_a_header(text: str) -> None:
    rendered = EVERYWHERE.render({"profile": {"x": text}})
    found = Elements(rendered.html)
    assert found.tags == HARMLESS.tags
    assert [name for name, _ in found.attributes] == [name for name, _ in HARMLESS.attributes]
    assert not set(rendered.subject) & set("\r\n\0\x0b\x85\u2028")
    rendered.html.encode()
    rendered.text.encode()


@pytest.mark.parametrize(
    "text",
    ["</mj-text><mj-raw><script>x</script></mj-raw>", "{{ 7 * 7 }}", "{% include '_footer.mjml' %}", "]]>", "-->"],
)
def test_a_value_is_never_read_as_template_or_markup(text: str) -> None:
    rendered = EVERYWHERE.render({"profile": {"x": text}})
    assert Elements(rendered.html).tags == HARMLESS.tags
    assert "49" not in rendered.subject
    assert text in rendered.text


def test_line_breaks_never_reach_the_subject() -> None:
    scope = {"profile": {"traits": {"first_name": "Ada\r\nBcc: everyone@shop.example\u2028x"}}}
    rendered = message(mjml(""), subject="Hi {{ profile.traits.first_name }}\n").render(scope)
    assert rendered.subject == "Hi Ada Bcc: everyone@shop.example x"


@pytest.mark.parametrize(
    "url, is_refused",
    [
        ("javascript:alert(1)", True),
        (" JaVa\tScRiPt\n:alert(1)", True),
        ("\x01javascript:alert(1)", True),
        ("vbscript:x", True),
        ("data:text/html,<script>", True),
        ("data:image/svg+xml,<svg onload=x>", True),
        ("data:image/png;base64,AAAA", False),
        ("https://shop.example/javascript:1", False),
        ("mailto:a@b.example", False),
        ("/relative", False),
        ("", False),
    ],
)
@pytest.mark.parametrize(
    "content",
    [
        '<mj-button href="{{ event.properties.url }}">Go</mj-button>',
        '<mj-text><a href="{{ event.properties.url }}">Go</a></mj-text>',
        '<mj-image src="{{ event.properties.url }}" alt="Data: more" />',
        '<mj-navbar base-url="{{ event.properties.url }}"><mj-navbar-link href="/x">x</mj-navbar-link></mj-navbar>',
    ],
)
def test_links_that_run_code_are_refused(content: str, url: str, is_refused: bool) -> None:
    template, scope = message(mjml(content)), {"event": {"properties": {"url": url}}}
    if is_refused:
        with pytest.raises(RenderFailed, match="a link starts with"):
            template.render(scope)
    else:
        template.render(scope)


# --- faults -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content, reason",
    [
        ("<mj-text>a < b</mj-text>", "invalid MJML"),
        ("<mj-text>a", "invalid MJML"),
        ("<mj-text>{{ 'a' * 10 ** 9 }}</mj-text>", "too long"),
        (
            "{% set ns = namespace(x='ab') %}{% for i in range(99) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
            "too long",
        ),
        ("{% set ns = namespace(x=3) %}{% for i in range(99) %}{% set ns.x = ns.x * ns.x %}{% endfor %}", "too large"),
        ("{% for a in range(10 ** 9) %}{% endfor %}", "at most 10000"),
        ("{{ 1 / 0 }}", "division by zero"),
        ("{% macro again() %}{{ again() }}{% endmacro %}{{ again() }}", "nested too deeply"),
    ],
)
def test_a_real_fault_fails_with_a_reason(content: str, reason: str) -> None:
    template = message(mjml(content))
    with pytest.raises(RenderFailed, match=reason):
        template.render(SCOPE)
    assert reason in (trial(template) or "")


def test_a_reason_tells_nothing_about_the_person() -> None:
    with pytest.raises(RenderFailed) as failed:
        message(mjml("{{ now.year + profile.traits.email }}")).render(
            {"now": NOW, "profile": {"traits": {"email": "ada@shop.example"}}}
        )
    assert "ada" not in failed.value.reason


@pytest.mark.parametrize(
    "body, line, text",
    [
        ("<mjml>\n{% if x %}\n</mjml>", 6, "Unexpected end of template"),
        ("<mjml>\n{{ profil.x }}</mjml>", 6, "unknown name `profil`, did you mean `profile`?"),
        ("<mjml>\n\n{{ histori('X') }}</mjml>", 7, "unknown function `histori`, did you mean `history`?"),
        ("<mjml>\n{% if now %}{{ now | uper }}{% endif %}</mjml>", 6, "unknown filter `uper`, did you mean `upper`?"),
        ("<mjml>{{ shop.name | safe }}</mjml>", 5, "unknown filter `safe`"),
        ("{% autoescape false %}{{ shop.name }}{% endautoescape %}", 5, "values are always escaped"),
        ("<mjml>\n<mj-txt>x</mj-txt></mjml>", 6, "unknown element `mj-txt`, did you mean `mj-text`?"),
        ("<mjml>\n<mj-include path='/etc/passwd'/></mjml>", 6, "unknown element `mj-include`, use `{% include %}`"),
        ("<mjml>\n{% include '_foter.mjml' %}</mjml>", 6, "there is no partial `_foter.mjml`, did you mean"),
        ("<mjml>\n{% include shop.name %}</mjml>", 6, "a partial is named by its file name in quotes"),
        ("<mjml>{% break %}</mjml>", 5, "Encountered unknown tag 'break'."),
        ("<mjml>{{ loop.index }}</mjml>", 5, "unknown name `loop`"),
        ("{{ zone }}", 5, "unknown name `zone`"),
    ],
)
def test_a_mistake_is_found_with_its_line(body: str, line: int, text: str) -> None:
    with pytest.raises(MessageError) as error:
        message(body)
    assert (error.value.line, error.value.file) == (line, None)
    assert error.value.message.startswith(text)


def test_a_mistake_in_a_partial_names_the_partial() -> None:
    with pytest.raises(MessageError) as error:
        message("<mjml>{% include '_one.mjml' %}</mjml>", _one="{% import '_two.mjml' as two %}", _two="\n{{ profil }}")
    assert (error.value.line, error.value.file) == (2, "_two.mjml")


def test_a_mistake_in_the_front_matter_names_its_field() -> None:
    with pytest.raises(MessageError, match="subject: unknown name `profil`"):
        message(mjml(""), subject="{{ profil.x }}")


# --- partials -----------------------------------------------------------------------------------------------------


def test_a_partial_sees_the_loop_it_stands_in() -> None:
    body = mjml("{% for item in profile.cart.items %}{% include '_row.mjml' %}{% endfor %}")
    rendered = message(body, _row="<mj-text>Yours: {{ item.name }}</mj-text>").render(SCOPE)
    assert rendered.text == "Yours: Drill <XL>\n"


def test_a_layout_can_be_extended() -> None:
    layout = mjml("<mj-text>{% block content %}{% endblock %} {{ shop.name }}</mj-text>")
    body = "{% extends '_layout.mjml' %}{% block content %}Hi {{ profile.traits.first_name }} of{% endblock %}"
    assert message(body, _layout=layout).render(SCOPE).text == "Hi Ada of Nuts & Bolts\n"


def test_a_namespace_may_hold_something_undefined() -> None:
    body = mjml("{% set found = namespace(x=profile.nothing) %}{% set found.x = 3 %}<mj-text>{{ found.x }}</mj-text>")
    assert message(body).render({}).text == "3\n"


def test_no_mail_fetches_fonts_unless_told() -> None:
    assert "fonts.googleapis" not in message(mjml("<mj-text>Hi</mj-text>")).render({}).html


# --- locales ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wanted, chosen",
    [
        ("de-AT", "de-AT"),
        ("de_at", "de-AT"),
        ("de-CH", "de"),
        ("DE", "de"),
        ("fr", None),
        (None, None),
        ("zh-Hant-TW", "zh_Hant"),
    ],
)
def test_the_nearest_locale_is_chosen(wanted: str | None, chosen: str | None) -> None:
    assert choose_locale([None, "de", "de-AT", "zh_Hant"], wanted) == chosen
