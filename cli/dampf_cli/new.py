"""`dampf new`: a copy of a campaign to start from, with its messages and its test.

The copy starts for nobody (`when: false`) until its author takes that out, so that a folder stays as safe and its tests
as green as they were.
"""

import argparse
import re
import sys
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML

from dampf.campaigns.checking import check_folder
from dampf.campaigns.fields import NAME
from dampf.campaigns.nearest import did_you_mean
from dampf.campaigns.reading import MESSAGES
from dampf.campaigns.walking import all_steps, texts
from dampf_cli import content_folder
from dampf_cli.errors import CommandError, WrongUse
from dampf_cli.shop_tests import TESTS

READY: Final = "false and "
"""What stands before the trigger's condition until the copy is ready."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("kind", choices=["campaign"], help="what is to be made")
    parser.add_argument("name", metavar="NAME", help="what it is to be called")
    parser.add_argument("--from", dest="origin", metavar="OTHER", required=True, help="the campaign to copy")
    parser.add_argument("--content", metavar="DIR", type=Path, default=Path("campaigns"), help="default: campaigns")


def main(arguments: argparse.Namespace) -> int:
    folder: Path = arguments.content
    name, origin = arguments.name, arguments.origin
    if not NAME.fullmatch(name):
        raise WrongUse(f"`{name}`: a campaign is named in letters, digits, `_` and `-`")
    content = content_folder.read(folder)
    if origin not in content.campaigns:
        raise WrongUse(f"{folder}: there is no campaign `{origin}`{did_you_mean(origin, content.campaigns)}")
    messages = renamed(_messages_of(content.campaigns[origin]), name=name, origin=origin)
    files = dict(_copies(folder, name=name, origin=origin, messages=messages))
    if taken := [path for path in files if path.exists()]:
        raise CommandError(f"{taken[0]}: is there already, and nothing was written")
    for path, text in files.items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        print(path)
    reading = check_folder(folder)
    for finding in reading.findings:
        print(replace(finding, file=str(folder / finding.file)), file=sys.stderr)
    print(f"{name} starts for nobody until you take `{READY.strip()}` out of its trigger", file=sys.stderr)
    return 1 if reading.has_errors else 0


def renamed(messages: list[str], *, name: str, origin: str) -> dict[str, str]:
    """Old names to new ones: `welcome_offer` of `welcome` is `NAME_offer`, an only message is `NAME`."""
    names = {}
    for message in messages:
        if message == origin or len(messages) == 1:
            names[message] = name
        else:
            names[message] = f"{name}_{message.removeprefix(f'{origin}_')}"
    return names


def _messages_of(campaign: dict[str, Any]) -> list[str]:
    steps = [step for _, step in all_steps(campaign)]
    return list(dict.fromkeys(texts([message for step in steps for message in (step.get("send"), step.get("sms"))])))


def _copies(folder: Path, *, name: str, origin: str, messages: dict[str, str]) -> list[tuple[Path, str]]:
    copies = [
        (folder / f"{name}.yaml", _campaign((folder / f"{origin}.yaml").read_text(encoding="utf-8-sig"), messages))
    ]
    for old, new in messages.items():
        paths = [path for path in (folder / MESSAGES).iterdir() if path.name.partition(".")[0] == old]
        copies += [
            (path.with_name(new + path.name.removeprefix(old)), _with_names(_text(path), messages))
            for path in sorted(paths)
        ]
    test = folder / TESTS / f"{origin}.yaml"
    if test.is_file():
        copies.append((test.with_name(f"{name}.yaml"), _test(_text(test), name=name, messages=messages)))
    return copies


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8-sig")


# --- the campaign's own file ---------------------------------------------------------------------------------------


def _campaign(text: str, messages: dict[str, str]) -> str:
    yaml = YAML(typ="rt", pure=True)
    yaml.preserve_quotes, yaml.width = True, 4096
    yaml.indent(mapping=2, sequence=4, offset=2)
    document = yaml.load(text)
    _rename_in(document, messages)
    if "title" in document:
        document["title"] = f"{document['title']} (copy)"
    triggers = document["trigger"] if isinstance(document["trigger"], list) else [document["trigger"]]
    for trigger in triggers:
        when = trigger.get("when")
        trigger["when"] = False if when is None else f"{READY}({' '.join(str(when).split())})"
    written = StringIO()
    yaml.dump(document, written)
    return written.getvalue()


def _rename_in(value: Any, messages: dict[str, str]) -> None:
    places = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in list(places):
        if key in ("send", "sms") and each in messages:
            value[key] = messages[each]
        elif isinstance(each, str) and "journey.messages" in each:
            value[key] = type(each)(_with_names(each, messages))
        else:
            _rename_in(each, messages)


def _with_names(text: str, messages: dict[str, str]) -> str:
    """Expressions that look at the journey's messages."""
    for old, new in messages.items():
        text = re.sub(rf"journey\.messages\.{re.escape(old)}\b", f"journey.messages.{new}", text)
    return text


# --- its test -----------------------------------------------------------------------------------------------------


def _test(text: str, *, name: str, messages: dict[str, str]) -> str:
    """The original's scenario, and as a comment what the copy would send in it."""
    wanted = []
    for line in text.partition("\nexpect:")[2].splitlines():
        for old, new in messages.items():
            if re.search(rf"\bmessage: {re.escape(old)}\b", line):
                wanted.append("# " + re.sub(rf"\bmessage: {re.escape(old)}\b", f"message: {new}", line.strip()))
    begins = f"# What {name} is expected to send, once it starts for somebody:"
    return "\n".join([text.rstrip("\n"), begins, *wanted, ""])
