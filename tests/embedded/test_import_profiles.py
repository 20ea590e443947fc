"""`dampf import profiles` onto the bus of a stack: people are known afterwards, and nobody was mailed."""

import json
from pathlib import Path

import pytest

from dampf_cli import main
from dampf_cli.embedded.emulator import ACCESS_KEY, REGION, SECRET_KEY
from tests.builders import happened
from tests.embedded.conftest import START
from tests.embedded.engines import DeployedShop
from tests.embedded.test_erasure import numbered

pytestmark = pytest.mark.emulator

CUSTOMERS = """\
Customer ID,Email,First Name,Accepts Email Marketing,Created At
c-1,karla@example.com,Karla,yes,2025-03-01T10:00:00Z
c-2,kurt@example.com,Kurt,no,2025-03-02T10:00:00Z
c-3,no address,Kim,yes,2025-03-02T10:00:00Z
c-4,kora@example.com,Kora,yes,2025-03-04T10:00:00Z
"""


def test_customers_are_known_afterwards_once_and_nobody_was_mailed_and_the_erased_stay_away(
    shop: DeployedShop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shop.local.clock is not None
    monkeypatch.setenv("DAMPF_CLOCK_FILE", str(shop.local.clock.path))
    for name, value in (("ACCESS_KEY_ID", ACCESS_KEY), ("SECRET_ACCESS_KEY", SECRET_KEY), ("DEFAULT_REGION", REGION)):
        monkeypatch.setenv(f"AWS_{name}", value)
    shop.play(numbered(happened("Erasure Requested", "2026-03-02T08:30:00Z", "c-4", email="kora@example.com")))
    shop.set_clock(START)
    file = tmp_path / "customers.csv"
    file.write_text(CUSTOMERS)
    where = ("--stack", shop.local.stack.name, "--endpoint-url", shop.local.aws.endpoint_url)
    mails = len(shop.local.mailbox.mails())
    for _ in range(2):
        capsys.readouterr()
        assert main.main(["import", "profiles", str(file), *where, "--json"]) == 1
        told = json.loads(capsys.readouterr().out)
        assert (told["rows"], told["events"], told["refused"]) == (3, 8, 1)
        shop.local.wait_until_quiet()
    played = shop.play([], until=START)
    everybody = [json.loads(line) for line in played.profiles.splitlines()]
    assert sorted(each["identifiers"]["customer_id"][0] for each in everybody) == ["c-1", "c-2"]
    karla = played.profile("customer_id", "c-1")
    assert karla["consent"]["marketing"]["granted"] is True
    assert karla["dates"]["registered_at"] == "2025-03-01T10:00:00Z"
    assert len(shop.rows("History")) == 5
    assert len(shop.local.mailbox.mails()) == mails
