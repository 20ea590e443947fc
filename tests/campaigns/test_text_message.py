"""Text messages: how many parts they take, what is refused, and what `dampf check` and `dampf preview` say of them."""

from pathlib import Path

import pytest

from dampf.campaigns.mail import MailRefused
from dampf.campaigns.text_message import TextMessage, parts_of
from dampf_cli import main
from tests.campaigns.test_checking import CAMPAIGN, HELLO, findings, folder

TEXTING = CAMPAIGN.replace("send: hello", "sms: call")


@pytest.mark.parametrize(
    "text, parts",
    [
        pytest.param("x" * 160, 1, id="160 of the telephones' alphabet"),
        pytest.param("x" * 161, 2, id="161 of them"),
        pytest.param("x" * 306, 2, id="two parts of 153"),
        pytest.param("x" * 307, 3, id="one more"),
        pytest.param("ä" * 160, 1, id="umlauts are in that alphabet"),
        pytest.param("€" * 80, 1, id="the euro sign takes two"),
        pytest.param("€" * 81, 2, id="81 of it"),
        pytest.param("x" * 152 + "€" + "x" * 151, 2, id="no character is torn in two"),
        pytest.param("x" * 152 + "€" + "x" * 152, 3, id="which may cost a part"),
        pytest.param("ш" * 70, 1, id="70 of another alphabet"),
        pytest.param("ш" * 71, 2, id="71 of them"),
        pytest.param("ш" * 134, 2, id="two parts of 67"),
        pytest.param("ш" * 135, 3, id="one more of them"),
        pytest.param("😀" * 35, 1, id="an emoji takes two places"),
        pytest.param("😀" * 36, 2, id="36 of it"),
    ],
)
def test_a_text_takes_as_many_parts_as_the_network_makes_of_it(text: str, parts: int) -> None:
    assert parts_of(text) == parts


@pytest.mark.parametrize(
    "to, text, reason",
    [
        ("015112345678", "Hello", "the number is not an international one"),
        ("+49151 123", "Hello", "the number is not an international one"),
        ("+4915112345678", " \n", "the text is empty"),
        ("+4915112345678", "x" * 1531, "the text takes 11 parts, and 10 are the most"),
    ],
)
def test_what_cannot_be_sent_is_refused_without_personal_data(to: str, text: str, reason: str) -> None:
    with pytest.raises(MailRefused) as refused:
        TextMessage(to=to, text=text, message="m")
    assert str(refused.value) == reason


@pytest.mark.parametrize(
    "files, expected",
    [
        pytest.param({"messages/call.txt": "Hello"}, [], id="a text needs no front matter"),
        pytest.param({"messages/call.txt": "---\nclass: transactional\n---\nHello"}, [], id="and may have some"),
        pytest.param(
            {"messages/call.txt": "---\nsender: Example Tools\n---\nHello"},
            [
                (
                    "messages/call.txt:2: `sender`: expected a number, a sender id or a pool of yours, such as "
                    "`EXAMPLE`, got `Example Tools`"
                )
            ],
            id="a sender is no name",
        ),
        pytest.param(
            {"cart.yaml": TEXTING.replace("call", "cal"), "messages/call.txt": "Hello"},
            [
                "cart.yaml:3: there is no message `cal`, did you mean `call`?",
                "messages/call.txt:1: warning: no campaign sends this message",
            ],
            id="a message that is not there",
        ),
        pytest.param(
            {"cart.yaml": CAMPAIGN.replace("hello", "call"), "messages/call.txt": "Hello"},
            ["cart.yaml:3: `call` is a text message; write `sms: call`"],
            id="send names a text",
        ),
        pytest.param(
            {"cart.yaml": TEXTING.replace("call", "hello"), "messages/hello.mjml": HELLO},
            ["cart.yaml:3: `hello` is a mail; write `send: hello`"],
            id="sms names a mail",
        ),
        pytest.param(
            {"messages/call.txt": "Hello", "messages/call.mjml": HELLO, "cart.yaml": CAMPAIGN.replace("hello", "call")},
            ["messages/call.txt:1: there is a mail call.mjml too; a message is either a mail or a text message"],
            id="one name for both",
        ),
        pytest.param(
            {"messages/call.de.txt": "Hallo"},
            ["messages/call.de.txt:1: needs call.txt beside it, for everybody with another language"],
            id="a translation alone",
        ),
        pytest.param(
            {"messages/call.txt": "---\nsubject: Call us\n---\nHello"},
            ["messages/call.txt:2: warning: a text message shows no subject"],
            id="a subject that nobody sees",
        ),
        pytest.param(
            {"messages/call.txt": "x" * 161},
            ["messages/call.txt:1: warning: the text takes 2 parts, each of which is paid for"],
            id="more than a part",
        ),
        pytest.param(
            {"messages/call.txt": "---\ntopic: news\n---\n" + "–" + "x" * 70},
            [
                (
                    "messages/call.txt:4: warning: the text takes 2 parts, each of which is paid for; "
                    "`–` leaves 70 characters to a part, not 160"
                )
            ],
            id="because of one character",
        ),
        pytest.param(
            {"messages/call.txt": "x" * 1531},
            ["messages/call.txt:1: the text takes 11 parts, and 10 are the most"],
            id="too long for good",
        ),
        pytest.param({"messages/call.txt": "---\n---\n\n"}, ["messages/call.txt:3: the text is empty"], id="empty"),
        pytest.param(
            {"messages/call.txt": "Hi\n{{ profil.id }}"},
            ["messages/call.txt:2: unknown name `profil`, did you mean `profile`?"],
            id="a misspelt name",
        ),
        pytest.param(
            {"messages/call.txt": "{% include '_en.txt' %}", "messages/_end.txt": "Bye"},
            ["messages/call.txt:1: there is no partial `_en.txt`, did you mean `_end.txt`?"],
            id="a partial that is not there",
        ),
    ],
)
def test_check_reads_text_messages(tmp_path: Path, files: dict[str, str], expected: list[str]) -> None:
    content = folder(tmp_path, {"cart.yaml": TEXTING, **files})
    if "messages/hello.mjml" not in files:
        (content / "messages" / "hello.mjml").unlink()
    assert findings(content) == expected


def test_preview_prints_the_text_and_says_how_many_parts_it_takes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = folder(tmp_path, {"cart.yaml": TEXTING, "messages/call.txt": "Hello {{ profile.traits.first_name }} <3"})
    page = tmp_path / "page.html"
    assert main.main(["preview", "call", "--content", str(content), "--out", str(page)]) == 0
    told = capsys.readouterr()
    assert (told.out, told.err) == ("Hello Anna <3\n", "call: 1 part, to +493023125001\n")
    assert '<p class="bubble">Hello Anna &lt;3</p>' in page.read_text()
