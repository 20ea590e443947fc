"""`dampf run` as a user starts it: with `--exit` two at once, each on ports of its own, with what `simulate` says."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.embedded.streams import event, known

pytestmark = pytest.mark.emulator

START = datetime(2026, 9, 7, 9, tzinfo=UTC)


def dampf(root: Path, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [Path(sys.executable).with_name("dampf"), *arguments],
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def events(tmp_path: Path) -> Path:
    """A cart that is left, an order, and a line that is no event."""
    told = [
        *known("anna", START),
        event("Product Added", START, own_id="added", who="anna", product_id="1", name="Drill", cart_id="c1"),
        *known("berta", START),
        event("Order Completed", START + timedelta(minutes=5), own_id="order", who="berta", order_id="1", total=5),
    ]
    file = tmp_path / "events.jsonl"
    file.write_text("".join(json.dumps(each) + "\n" for each in told) + "no event\n")
    return file


def test_two_runs_at_once_end_with_0_and_the_outcomes_of_simulate(root: Path, events: Path, tmp_path: Path) -> None:
    def results(name: str) -> tuple[str, str, str, str]:
        out, profiles = tmp_path / f"{name}.jsonl", tmp_path / f"{name}-profiles.jsonl"
        return "--out", str(out), "--profiles-out", str(profiles)

    simulated = dampf(root, "simulate", str(events), *results("simulated"))
    runs = [dampf(root, "run", "--exit", "--events", str(events), *results(name)) for name in ("one", "two")]
    for process in (simulated, *runs):
        summary, complaints = process.communicate(timeout=120)
        assert process.returncode == 0, complaints
        assert f"{events}:7: no JSON" in complaints
        assert "Traceback" not in complaints
    assert "cart_reminder" in summary or "cart_abandonment" in summary
    for kind in ("", "-profiles"):
        expected = (tmp_path / f"simulated{kind}.jsonl").read_text()
        assert expected
        assert (tmp_path / f"one{kind}.jsonl").read_text() == expected
        assert (tmp_path / f"two{kind}.jsonl").read_text() == expected


@pytest.mark.slow
def test_the_demo_plays_its_week_and_ends_with_0(root: Path) -> None:
    demo = dampf(root, "run", "--exit")
    summary, complaints = demo.communicate(timeout=300)
    assert demo.returncode == 0, complaints
    for campaign in ("welcome", "cart_abandonment", "tenth_order", "order_confirmation"):
        assert campaign in summary
