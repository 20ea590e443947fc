"""Vouchers on the embedded AWS: the same codes as in simulation, under the roles' own policies, and a run on a list."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from dampf.campaigns.content import Content
from dampf.domain.commit import Commit
from dampf.domain.instants import format_instant
from dampf.domain.message import Message
from dampf.domain.shop import VoucherPool
from dampf.domain.state import State
from dampf.domain.voucher import Voucher
from dampf.stores.profiles import DynamoProfiles
from dampf.stores.vouchers import DynamoVouchers
from dampf.use_cases.ports.messages import NotGiven
from dampf_cli import content_folder, main
from dampf_cli.local_stack import local_stack
from tests import builders
from tests.builders import bought, consenting, happened, message
from tests.embedded.conftest import START, deployed, used_once
from tests.embedded.engines import DeployedShop, Envelope, simulate

pytestmark = pytest.mark.emulator

SHOP = """
name: Example Tools
sender: "Example Tools <hello@shop.example>"
timezone: Europe/Berlin
opt_in: single
voucher_pools:
  comeback: { kind: generated, prefix: BACK-, valid: 14 days, value: 10 % }
  tenth: { kind: list, file: vouchers/tenth.csv, valid: 30 days, value: 20 EUR }
"""
AGAIN = "entry: { again: always }\n"
FILES = {
    "shop.yaml": SHOP,
    "metrics.yaml": "spoilt: { add: 1, on: Mail Spoilt }\n",
    "back.yaml": "trigger: { event: Missed }\n" + AGAIN + "steps: [{ send: back }]\n",
    "ten.yaml": "trigger: { event: Tenth }\n" + AGAIN + "steps: [{ send: ten }]\n",
    "thanks.yaml": "trigger: { event: Voucher Redeemed }\n" + AGAIN + "steps: [{ send: thanks }]\n",
    "noted.yaml": "trigger: { event: [Voucher Issued, Voucher Returned] }\n"
    + AGAIN
    + "steps: [{ set: { told: event.name } }]",
    "vouchers/tenth.csv": "TEN-1\nTEN-2\nTEN-3\n",
    "messages/back.mjml": message("{{ voucher.code }}", "{{ voucher.expires_at }}", voucher="comeback"),
    "messages/ten.mjml": message(
        "{{ voucher.code }}", "{{ 1 / (1 - profile.metrics.spoilt) }}", voucher="tenth", voucher_group="ten"
    ),
    "messages/thanks.mjml": message("Thanks, {{ profile.vouchers | map(attribute='code') | join(' ') }}"),
}


def at(minutes: int) -> str:
    return format_instant(START + timedelta(minutes=minutes))


# The mailbox queue remembers for five minutes what it has taken: each test has people of its own.


def named(which: str, told: list[Envelope]) -> list[Envelope]:
    return [{"id": f"{which}-{number}", **envelope} for number, envelope in enumerate(told)]


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> Content:
    folder = tmp_path_factory.mktemp("vouchers")
    for name, text in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    return content_folder.read(folder)


@pytest.fixture(scope="module")
def shop_of_module(content: Content, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeployedShop]:
    with deployed(content, tmp_path_factory.mktemp("vouchers-shop")) as shop:
        yield shop


@pytest.fixture
def shop(shop_of_module: DeployedShop) -> Iterator[DeployedShop]:
    yield from used_once(shop_of_module)


def test_both_engines_give_the_same_codes_and_an_order_starts_the_same_campaign(shop: DeployedShop) -> None:
    told: list[Envelope] = [
        *consenting("anna", "ben", "cleo", "dora", at=at(0)),
        happened("Missed", at(1), "anna"),
        *(happened("Tenth", at(2 + place), who) for place, who in enumerate(("anna", "ben", "cleo", "dora"))),
    ]
    first = simulate(shop.catalogue, named("both", told))
    code = next(each["voucher"] for each in first.messages if each["message"] == "back")
    told += [bought("ben", at(10), "o1", coupon=f" {code.lower()} "), bought("cleo", at(11), "o2", coupon=code)]
    told = named("both", told)
    played, simulated = shop.play(told), simulate(shop.catalogue, told)
    assert (played.outcomes, played.profiles) == (simulated.outcomes, simulated.profiles)
    outcomes = [(each["message"], each["outcome"], each["reason"]) for each in played.messages]
    assert Counter(outcomes) == {
        ("back", "sent", None): 1,
        ("ten", "sent", None): 3,
        ("ten", "dropped", "voucher_exhausted"): 1,
        ("thanks", "sent", None): 1,
    }
    assert {each["voucher"] for each in played.messages if each["message"] == "ten"} == {
        "TEN-1",
        "TEN-2",
        "TEN-3",
        None,
    }
    (thanked,) = (each for each in played.messages if each["message"] == "thanks")
    assert thanked["customer_id"] == "ben"
    low = [(entry["pool"], entry["left"]) for entry in shop.logged("DeliverFunction", saying="voucher codes run out")]
    assert ("tenth", 0) in low


def test_a_message_dropped_after_its_claim_gives_its_code_back_in_both_engines(shop: DeployedShop) -> None:
    told: list[Envelope] = [
        *consenting("eva", "finn", "gina", "hans", at=at(0)),
        *(happened("Mail Spoilt", at(1), who) for who in ("eva", "finn")),
        *(happened("Tenth", at(2 + place), who) for place, who in enumerate(("eva", "finn", "gina", "hans"))),
    ]
    told = named("back", told)
    played, simulated = shop.play(told), simulate(shop.catalogue, told)
    assert (played.outcomes, played.profiles) == (simulated.outcomes, simulated.profiles)
    assert [(each["customer_id"], each["reason"], each["voucher"] is not None) for each in played.messages] == [
        ("eva", "render_error", False),
        ("finn", "render_error", False),
        ("gina", None, True),
        ("hans", None, True),
    ]
    assert DynamoVouchers(tables=shop.local.tables).left("tenth", at_most=10) == 1


def test_the_shop_hears_of_each_code_on_its_bus(shop: DeployedShop) -> None:
    played = shop.play(named("heard", [*consenting("ida", at=at(0)), happened("Missed", at(1), "ida")]))
    assert played.profile("customer_id", "ida")["traits"]["told"] == "Voucher Issued"


POOL = VoucherPool(name="run", kind="list", value="20 EUR", size=1000)
CODES = [f"RUN-{number:04}" for number in range(1000)]


def test_2000_claims_at_once_of_a_list_of_1000_give_each_code_once_and_tell_the_rest(shop: DeployedShop) -> None:
    """The emulator answers one request at a time, so what overlaps is what lies between two requests of a claim."""
    tables = shop.local.tables
    DynamoVouchers(tables=tables).offer("run", CODES)
    rows = [a_message(number) for number in range(2000)]
    profiles = DynamoProfiles(tables=tables)
    for start in range(0, len(rows), 40):
        commits = [
            Commit(
                profile=row.profile, state=State(profile=builders.profile(row.profile)), read_version=0, messages=(row,)
            )
            for row in rows[start : start + 40]
        ]
        assert not profiles.commit(commits, now=START).conflicts
    counted, vouchers = CountedCalls(), DynamoVouchers(tables=tables)
    tables.client.meta.events.register("before-send.dynamodb", counted, unique_id="counted")

    def claim(share: list[Message]) -> list[Voucher | NotGiven]:
        return [vouchers.claim(row, POOL, expires_at=None, now=START) for row in share]

    with ThreadPoolExecutor(16) as pool:
        answers = [answer for some in pool.map(claim, [rows[start::16] for start in range(16)]) for answer in some]
    tables.client.meta.events.unregister("before-send.dynamodb", unique_id="counted")
    given = [answer.code for answer in answers if isinstance(answer, Voucher)]
    assert sorted(given) == CODES
    assert Counter(answer for answer in answers if isinstance(answer, NotGiven)) == {NotGiven.EXHAUSTED: 1000}
    assert DynamoVouchers(tables=tables).left("run", at_most=10) == 0
    assert counted.requests <= 3 * len(rows)


@pytest.fixture
def operated_shop(content: Content, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DeployedShop]:
    """One that takes commands from anybody."""
    with local_stack(content, start=START, log_file=tmp_path / "log") as local:
        assert local.clock is not None
        monkeypatch.setenv("DAMPF_CLOCK_FILE", str(local.clock.path))
        yield DeployedShop(local=local, log=tmp_path / "log")


def test_publishing_adds_and_withdraws_codes_and_leaves_those_that_were_given(
    operated_shop: DeployedShop, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shop, folder = operated_shop, tmp_path / "content"
    played = shop.play(named("published", [*consenting("jana", at=at(0)), happened("Tenth", at(1), "jana")]))
    (given,) = (each["voucher"] for each in played.messages)
    kept, gone = sorted({"TEN-1", "TEN-2", "TEN-3"} - {given})
    for name, text in {**FILES, "vouchers/tenth.csv": f"{kept}\nTEN-4\nTEN-5\n{given}\n"}.items():
        (folder / name).parent.mkdir(exist_ok=True, parents=True)
        (folder / name).write_text(text)
    where = ["--stack", shop.local.stack.name, "--endpoint-url", shop.local.aws.endpoint_url]
    assert main.main(["publish", str(folder), "--dry-run", *where]) == 0
    assert "codes of" in capsys.readouterr().out
    assert DynamoVouchers(tables=shop.local.tables).left("tenth", at_most=9) == 2
    assert main.main(["publish", str(folder), *where]) == 0
    assert "Codes of tenth: 2 added, 1 taken out, 3 free." in capsys.readouterr().out
    assert main.main(["publish", str(folder), *where]) == 0
    assert "Codes of tenth: 0 added, 0 taken out, 3 free." in capsys.readouterr().out
    free = {row["code"] for row in shop.rows("Catalogue") if row["kind"] == "voucher-free#tenth"}
    assert free == {kept, "TEN-4", "TEN-5"}
    assert gone not in free


class CountedCalls:
    def __init__(self) -> None:
        self.requests = 0

    def __call__(self, **_: object) -> None:
        self.requests += 1


def a_message(number: int) -> Message:
    return Message(
        id=f"p{number}-m",
        profile=f"p{number}",
        campaign="run",
        version="v",
        journey=f"j{number}",
        step="steps/0",
        message="run",
        transactional=False,
        topic="marketing",
        requested_at=START,
        key="",
        entered_at=START,
    )
