"""Voucher pools in shop.yaml, their lists, and messages that give vouchers: what `dampf check` says of them."""

from decimal import Decimal
from pathlib import Path

import pytest

from dampf.campaigns.catalogue import catalogue_of
from dampf.campaigns.checking import check_folder
from dampf.campaigns.content import MANIFEST, Content, documents
from dampf.campaigns.language import shop_from
from dampf.domain.catalogue import MessageSettings
from dampf.domain.instants import Span
from dampf.domain.shop import VoucherPool
from tests.builders import BODY, SHOP, content

HEAD = 'name: Example Tools\nsender: "Example Tools <hello@shop.example>"\ntimezone: Europe/Berlin\n'
POOLS = (
    "voucher_pools:\n"
    "  comeback: { kind: generated, prefix: BACK-, valid: 14 days, value: 10% }\n"
    "  tenth: { kind: list, file: vouchers/tenth.csv, valid: 30 days, value: 20 EUR }\n"
)
GIVES = "---\nsubject: Hi {{ voucher.code }}\nvoucher: tenth\n---\n" + BODY.format("Hello")
GIVES_TOO = "---\nsubject: Hi {{ voucher.code }}\nvoucher: comeback\n---\n" + BODY.format("Hello")


def findings(root: Path, **files: str) -> list[str]:
    sound = {
        "shop.yaml": HEAD + POOLS,
        "cart.yaml": "trigger: { event: Order Completed }\nsteps: [{ send: hello }, { send: back }]\n",
        "messages/hello.mjml": GIVES,
        "messages/back.mjml": GIVES_TOO,
        "vouchers/tenth.csv": "code\nTEN-1\nTEN-2\n",
    }
    for name, text in {**sound, **files}.items():
        path = root / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(text)
    return [str(finding) for finding in check_folder(root).findings]


def test_a_sound_folder_with_vouchers_has_no_findings(tmp_path: Path) -> None:
    assert findings(tmp_path) == []


def test_a_code_may_be_short(tmp_path: Path) -> None:
    assert findings(tmp_path, **{"vouchers/tenth.csv": "A1\nB\n"}) == []


def shop(pool: str) -> dict[str, str]:
    return {"shop.yaml": HEAD + POOLS + f"  odd: {pool}\n", "messages/odd.mjml": GIVES.replace("tenth", "odd")}


ODD = "messages/odd.mjml:1: warning: no campaign sends this message"


@pytest.mark.parametrize(
    "pool, complaint",
    [
        ("{ kind: list }", "a `list` needs its `file`, such as `vouchers/tenth.csv`"),
        ("{ kind: list, file: codes.csv }", "a file in the folder `vouchers`, such as `vouchers/tenth.csv`"),
        ("{ kind: list, file: vouchers/../../x.csv }", "a file in the folder `vouchers`"),
        ("{ kind: list, file: vouchers/odd.csv, prefix: A }", "`prefix` is for generated codes"),
        ("{ kind: generated, file: vouchers/tenth.csv }", "`file` is for lists; a generated pool never runs out"),
        ("{ kind: generated, low_at: 10 }", "`low_at` is for lists"),
        ("{ kind: generated, prefix: 'A B' }", "up to 20 letters, digits, `-` and `_`"),
        ("{ kind: generated, value: 10 percent }", "a share or an amount such as `10 %` or `20 EUR`"),
        ("{ kind: generated, value: 10 }", "a share or an amount such as `10 %` or `20 EUR`"),
        ("{ kind: generated, value: 0 EUR }", "a share or an amount such as `10 %` or `20 EUR`"),
        ("{ kind: generated, value: 110 % }", "a share up to `100 %`"),
        ("{ kind: list, file: vouchers/odd.csv, low_at: 0 }", "a whole number above 0"),
        (
            "{ kind: list, file: vouchers/odd.csv, low_at: 100% }",
            "a number of codes, or a share of them such as `10 %`",
        ),
        ("{ kind: generatd }", "did you mean `generated`?"),
        ("{ kind: generated, valid: 14d }", "a duration such as `3 days`"),
        ("{ kind: generated, prefx: A }", "unknown key `prefx`"),
    ],
)
def test_what_is_wrong_with_a_pool_is_told_at_its_line(tmp_path: Path, pool: str, complaint: str) -> None:
    told = [each for each in findings(tmp_path, **shop(pool), **{"vouchers/odd.csv": "ODD-1\n"}) if each != ODD]
    assert len(told) == 1
    assert told[0].startswith("shop.yaml:7: ")
    assert complaint in told[0]


@pytest.mark.parametrize(
    "files, expected",
    [
        pytest.param(
            {"messages/hello.mjml": GIVES.replace("voucher: tenth", "voucher: tent")},
            [
                "messages/hello.mjml:3: there is no voucher pool `tent` in shop.yaml, did you mean `tenth`?",
                "shop.yaml:6: warning: no message gives vouchers of `tenth`",
            ],
            id="a pool that is misspelt",
        ),
        pytest.param(
            {"messages/hello.mjml": GIVES.replace("{{ voucher.code }}", "")},
            ["messages/hello.mjml:3: warning: gives a voucher and never shows `voucher.code`"],
            id="a voucher that nobody sees",
        ),
        pytest.param(
            {
                "messages/hello.mjml": GIVES.replace("voucher: tenth\n", ""),
                "messages/other.mjml": GIVES,
                "more.yaml": "trigger: { event: Order Completed }\nsteps: [{ send: other }]\n",
            },
            [
                "messages/hello.mjml:1: warning: names `voucher`, but its front matter names no pool: `voucher: POOL`",
            ],
            id="a voucher that nobody gives",
        ),
        pytest.param(
            {"shop.yaml": HEAD + POOLS.replace("tenth.csv", "tenht.csv")},
            ["shop.yaml:6: there is no file vouchers/tenht.csv"],
            id="a list that is not there",
        ),
        pytest.param(
            {"messages/hello.mjml": GIVES.replace("voucher: tenth", "voucher: [tenth]")},
            [
                "messages/hello.mjml:3: `voucher`: expected a name of letters, digits, `_` and `-`, got a list",
                "shop.yaml:6: warning: no message gives vouchers of `tenth`",
            ],
            id="several pools at once",
        ),
        pytest.param(
            {"vouchers/tenth.csv": "code\n\n"},
            ["vouchers/tenth.csv:1: has no codes: one in each line is expected"],
            id="an empty list",
        ),
        pytest.param(
            {"vouchers/tenth.csv": "TEN-1\nTEN-2;x\nten-1\nTEN 3\n"},
            [
                "vouchers/tenth.csv:3: the code `ten-1` stands already in vouchers/tenth.csv:1",
                "vouchers/tenth.csv:4: a code of up to 64 letters, digits and signs without spaces expected",
            ],
            id="codes that are there twice, and such as are none",
        ),
        pytest.param(
            {
                "shop.yaml": HEAD + POOLS + "  more: { kind: list, file: vouchers/more.csv }\n",
                "vouchers/more.csv": "TEN-2\n",
                "messages/back.mjml": GIVES_TOO.replace("comeback", "more"),
            },
            [
                "shop.yaml:5: warning: no message gives vouchers of `comeback`",
                "vouchers/more.csv:1: the code `TEN-2` stands already in vouchers/tenth.csv:3",
            ],
            id="a code of two pools",
        ),
    ],
)
def test_what_is_wrong_across_files_is_told_at_its_place(
    tmp_path: Path, files: dict[str, str], expected: list[str]
) -> None:
    assert findings(tmp_path, **files) == expected


def test_a_pool_is_what_the_shop_wrote() -> None:
    pools = {
        "comeback": {"kind": "generated", "prefix": "BACK-", "valid": "14 days", "value": "10%"},
        "tenth": {"kind": "list", "file": "vouchers/tenth.csv", "value": "20.50 EUR", "low_at": "25%"},
    }
    assert shop_from({**SHOP, "voucher_pools": pools}).voucher_pools == {
        "comeback": VoucherPool(
            name="comeback", kind="generated", prefix="BACK-", valid=Span(days=14), value="10 %", low_at=Decimal("0.1")
        ),
        "tenth": VoucherPool(name="tenth", kind="list", value="20.50 EUR", low_at=Decimal("0.25")),
    }


def with_list(*codes: str) -> Content:
    pools = {"tenth": {"kind": "list", "file": "vouchers/tenth.csv"}}
    told = content(messages={"mail": {"voucher": "tenth"}}, voucher_pools=pools)
    told.codes["tenth"] = codes
    return told


def test_the_catalogue_knows_how_long_a_list_is_and_which_message_gives_its_codes() -> None:
    catalogue = catalogue_of(with_list("A-1", "A-2"))
    assert catalogue.voucher_pool("tenth") == VoucherPool(name="tenth", kind="list", size=2)
    assert catalogue.voucher_pool("eleventh") is None
    assert catalogue.message("mail") == MessageSettings(name="mail", voucher="tenth", voucher_group="voucher")


def test_other_codes_are_another_release_and_another_order_of_them_is_not() -> None:
    manifests = [
        next(document for document in documents(with_list(*codes)) if document.kind == MANIFEST)
        for codes in (("A-1", "A-2"), ("A-2", "A-1"), ("A-1", "A-3"))
    ]
    assert manifests[0].version == manifests[1].version != manifests[2].version
