"""The `dampf` program: finds the command and runs it.

Each command is a module `dampf_cli.NAME` with `add_arguments(parser)` and `main(arguments) -> int`, imported only when
it is asked for, so that `dampf --help` and `dampf check` start at once.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from keyword import iskeyword
from typing import Final, NoReturn, Protocol, cast

from dampf_cli.errors import CommandError, WrongUse

COMMANDS: Final = {
    "run": "the embedded AWS with the real functions, and a mailbox to look into",
    "check": "every error and warning in a content folder, all in one go",
    "test": "runs the content folder's own tests, tests/*.yaml",
    "simulate": "what these events would have sent, on a virtual clock",
    "put": "sends files of events to a bus, in batches, and goes on where it was interrupted",
    "new": "a copy of a campaign to start from",
    "preview": "renders one message, or all on one page",
    "profile": "one person: the identity graph, consent, traits and figures",
    "explain": "why this person did or did not get a mail, as a timeline",
    "publish": "checks a content folder, shows what changes in a deployed stack, and puts it in force",
    "rollback": "puts what was published earlier in force again",
    "pause": "switches a campaign, or the whole shop, off: its messages are held",
    "resume": "switches a campaign, or the whole shop, on again: what was held goes out",
    "rotate-key": "signs links of mails with a new key; those of mails already sent keep working",
    "export": "all that is held of a person, as JSON and as a page for them",
    "erase": "removes a person and all that is held of them from a deployed stack",
    "import": "brings in what the shop has already, from files",
}

INTERRUPTED: Final = 130
"""What shells expect after Ctrl-C."""


class Command(Protocol):
    """What the module of a command offers."""

    __doc__: str | None

    def add_arguments(self, parser: argparse.ArgumentParser) -> None: ...

    def main(self, arguments: argparse.Namespace) -> int:
        """0 on success, 1 on a finding. Raises CommandError."""
        ...


def main(argv: Sequence[str] | None = None) -> int:
    given = list(sys.argv[1:] if argv is None else argv)
    parser, subparsers = build_parsers()
    if not given:
        parser.print_help(sys.stderr)
        return WrongUse.exit_code
    # The command is the first word; --help and --version alone need none.
    if given[0] not in COMMANDS:
        parser.parse_args(given)
        raise AssertionError("argparse ends the program at an unknown command")
    command = load(given[0])
    command.add_arguments(subparsers[given[0]])
    return perform(command, parser.parse_args(given))


def build_parsers() -> tuple[argparse.ArgumentParser, dict[str, argparse.ArgumentParser]]:
    """The program's parser, and each command's, which does not know its arguments yet."""
    parser = Parser(
        prog="dampf",
        description="Trigger-based e-mail marketing in a shop's own AWS account.",
        epilog="Ends with 0 on success, 1 on a finding, 2 on wrong use.",
    )
    parser.add_argument("--version", action=Version, nargs=0, help="prints the version")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    return parser, {
        name: commands.add_parser(name, help=purpose, description=f"{purpose[0].upper()}{purpose[1:]}.")
        for name, purpose in COMMANDS.items()
    }


class Parser(argparse.ArgumentParser):
    """Wrong use is told in one line, as every other error is, without the usage around it."""

    def error(self, message: str) -> NoReturn:
        self.exit(WrongUse.exit_code, f"{self.prog}: {' '.join(message.split())} (see {self.prog} --help)\n")


class Version(argparse.Action):
    """Reading the installed package's metadata takes longer than all the rest: only when asked."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object, **__: object) -> None:
        from importlib.metadata import version

        print(f"dampf {version('dampf')}")
        parser.exit(0)


def load(name: str) -> Command:
    module = f"{name}_" if iskeyword(name) else name.replace("-", "_")
    return cast(Command, import_module(f"dampf_cli.{module}"))


def perform(command: Command, arguments: argparse.Namespace) -> int:
    try:
        code = command.main(arguments)
        sys.stdout.flush()
        return code
    except CommandError as problem:
        complain(str(problem))
        return problem.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read us (`dampf check | head`) has seen enough. Python would complain while it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as problem:
        if problem.filename is None:
            return admit(problem)
        complain(f"{problem.filename}: {problem.strerror}")
        return WrongUse.exit_code
    except Exception as problem:  # noqa: BLE001 - the last one on the way out
        return admit(problem)


def admit(problem: Exception) -> int:
    """A fault of ours: said in one line all the same, with the way to learn more."""
    if os.environ.get("DAMPF_TRACEBACK"):
        raise problem
    text = " ".join(str(problem).split())
    complain(f"internal error: {type(problem).__name__}: {text} (DAMPF_TRACEBACK=1 shows where)")
    return 1


def complain(text: str) -> None:
    print(f"dampf: {text}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
