"""What only several files together show, and `dampf check`, which tells all of it."""

import argparse
import json
import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dampf.campaigns.checking import check_folder
from dampf_cli.check import add_arguments, check, main
from dampf_cli.errors import WrongUse

SHOP = 'name: Example Tools\nsender: "Example Tools <hello@shop.example>"\ntimezone: Europe/Berlin\n'
CAMPAIGN = "trigger: { event: Order Completed }\nsteps:\n  - send: hello\n"
HELLO = "---\nsubject: Hello\n---\n<mjml><mj-body></mj-body></mjml>\n"
METRICS = "orders: { add: 1, on: Order Completed }\n"

SHIPPED = Path(__file__).parents[2] / "campaigns"


def folder(root: Path, files: dict[str, str]) -> Path:
    sound = {"shop.yaml": SHOP, "metrics.yaml": METRICS, "cart.yaml": CAMPAIGN, "messages/hello.mjml": HELLO}
    for name, text in {**sound, **files}.items():
        path = root / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return root


def findings(root: Path) -> list[str]:
    return [str(finding) for finding in check_folder(root).findings]


def steps(*lines: str) -> str:
    return "trigger: { event: Order Completed }\nsteps:\n  - send: hello\n" + "".join(f"  {line}\n" for line in lines)


def message(body: str, subject: str = "Hello") -> str:
    return f"---\nsubject: {json.dumps(subject)}\n---\n{body}\n"


def test_a_sound_folder_has_no_findings(tmp_path: Path) -> None:
    assert findings(folder(tmp_path, {})) == []


def test_the_content_that_we_ship_is_sound() -> None:
    assert findings(SHIPPED) == []


@pytest.mark.parametrize(
    "files, expected",
    [
        pytest.param(
            {"cart.yaml": steps("- send: helo")},
            ["cart.yaml:4: there is no message `helo`, did you mean `hello`?"],
            id="a missing message",
        ),
        pytest.param(
            {
                "cart.yaml": steps(
                    "- if: 'true'",
                    "  then:",
                    "    - choose:",
                    "        - when: 'true'",
                    "          steps: [{ send: by }]",
                )
            },
            ["cart.yaml:8: there is no message `by`"],
            id="a missing message deep in branches",
        ),
        pytest.param(
            {"cart.yaml": steps("- enter: welcom"), "welcome.yaml": CAMPAIGN},
            ["cart.yaml:4: there is no campaign `welcom`, did you mean `welcome`?"],
            id="a missing campaign",
        ),
        pytest.param(
            {"cart.yaml": steps("- enter: cart")},
            ["cart.yaml:4: a campaign cannot enter itself"],
            id="a campaign that enters itself",
        ),
        pytest.param(
            {"cart.yaml": steps("- emit: { event: Order Completed }")},
            ["cart.yaml:4: warning: `Order Completed` starts other campaigns, but never again the one it comes from"],
            id="a campaign that emits what starts it",
        ),
        pytest.param(
            {"cart.yaml": "trigger: { metric: ordrs, reaches: 10 }\nsteps:\n  - send: hello\n"},
            ["cart.yaml:1: there is no metric `ordrs` in metrics.yaml, did you mean `orders`?"],
            id="a trigger on an unknown metric",
        ),
        pytest.param(
            {"cart.yaml": steps("- add: { ordres: 1 }")},
            ["cart.yaml:4: there is no metric `ordres` in metrics.yaml, did you mean `orders`?"],
            id="adding to an unknown metric",
        ),
        pytest.param(
            {"cart.yaml": steps("- wait_for: { event: Erasure Requested, within: 1 day }", "  then: [exit]")},
            ["cart.yaml:4: warning: `Erasure Requested` removes the person at once: nothing starts or goes on by it"],
            id="waiting for an erasure",
        ),
        pytest.param(
            {"cart.yaml": steps("- if: profile.metrics.order > 1", "  then: [exit]")},
            ["cart.yaml:4: warning: there is no metric `order` in metrics.yaml, did you mean `orders`?"],
            id="an expression with an unknown metric",
        ),
        pytest.param(
            {"segments.yaml": "vip: profile.metrics.ordrs > 1\n"},
            ["segments.yaml:1: warning: there is no metric `ordrs` in metrics.yaml, did you mean `orders`?"],
            id="a segment with an unknown metric",
        ),
        pytest.param(
            {"cart.yaml": steps("- id: a", "  wait: 1 day", "- id: a", "  wait: 1 day")},
            ["cart.yaml:6: the step id `a` is taken already, in line 4"],
            id="a step id twice",
        ),
        pytest.param(
            {"cart.yaml": steps("- exit", "- wait: 1 day")},
            ["cart.yaml:5: warning: no journey comes here, the step before ends it"],
            id="steps after the end",
        ),
        pytest.param(
            {"cart.yaml": CAMPAIGN.replace("Order Completed", "order_completed")},
            ["cart.yaml:1: warning: the event `order_completed` is nearly the known `Order Completed`; is that meant?"],
            id="nearly an event",
        ),
        pytest.param(
            {"cart.yaml": "trigger:\n  event:\n    - Order Completed\n    - Product Aded\nsteps:\n  - send: hello\n"},
            ["cart.yaml:4: warning: the event `Product Aded` is nearly the known `Product Added`; is that meant?"],
            id="nearly an event in a list",
        ),
        pytest.param(
            {"cart.yaml": CAMPAIGN.replace("Order Completed", "Parcel Handed Over")},
            [],
            id="an event of the shop's own",
        ),
        pytest.param(
            {
                "cart.yaml": steps("- emit: { event: Orders Completed }"),
                "next.yaml": CAMPAIGN.replace("Order Completed", "Orders Completed"),
            },
            [],
            id="an event that a campaign emits",
        ),
        pytest.param(
            {"metrics.yaml": "orders: { add: 1, on: Order Complete }\n"},
            [
                (
                    "metrics.yaml:1: warning: the event `Order Complete` is nearly the known `Order Completed`; "
                    "is that meant?"
                )
            ],
            id="nearly an event in a metric",
        ),
        pytest.param(
            {"messages/spare.mjml": HELLO},
            ["messages/spare.mjml:1: warning: no campaign sends this message"],
            id="a message nobody sends",
        ),
        pytest.param(
            {"cart.yaml": steps("- send: bye"), "messages/bye.de.mjml": HELLO},
            ["messages/bye.de.mjml:1: needs bye.mjml beside it, for everybody with another language"],
            id="only a translation",
        ),
        pytest.param(
            {"messages/hello.de.mjml": HELLO.replace("---\n<", "class: transactional\n---\n<")},
            ["messages/hello.de.mjml:3: `class` is the same in all languages; it stands in hello.mjml"],
            id="a translation of another class",
        ),
        pytest.param(
            {"messages/hello.mjml": message("<mjml><mj-body></mj-body></mjml>", "Hi {{ profil.id }}")},
            ["messages/hello.mjml:2: subject: unknown name `profil`, did you mean `profile`?"],
            id="a misspelt root in a subject",
        ),
        pytest.param(
            {"messages/hello.mjml": message("<mjml><mj-body>\n{{ profil.id }}\n</mj-body></mjml>")},
            ["messages/hello.mjml:5: unknown name `profil`, did you mean `profile`?"],
            id="a misspelt root in a body",
        ),
        pytest.param(
            {"messages/hello.mjml": message("<mjml><mj-body>\n\n<mj-secton></mj-secton></mj-body></mjml>")},
            ["messages/hello.mjml:6: unknown element `mj-secton`, did you mean `mj-section`?"],
            id="a misspelt element",
        ),
        pytest.param(
            {"messages/hello.mjml": message("<mjml><mj-body>\n<mj-section>\n</mj-body></mjml>")},
            ["messages/hello.mjml:5: invalid MJML: `<mj-section>` is not closed"],
            id="an element that is not closed",
        ),
        pytest.param(
            {
                "messages/hello.mjml": message('<mjml><mj-body>\n{% include "_foot.mjml" %}</mj-body></mjml>'),
                "messages/_footer.mjml": "<mj-section></mj-section>",
            },
            ["messages/hello.mjml:5: there is no partial `_foot.mjml`, did you mean `_footer.mjml`?"],
            id="a missing partial",
        ),
        pytest.param(
            {
                "messages/hello.mjml": message('<mjml><mj-body>{% include "_footer.mjml" %}</mj-body></mjml>'),
                "messages/_footer.mjml": "\n{{ profil.id }}",
            },
            ["messages/_footer.mjml:2: unknown name `profil`, did you mean `profile`?"],
            id="a misspelt root in a partial",
        ),
    ],
)
def test_what_the_files_say_together_is_checked(tmp_path: Path, files: dict[str, str], expected: list[str]) -> None:
    assert findings(folder(tmp_path, files)) == expected


def test_a_fault_in_one_place_hides_none_in_another(tmp_path: Path) -> None:
    root = folder(tmp_path, {"cart.yaml": steps("- wait: 3 dayz", "- send: helo"), "messages/bye.mjml": "no front"})
    assert findings(root) == [
        "cart.yaml:4: `wait`: expected a duration such as `3 days`, got `3 dayz`",
        "cart.yaml:5: there is no message `helo`, did you mean `hello`?",
        "messages/bye.mjml:1: begins with front matter: `---`, at least `subject: ...`, `---`",
    ]


def test_a_broken_file_is_told_once_and_not_by_all_who_need_it(tmp_path: Path) -> None:
    root = folder(
        tmp_path,
        {
            "metrics.yaml": "orders: [\n",
            "messages/hello.mjml": "no front",
            "cart.yaml": "trigger: { metric: orders, reaches: 1 }\nsteps: [{ send: hello }, { enter: other }]\n",
            "other.yaml": "a: b: c\n",
        },
    )
    assert [finding.split(":")[0] for finding in findings(root)] == [
        "messages/hello.mjml",
        "metrics.yaml",
        "other.yaml",
    ]


SCALARS = st.one_of(
    st.sampled_from(["Order Completed", "hello", "orders", "3 days", "profile.id", "exit", "vip", "1 +", ""]),
    st.none(),
    st.booleans(),
    st.integers(-5, 5),
)
KEYS = st.sampled_from(
    re.findall(
        r"\w+",
        """trigger steps entry exit goal event metric when reaches per again restart wait wait_for within then else send
        if choose default set add emit properties enter id split date rules on class subject
        name weight wait_until at late segment schedule audience local offset after every caps
        per_day quiet_hours from to holdout voucher_group""",
    )
)
WILD = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4))
CAMPAIGN_LIKE = st.fixed_dictionaries({"trigger": WILD, "steps": st.lists(st.dictionaries(KEYS, WILD, max_size=3))})


@given(campaign=WILD | CAMPAIGN_LIKE, metrics=WILD, front=WILD)
@settings(max_examples=150)
def test_whatever_stands_in_the_files_gives_findings_and_never_a_crash(campaign: Any, metrics: Any, front: Any) -> None:
    with TemporaryDirectory() as name:
        files = {"cart.yaml": campaign, "metrics.yaml": metrics, "segments.yaml": metrics, "shop.yaml": front}
        texts = {file: json.dumps(value) for file, value in files.items()}
        texts["messages/hello.mjml"] = f"---\n{json.dumps(front)}\n---\n<mjml></mjml>\n"
        lines = [str(finding) for finding in check_folder(folder(Path(name), texts)).findings]
    assert all(re.fullmatch(r"[\w./]+:\d+: .+", line) for line in lines)


# --- the command --------------------------------------------------------------------------------------------------


def test_errors_end_with_1_and_are_printed_where_an_editor_finds_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = folder(tmp_path, {"cart.yaml": steps("- send: helo")})
    assert check(root, as_json=False) == 1
    assert capsys.readouterr().out == f"{root}/cart.yaml:4: there is no message `helo`, did you mean `hello`?\n"


def test_warnings_alone_end_with_0(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = folder(tmp_path, {"messages/spare.mjml": HELLO})
    assert check(root, as_json=False) == 0
    assert capsys.readouterr().out == f"{root}/messages/spare.mjml:1: warning: no campaign sends this message\n"


def test_a_program_reads_the_findings_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    root = folder(tmp_path, {"cart.yaml": steps("- send: helo")})
    assert main(parser.parse_args([str(root), "--json"])) == 1
    assert json.loads(capsys.readouterr().out) == [
        {
            "file": "cart.yaml",
            "line": 4,
            "column": 5,
            "level": "error",
            "message": "there is no message `helo`, did you mean `hello`?",
        }
    ]


def test_no_folder_is_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="there is no such folder"):
        check(tmp_path / "nowhere", as_json=False)
