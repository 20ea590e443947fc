"""The program's outside: exit codes, one clear line on stderr, and a start that loads one command at most."""

import argparse
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from dampf_cli import main as program
from dampf_cli.errors import CommandError, WrongUse


def command(monkeypatch: pytest.MonkeyPatch, ends: int | Exception | type[BaseException]) -> None:
    """`dampf check DIR` becomes a command that ends like that."""
    module = ModuleType("dampf_cli.check")

    def add_arguments(parser: argparse.ArgumentParser) -> None:
        parser.add_argument("directory")

    def perform(arguments: argparse.Namespace) -> int:
        assert arguments.directory == "campaigns"
        if isinstance(ends, int):
            return ends
        raise ends

    module.add_arguments = add_arguments  # type: ignore[attr-defined]
    module.main = perform  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "dampf_cli.check", module)


@pytest.mark.parametrize(
    "ends, code, line",
    [
        pytest.param(0, 0, "", id="success"),
        pytest.param(1, 1, "", id="a finding"),
        pytest.param(CommandError("shop.yaml:3: no such key"), 1, "dampf: shop.yaml:3: no such key\n", id="an error"),
        pytest.param(WrongUse("no such folder: x"), 2, "dampf: no such folder: x\n", id="wrong use"),
        pytest.param(FileNotFoundError(2, "No such file or directory", "e.jsonl"), 2,
                     "dampf: e.jsonl: No such file or directory\n", id="a file that is not there"),
        pytest.param(ValueError("a\nb"), 1,
                     "dampf: internal error: ValueError: a b (DAMPF_TRACEBACK=1 shows where)\n", id="our own fault"),
        pytest.param(KeyboardInterrupt, 130, "", id="Ctrl-C"),
    ],
)  # fmt: skip
def test_a_command_ends_with_its_code_and_at_most_one_line(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    ends: int | Exception | type[BaseException],
    code: int,
    line: str,
) -> None:
    monkeypatch.delenv("DAMPF_TRACEBACK", raising=False)
    command(monkeypatch, ends)
    assert program.main(["check", "campaigns"]) == code
    assert capsys.readouterr().err == line


@pytest.mark.parametrize(
    "argv, code",
    [
        pytest.param(["--help"], 0, id="help"),
        pytest.param(["check", "--help"], 0, id="a command's help"),
        pytest.param(["--version"], 0, id="version"),
        pytest.param(["chekc"], 2, id="a misspelt command"),
        pytest.param(["check"], 2, id="an argument is missing"),
        pytest.param(["check", "campaigns", "--what"], 2, id="an option nobody knows"),
    ],
)
def test_the_program_explains_itself(monkeypatch: pytest.MonkeyPatch, argv: list[str], code: int) -> None:
    command(monkeypatch, 0)
    with pytest.raises(SystemExit) as ended:
        program.main(argv)
    assert ended.value.code == code


@pytest.mark.parametrize(
    "argv, line",
    [
        (["chekc"], "dampf: argument COMMAND: invalid choice: 'chekc' "),
        (["check"], "dampf check: the following arguments are required: directory (see dampf check --help)"),
        (["check", "x", "--a\nb"], "dampf: unrecognized arguments: --a b (see dampf --help)"),
        (["import"], "dampf import: the following arguments are required: KIND (see dampf import --help)"),
        (["import", "products"], "dampf import products: the following arguments are required: FILE"),
    ],
)
def test_wrong_use_is_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], argv: list[str], line: str
) -> None:
    command(monkeypatch, 0)
    with pytest.raises(SystemExit):
        program.main(argv)
    told = capsys.readouterr().err
    assert told.startswith(line)
    assert told.endswith(" --help)\n")
    assert told.count("\n") == 1


def test_without_a_command_it_shows_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert program.main([]) == 2
    shown = capsys.readouterr().err
    assert all(name in shown for name in program.COMMANDS)


def test_our_own_fault_can_be_looked_into(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAMPF_TRACEBACK", "1")
    command(monkeypatch, ZeroDivisionError("x"))
    with pytest.raises(ZeroDivisionError):
        program.main(["check", "campaigns"])


@pytest.mark.parametrize("name", program.COMMANDS)
def test_every_command_is_there_and_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        program.main([name, "--help"])
    assert ended.value.code == 0
    assert f"dampf {name}" in capsys.readouterr().out


def test_help_loads_no_command_and_nothing_heavy() -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", "import sys, dampf_cli.main; print(*sys.modules)"],
        check=True, capture_output=True, text=True, env={"PYTHONPATH": "cli:layers/dampf"},
    ).stdout.split()  # fmt: skip
    assert not {"boto3", "botocore", "jinja2", "ministack", "pydantic", "rich", "ruamel", "asyncio"} & set(loaded)


@pytest.mark.parametrize(
    "argv",
    [["put", "gone.file", "--bus", "shop"], ["import", "products", "gone.file"]],
    ids=["put", "import products"],
)
def test_a_file_that_is_not_there_is_named_before_aws_is_asked(
    argv: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert program.main([*argv, "--endpoint-url", "http://127.0.0.1:9"]) == 2
    assert capsys.readouterr().err == "dampf: gone.file: No such file or directory\n"
    folder = [str(tmp_path) if each == "gone.file" else each for each in argv]
    assert program.main([*folder, "--endpoint-url", "http://127.0.0.1:9"]) == 2
    assert capsys.readouterr().err == f"dampf: {tmp_path}: Is a directory\n"


@pytest.mark.parametrize("command", ["put", "pause", "import", "export", "profile"])
def test_an_endpoint_that_is_no_address_is_wrong_use(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    more = {
        "put": ["events.jsonl", "--bus", "shop"],
        "pause": ["--shop", "--stack", "shop"],
        "import": ["profiles", "customers.csv"],
    }
    with pytest.raises(SystemExit) as ended:
        program.main([command, *more.get(command, []), "--endpoint-url", "localhost"])
    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert "--endpoint-url: localhost: an address such as http://127.0.0.1:4566 expected" in told


@pytest.mark.parametrize(
    "option, value, expected",
    [
        ("--speed", "0", "a number above 0 expected"),
        ("--speed", "nan", "a number above 0 expected"),
        ("--port", "65536", "a port from 0 to 65535 expected"),
    ],
)
def test_run_refuses_a_speed_and_a_port_that_cannot_be(
    option: str, value: str, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        program.main(["run", option, value])
    assert ended.value.code == 2
    assert f"{option}: {value}: {expected} " in capsys.readouterr().err
