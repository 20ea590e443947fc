"""Pictures without words or width are told with file and line."""

import pytest

from tests.campaigns.test_checking import findings, folder, message

NEEDS_ALT = '`{}` needs an `alt`: what it shows, or `alt=""` for decoration'
NEEDS_WIDTH = "`{}` needs a `width`, or the mail jumps while it is loaded"


def mail(inner: str, head: str = "") -> str:
    body = f"<mj-body><mj-section><mj-column>\n{inner}\n</mj-column></mj-section></mj-body>"
    return message(f"<mjml>{head}{body}</mjml>")


@pytest.mark.parametrize(
    "picture, told",
    [
        ('<mj-image src="https://x.example/1.png" alt="Drill" width="200px" />', []),
        ('<mj-image src="https://x.example/1.png" alt="" width="200px" />', []),
        ('<mj-image src="https://x.example/1.png" width="200px" />', [NEEDS_ALT.format("mj-image")]),
        ('<mj-image src="https://x.example/1.png" alt="{{ 2 > 1 }}" />', [NEEDS_WIDTH.format("mj-image")]),
        (
            '<mj-text><img src="https://x.example/1.png" /></mj-text>',
            [NEEDS_ALT.format("img"), NEEDS_WIDTH.format("img")],
        ),
        ('<mj-text><img src="https://x.example/1.png" alt="a" style="width: 9px" /></mj-text>', []),
    ],
    ids=["sound", "decoration", "no alt", "no width", "neither", "width by style"],
)
def test_a_picture_needs_words_and_a_width(tmp_path, picture: str, told: list[str]):
    expected = sorted(f"messages/hello.mjml:5: warning: {each}" for each in told)
    assert sorted(findings(folder(tmp_path, {"messages/hello.mjml": mail(picture)}))) == expected


def test_a_width_may_come_from_the_attributes_of_all_or_of_a_class(tmp_path):
    picture = '<mj-image mj-class="wide" src="https://x.example/1.png" alt="a" />'
    for told in ('<mj-image width="9px" />', '<mj-class name="wide" width="9px" />'):
        head = f"<mj-head><mj-attributes>{told}</mj-attributes></mj-head>"
        assert findings(folder(tmp_path, {"messages/hello.mjml": mail(picture, head)})) == []
    head = '<mj-head><mj-attributes><mj-class name="other" width="9px" /></mj-attributes></mj-head>'
    expected = f"messages/hello.mjml:5: warning: {NEEDS_WIDTH.format('mj-image')}"
    assert findings(folder(tmp_path, {"messages/hello.mjml": mail(picture, head)})) == [expected]


def test_a_partial_s_picture_is_told_once_with_its_own_line(tmp_path):
    files = {
        "messages/hello.mjml": mail('{% include "_logo.mjml" %}'),
        "messages/hello.de.mjml": mail('{% include "_logo.mjml" %}'),
        "messages/_logo.mjml": '<mj-text>\n<img src="https://x.example/1.png" width="9" />\n</mj-text>\n',
    }
    assert findings(folder(tmp_path, files)) == [f"messages/_logo.mjml:2: warning: {NEEDS_ALT.format('img')}"]
