"""A folder on disk becomes content; every fault of every file is found in one go, at its line."""

from pathlib import Path
from typing import Any

import pytest

from dampf.campaigns.reading import read_folder
from dampf.campaigns.yaml_text import read_yaml

SHOP = 'name: Example Tools\nsender: "Example Tools <hello@shop.example>"\ntimezone: Europe/Berlin\n'
CAMPAIGN = "trigger: { event: A }\nsteps:\n  - send: hello\n"
BODY = "<mjml><mj-body></mj-body></mjml>\n"


def folder(tmp_path: Path, **files: str | bytes) -> Path:
    """`a_yaml` and `messages__hello_mjml` stand for a.yaml and messages/hello.mjml."""
    return written(tmp_path, {"shop.yaml": SHOP, **{named(name): text for name, text in files.items()}})


def named(name: str) -> str:
    path, _, suffix = name.replace("__", "/").rpartition("_")
    return f"{path}.{suffix}"


def written(tmp_path: Path, files: dict[str, str | bytes]) -> Path:
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return tmp_path


def findings(root: Path) -> list[str]:
    return [str(finding) for finding in read_folder(root).findings]


# --- YAML ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text, value",
    [
        ("a: on", "on"),
        ("a: no", "no"),
        ("a: 21:00", "21:00"),
        ("a: 2026-01-01", "2026-01-01"),
        ("a: 010", 10),
        ("a: 0o10", 8),
        ("a: 1e3", 1000.0),
        ("a: '1'", "1"),
        ("a: True", True),
        ("a: ~", None),
        ("a:", None),
        ("a: .inf", ".inf"),
        ("a: 1e999", "1e999"),
        ("a: 10 %", "10 %"),
        ("a: &x [1]\nb: *x", [1]),
        ("a: >-\n  one\n  two\n\n  three\n", "one two\nthree"),
        pytest.param('a: "\\ud83c\\udf89 Ten"', "🎉 Ten", id="a character as JSON escapes it"),
    ],
)
def test_yaml_is_the_core_of_version_1_2_and_the_rest_is_text(text: str, value: Any) -> None:
    assert read_yaml(text).value["a"] == value


@pytest.mark.parametrize(
    "text, line, message",
    [
        ("a:\n\t- b\n", 2, "broken YAML: a tab; indent with spaces"),
        ("a: b: c\n", 1, "broken YAML: a second colon at this place; put quotes around text that has a colon"),
        ("a:\n  b: 1\n c: 2\n", 3, "broken YAML: this line is not indented like its neighbours"),
        ("a: 1\nb: 2\na: 3\n", 3, "the key `a` stands here twice"),
        ("a: [1\n", 2, "broken YAML: expected ',' or ']', but got '<stream end>'"),
        ("a: *x\n", 1, "broken YAML: text that begins with `*` needs quotes"),
        ("a: &x [*x]\n", 1, "broken YAML: an alias that stands for itself"),
        ("a: {{ x }}\n", 1, "broken YAML: a key that is not plain text; put quotes around text that has braces"),
        ("a: @x\n", 1, "broken YAML: text that begins with a special character needs quotes"),
        ("a: 1\n---\nb: 1\n", 2, "broken YAML: a second `---` document; one file holds one document"),
        ("a: 1\n\x00", 2, "broken YAML: a character that no text file has"),
        ('a: 1\nb: "\\ud83c Ten"\n', 2, "broken YAML: half a character; `\\ud800` to `\\udfff` come in pairs"),
        ('"\\udf89": 1\n', 1, "broken YAML: half a character; `\\ud800` to `\\udfff` come in pairs"),
        ("[" * 600, 1, "broken YAML: nested too deeply"),
    ],
)
def test_broken_yaml_is_told_at_its_line(text: str, line: int, message: str) -> None:
    assert [(problem.line, problem.message) for problem in read_yaml(text).problems] == [(line, message)]


def test_aliases_cannot_blow_up_a_document() -> None:
    bomb = "a0: &a0 [x, x]\n" + "".join(
        f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]\n" for level in range(1, 9)
    )
    assert read_yaml(bomb).problems[0].message == "broken YAML: more than 20,000 values"


# --- folders ------------------------------------------------------------------------------------------------------


def test_a_folder_is_read_into_json_values(tmp_path: Path) -> None:
    root = folder(
        tmp_path,
        cart_yaml=CAMPAIGN,
        metrics_yaml="orders: { add: 1, on: Order Completed }\n",
        segments_yaml="# none yet\n",
        messages__hello_mjml="---\nsubject: Hello\n---\n" + BODY,
        messages___footer_mjml="<mj-text>Bye</mj-text>",
    )
    (root / "messages" / "hello.de.mjml").write_text("---\nsubject: Hallo\n---\n" + BODY)
    content = read_folder(root).content
    assert findings(root) == []
    assert content.campaigns == {"cart": {"trigger": {"event": "A"}, "steps": [{"send": "hello"}]}}
    assert content.metrics == {"orders": {"add": 1, "on": "Order Completed"}}
    assert content.segments == {}
    assert content.partials == {"_footer.mjml": "<mj-text>Bye</mj-text>"}
    assert content.messages == {
        "hello": {
            "": {"front": {"subject": "Hello"}, "body": BODY},
            "de": {"front": {"subject": "Hallo"}, "body": BODY},
        }
    }


def test_every_fault_of_every_file_is_told_in_one_go_and_in_order(tmp_path: Path) -> None:
    root = folder(
        tmp_path,
        cart_yaml="trigers: { event: A }\nsteps:\n  - wait: 3 dayz\n  - send: hello\n    id: 3\n",
        metrics_yaml="orders: { ad: 1, on: Order Completed }\n",
        welcome_yaml="trigger: { event: A }\nsteps:\n\t- send: hello\n",
        segments_yaml="vip: profil.metrics.orders\n",
    )
    assert findings(root) == [
        "cart.yaml:1: unknown key `trigers`, did you mean `trigger`?",
        "cart.yaml:3: `wait`: expected a duration such as `3 days`, got `3 dayz`",
        "cart.yaml:5: `id`: expected a name of letters, digits, `_` and `-`, got `3`",
        "metrics.yaml:1: unknown key `ad`, did you mean `add`?",
        "segments.yaml:1: `vip`: unknown name `profil`, did you mean `profile`?",
        "welcome.yaml:3: broken YAML: a tab; indent with spaces",
    ]


@pytest.mark.parametrize(
    "files, expected",
    [
        (
            {"shop_yaml": ""},
            [
                "shop.yaml:1: `name` is missing",
                "shop.yaml:1: `sender` is missing",
                "shop.yaml:1: `timezone` is missing",
            ],
        ),
        ({"shop_yaml": "- a\n"}, ["shop.yaml:1: expected keys and values, got a list"]),
        ({"cart_yaml": ""}, ["cart.yaml:1: `steps` is missing", "cart.yaml:1: `trigger` is missing"]),
        ({"cart_yaml": b"title: \xe4\n"}, ["cart.yaml:1: is not UTF-8 text"]),
        ({"cart_yml": CAMPAIGN}, ["cart.yml:1: warning: is not read; its name must end in `.yaml`"]),
        ({"a b_yaml": CAMPAIGN}, ["a b.yaml:1: a campaign's file is named in letters, digits, `_` and `-`"]),
        (
            {"cart_yaml": "trigger:\n  event: A\nsteps:\n  - wait_for:\n      event: B\n"},
            ["cart.yaml:4: `wait_for` needs `within`"],
        ),
        (
            {"cart_yaml": "trigger: { event: A }\nsteps:\n  - if: 'true'\n    than:\n      - exit\n"},
            ["cart.yaml:4: unknown key `than`, did you mean `then`?"],
        ),
        (
            {"cart_yaml": "trigger:\n  - event: A\n  - segment: vip\nsteps: [exit]\n"},
            ["cart.yaml:3: `trigger` needs `on`"],
        ),
        (
            {"messages__hello_mjml": BODY},
            ["messages/hello.mjml:1: begins with front matter: `---`, at least `subject: ...`, `---`"],
        ),
        (
            {"messages__hello_mjml": "---\nsubjekt: Hi\nclass: marketting\n---\n" + BODY},
            [
                "messages/hello.mjml:2: unknown key `subjekt`, did you mean `subject`?",
                (
                    "messages/hello.mjml:3: `class`: expected `marketing` or `transactional`, got `marketting`, "
                    "did you mean `marketing`?"
                ),
            ],
        ),
        (
            {"messages__hello_mjml": "---\nsubject: {{ a }}\n---\n" + BODY},
            [
                (
                    "messages/hello.mjml:2: broken YAML: a key that is not plain text; "
                    "put quotes around text that has braces"
                )
            ],
        ),
        (
            {"messages__hello.summer_mjml": "---\nsubject: Hi\n---\n" + BODY},
            ["messages/hello.summer.mjml:1: a message's file is named NAME.mjml or, in another locale, NAME.de.mjml"],
        ),
        ({"messages__hello_txt": "---\npreheader: Hi\n---\nHi"}, ["messages/hello.txt:2: unknown key `preheader`"]),
    ],
)
def test_bad_input_is_told_with_file_and_line(
    tmp_path: Path, files: dict[str, str | bytes], expected: list[str]
) -> None:
    assert findings(folder(tmp_path, **files)) == expected


def test_a_folder_without_a_shop_says_so(tmp_path: Path) -> None:
    assert findings(tmp_path) == ["shop.yaml:1: is missing; it needs `name`, `sender` and `timezone`"]


def test_there_must_be_a_folder(tmp_path: Path) -> None:
    with pytest.raises(NotADirectoryError, match="there is no such folder"):
        read_folder(tmp_path / "nowhere")


def test_a_shop_s_own_tests_and_vouchers_are_no_campaigns(tmp_path: Path) -> None:
    root = written(tmp_path, {"shop.yaml": SHOP, "tests/cart.yaml": "until: x\n", "vouchers/a.csv": "A\n"})
    assert read_folder(root).content.campaigns == {}
