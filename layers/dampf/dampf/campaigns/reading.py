"""Reads a content folder from disk: YAML and messages become JSON values, and all faults are found in one go.

Only the command line imports this module; what it reads is published as JSON. What concerns several files at once is
`checking`'s.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from dampf.campaigns import shapes
from dampf.campaigns.complaints import complaints
from dampf.campaigns.content import BASE_LOCALE, Content
from dampf.campaigns.fields import LOCALE, NAME
from dampf.campaigns.findings import Finding, in_order
from dampf.campaigns.language import campaign_from, metrics_from, segments_from, shop_from
from dampf.campaigns.voucher_files import read_codes
from dampf.campaigns.yaml_text import YamlDocument, read_yaml
from dampf.domain.shop import SMS, Channel

SHOP_FILE: Final = "shop.yaml"
METRICS_FILE: Final = "metrics.yaml"
SEGMENTS_FILE: Final = "segments.yaml"
MESSAGES: Final = "messages"
CHANNELS: Final[dict[str, Channel]] = {".mjml": "email", ".txt": SMS}
ENDINGS: Final = {channel: ending for ending, channel in CHANNELS.items()}
_FENCE: Final = "---"


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageFile:
    """`body_line` is the line of the file in which the body begins; `channel` is told by the file's ending."""

    name: str
    locale: str
    file: str
    front: YamlDocument
    body: str
    body_line: int
    channel: Channel = "email"


@dataclass(kw_only=True, slots=True)
class Reading:
    """`content` holds what could be read; it is fit to be published only if there is no error."""

    folder: Path
    content: Content = field(default_factory=Content)
    findings: tuple[Finding, ...] = ()
    yaml: dict[str, YamlDocument] = field(default_factory=dict)
    messages: list[MessageFile] = field(default_factory=list)

    @property
    def has_errors(self) -> bool:
        return any(finding.is_error for finding in self.findings)


def read_folder(folder: Path) -> Reading:
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder}: there is no such folder")
    reading = Reading(folder=folder)
    findings: list[Finding] = []
    content = reading.content
    if not (folder / SHOP_FILE).is_file():
        findings.append(Finding(file=SHOP_FILE, line=1, message="is missing; it needs `name`, `sender` and `timezone`"))
    for path in sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith(".")):
        if path.suffix == ".yml":
            findings.append(
                Finding(file=path.name, line=1, level="warning", message="is not read; its name must end in `.yaml`")
            )
        if path.suffix != ".yaml":
            continue
        text = _text_of(path, path.name, findings)
        document = read_yaml(text) if text is not None else YamlDocument(is_broken=True)
        reading.yaml[path.name] = document
        _add_yaml(path.name, document, content, findings)
    _read_messages(reading, findings)
    findings += read_codes(folder, content, reading.yaml.get(SHOP_FILE))
    reading.findings = in_order(findings)
    return reading


def _text_of(path: Path, file: str, findings: list[Finding]) -> str | None:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as fault:
        line = path.read_bytes().count(b"\n", 0, fault.start) + 1
        findings.append(Finding(file=file, line=line, message="is not UTF-8 text"))
        return None


# --- YAML files ---------------------------------------------------------------------------------------------------


def _add_yaml(file: str, document: YamlDocument, content: Content, findings: list[Finding]) -> None:
    """Into the content goes what is a mapping at all, so that the checks across files see as much as possible."""
    findings += [
        Finding(file=file, line=problem.line, column=problem.column, message=problem.message)
        for problem in document.problems
    ]
    if document.is_broken:
        return
    value = {} if document.value is None else document.value
    name = file.removesuffix(".yaml")
    into: dict[str, Any]
    match file:
        case "shop.yaml":
            into = content.shop
            findings += _faults(file, document, value, shop_from, shapes.ShopShape)
        case "metrics.yaml":
            into = content.metrics
            findings += _faults(file, document, value, metrics_from, None)
        case "segments.yaml":
            into = content.segments
            findings += _faults(file, document, value, segments_from, None)
        case _:
            into = content.campaigns.setdefault(name, {})
            findings += _faults(file, document, value, _campaign_of(name), shapes.CampaignShape)
            if not NAME.fullmatch(name):
                message = "a campaign's file is named in letters, digits, `_` and `-`"
                findings.append(Finding(file=file, line=1, message=message))
    if isinstance(value, dict):
        into.update(value)


def _campaign_of(name: str) -> Callable[[Mapping[str, Any]], object]:
    return lambda document: campaign_from(name, document, "")


def _faults(
    file: str,
    document: YamlDocument,
    value: object,
    translate: Callable[[Any], object],
    model: type[BaseModel] | None,
) -> list[Finding]:
    try:
        translate(value)
    except ValidationError as fault:
        return [
            _finding_at(file, document, complaint.path, complaint.message)
            for complaint in complaints(fault, value, model)
        ]
    except ValueError:  # two steps with one id: `checking` names the line of the second
        return []
    return []


def _finding_at(file: str, document: YamlDocument, path: tuple[str | int, ...], message: str) -> Finding:
    line, column = document.place(path)
    return Finding(file=file, line=line, column=column, message=message)


# --- messages -----------------------------------------------------------------------------------------------------


def _read_messages(reading: Reading, findings: list[Finding]) -> None:
    folder = reading.folder / MESSAGES
    mails = {path.name.partition(".")[0] for path in folder.glob("*.mjml")}
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        file = f"{MESSAGES}/{path.name}"
        if path.suffix not in CHANNELS or path.name.startswith("."):
            continue
        channel = CHANNELS[path.suffix]
        text = _text_of(path, file, findings)
        if text is None:
            continue
        if path.name.startswith("_"):
            reading.content.partials[path.name] = text
            continue
        name, _, locale = path.stem.partition(".")
        if not NAME.fullmatch(name) or (locale and not LOCALE.fullmatch(locale)):
            message = f"a message's file is named NAME{path.suffix} or, in another locale, NAME.de{path.suffix}"
            findings.append(Finding(file=file, line=1, message=message))
            continue
        if channel == SMS and name in mails:
            text = f"there is a mail {name}.mjml too; a message is either a mail or a text message"
            findings.append(Finding(file=file, line=1, message=text))
            continue
        message_file = _message_file(name, locale or BASE_LOCALE, file, text, channel, findings)
        if message_file:
            reading.messages.append(message_file)
            variant = {"front": message_file.front.value, "body": message_file.body}
            variant |= {"channel": SMS} if channel == SMS else {}
            reading.content.messages.setdefault(name, {})[message_file.locale] = variant


def _message_file(
    name: str, locale: str, file: str, text: str, channel: Channel, findings: list[Finding]
) -> MessageFile | None:
    """A text message needs no front matter, as there is nothing that it must say."""
    lines = text.splitlines(keepends=True)
    ends = [number for number, line in enumerate(lines) if line.rstrip() == _FENCE]
    if channel == SMS and (not lines or lines[0].rstrip() != _FENCE):
        front = YamlDocument(value={})
        return MessageFile(name=name, locale=locale, file=file, front=front, body=text, body_line=1, channel=SMS)
    if len(ends) < 2 or ends[0] != 0:
        message = "begins with front matter: `---`, at least `subject: ...`, `---`"
        findings.append(Finding(file=file, line=1, message=message))
        return None
    end = ends[1]
    front = read_yaml("".join(lines[1:end]), first_line=2)
    findings += [
        Finding(file=file, line=problem.line, column=problem.column, message=problem.message)
        for problem in front.problems
    ]
    if front.is_broken:
        return None
    front.value = {} if front.value is None else front.value
    shape = shapes.TextMessageFront if channel == SMS else shapes.MessageFront
    findings += _faults(file, front, front.value, shape.model_validate, shape)
    if not isinstance(front.value, dict):
        return None
    return MessageFile(
        name=name,
        locale=locale,
        file=file,
        front=front,
        body="".join(lines[end + 1 :]),
        body_line=end + 2,
        channel=channel,
    )
