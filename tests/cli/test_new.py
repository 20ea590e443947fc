"""`dampf new campaign`: a copy to start from, that starts for nobody yet and overwrites nothing."""

import shutil
from pathlib import Path

import pytest

from dampf_cli import main as program


@pytest.fixture
def folder(tmp_path: Path, root: Path) -> Path:
    copied = tmp_path / "content"
    shutil.copytree(root / "campaigns", copied)
    return copied


def new(folder: Path, name: str, origin: str) -> int:
    return program.main(["new", "campaign", name, "--from", origin, "--content", str(folder)])


def test_a_copy_has_the_campaign_its_messages_in_all_languages_and_its_test(folder: Path) -> None:
    before = {path.relative_to(folder) for path in folder.rglob("*")}
    assert new(folder, "spring", "welcome") == 0
    made = {path.relative_to(folder) for path in folder.rglob("*")} - before
    assert {str(path) for path in made} == {
        "spring.yaml",
        "messages/spring.mjml",
        "messages/spring.de.mjml",
        "messages/spring_offer.mjml",
        "messages/spring_offer.de.mjml",
        "tests/spring.yaml",
    }
    original = (folder / "messages/welcome_offer.de.mjml").read_text()
    assert (folder / "messages/spring_offer.de.mjml").read_text() == original
    campaign = (folder / "spring.yaml").read_text()
    assert "send: spring\n" in campaign
    assert "send: spring_offer" in campaign
    assert "# who buys needs no persuading" in campaign


@pytest.mark.parametrize("origin", ["welcome", "reactivation", "newsletter"])
def test_a_copy_starts_for_nobody_so_the_folder_is_as_sound_and_its_tests_as_green_as_before(
    folder: Path, origin: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert new(folder, "mine", origin) == 0
    assert program.main(["check", str(folder)]) == 0
    assert "warning" not in capsys.readouterr().out
    for test in (folder / "tests").iterdir():
        if test.stem not in ("mine", origin):
            test.unlink()
    assert program.main(["test", str(folder)]) == 0


def test_a_condition_is_kept_behind_what_is_to_be_taken_out(folder: Path) -> None:
    assert new(folder, "mine", "cart_abandonment") == 0
    assert "when: false and (profile.cart.items)" in (folder / "mine.yaml").read_text()


def test_looks_at_the_journeys_messages_follow_the_new_names(folder: Path) -> None:
    assert new(folder, "mine", "reactivation") == 0
    assert "journey.messages.mine_comeback.opened" in (folder / "mine.yaml").read_text()


def test_nothing_is_overwritten_and_nothing_written_by_halves(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mine = (folder / "messages/advice.mjml").read_text()
    (folder / "messages/mine_offer.mjml").write_text(mine)
    assert new(folder, "mine", "welcome") == 1
    said = "messages/mine_offer.mjml: is there already, and nothing was written"
    assert capsys.readouterr().err == f"dampf: {folder}/{said}\n"
    assert not (folder / "mine.yaml").exists()
    assert (folder / "messages/mine_offer.mjml").read_text() == mine


@pytest.mark.parametrize(
    "name, origin, said",
    [
        ("mine", "welcom", "there is no campaign `welcom`, did you mean `welcome`?"),
        ("my campaign", "welcome", "a campaign is named in letters, digits, `_` and `-`"),
        ("../mine", "welcome", "a campaign is named in letters, digits, `_` and `-`"),
    ],
)
def test_wrong_names_are_told_in_one_line(
    folder: Path, name: str, origin: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert new(folder, name, origin) == 2
    assert capsys.readouterr().err.endswith(f"{said}\n")
