"""Whether each message compiles, renders, and agrees with its variants in other locales."""

import re
from collections.abc import Iterator
from typing import Final

from dampf.campaigns.content import BASE_LOCALE
from dampf.campaigns.findings import Finding
from dampf.campaigns.messages import (
    FrontMatter,
    MessageSource,
    RenderFailed,
    compile_message,
    compile_text,
    trial,
)
from dampf.campaigns.name_checks import Known, misnamed_paths
from dampf.campaigns.nearest import did_you_mean
from dampf.campaigns.partials import MessageError, Partials
from dampf.campaigns.reading import ENDINGS, MESSAGES, SHOP_FILE, MessageFile, Reading
from dampf.campaigns.text_message import MOST_PARTS, beyond_the_alphabet, parts_of
from dampf.domain.shop import SMS

_OF_THE_ORIGINAL: Final = ("class", "topic", "priority", "voucher", "voucher_group")
_NAMES_VOUCHER: Final = re.compile(r"\{[{%][^}]*\bvoucher\b")
_TAG: Final = re.compile(r"<(?P<closing>/?)(?P<name>mj[\w-]*)(?:\"[^\"]*\"|[^\">])*?(?P<empty>/?)>")


def message_findings(reading: Reading, *, used: frozenset[str], known: Known) -> Iterator[Finding]:
    partials = Partials(reading.content.partials)
    originals = {message.name: message for message in reading.messages if message.locale == BASE_LOCALE}
    for message in reading.messages:
        if message.channel == SMS:
            yield from _text_findings(message, reading, known)
        else:
            yield from _template_findings(message, partials, reading, known)
        original = originals.get(message.name)
        if original is None:
            base = f"{message.name}{ENDINGS[message.channel]}"
            if not (reading.folder / MESSAGES / base).is_file():
                text = f"needs {base} beside it, for everybody with another language"
                yield Finding(file=message.file, line=1, message=text)
        elif message is not original:
            yield from _disagreements(message, original)
        if message is original:
            yield from _voucher_findings(message, reading)
        if message is original and message.name not in used:
            yield Finding(file=message.file, line=1, level="warning", message="no campaign sends this message")


def _template_findings(message: MessageFile, partials: Partials, reading: Reading, known: Known) -> Iterator[Finding]:
    front = message.front.value
    texts = {key: front[key] for key in ("subject", "preheader") if isinstance(front.get(key), str)}
    source = MessageSource(
        name=message.name,
        front=FrontMatter(**{"subject": "", **texts}),
        body=message.body,
        body_line=message.body_line,
    )
    try:
        template = compile_message(source, partials)
    except MessageError as fault:
        if fault.file:
            yield Finding(file=f"{MESSAGES}/{fault.file}", line=fault.line, message=fault.message)
        else:
            yield Finding(file=message.file, line=_line_of(fault, message), message=fault.message)
        return
    original = next(
        (each for each in reading.messages if each.name == message.name and each.locale == BASE_LOCALE), None
    )
    gives = original is not None and original.front.value.get("voucher") is not None
    if gives and "voucher.code" not in template.paths:
        line = message.front.place(("voucher",))[0]
        text = "gives a voucher and never shows `voucher.code`"
        yield Finding(file=message.file, line=line, level="warning", message=text)
    if not gives and any(_NAMES_VOUCHER.search(text) for text in (message.body, *texts.values())):  # partials may
        text = "names `voucher`, but its front matter names no pool: `voucher: POOL`"
        yield Finding(file=message.file, line=_line_with("voucher", message), level="warning", message=text)
    for name, problem in misnamed_paths(template.paths, known):
        yield Finding(file=message.file, line=_line_with(name, message), level="warning", message=problem)
    if reason := trial(template):
        line, unbalanced = _unbalanced(message.body) or (1, reason)
        text = unbalanced if "MJML" in reason else reason
        yield Finding(file=message.file, line=line + message.body_line - 1, message=text)


def _text_findings(message: MessageFile, reading: Reading, known: Known) -> Iterator[Finding]:
    """Its length is that of a trial with nothing known: names and numbers come on top."""
    source = MessageSource(name=message.name, front=FrontMatter(), body=message.body, body_line=message.body_line)
    try:
        template = compile_text(source, reading.content.partials)
        text = template.render({})
    except MessageError as fault:
        file = f"{MESSAGES}/{fault.file}" if fault.file else message.file
        yield Finding(file=file, line=fault.line, message=fault.message)
        return
    except RenderFailed as fault:
        yield Finding(file=message.file, line=message.body_line, message=fault.reason)
        return
    if "subject" in message.front.value:
        line = message.front.place(("subject",))[0]
        yield Finding(file=message.file, line=line, level="warning", message="a text message shows no subject")
    for name, problem in misnamed_paths(template.paths, known):
        yield Finding(file=message.file, line=_line_with(name, message), level="warning", message=problem)
    parts, foreign = parts_of(text), beyond_the_alphabet(text)
    if not message.body.strip():
        yield Finding(file=message.file, line=message.body_line, message="the text is empty")
    elif parts > MOST_PARTS:
        words = f"the text takes {parts} parts, and {MOST_PARTS} are the most"
        yield Finding(file=message.file, line=message.body_line, message=words)
    elif parts > 1:
        why = f" `{foreign}` leaves 70 characters to a part, not 160" if foreign else ""
        words = (
            f"the text takes {parts} parts, each of which is paid for;{why}"
            if why
            else (f"the text takes {parts} parts, each of which is paid for")
        )
        yield Finding(file=message.file, line=message.body_line, level="warning", message=words)


def _voucher_findings(message: MessageFile, reading: Reading) -> Iterator[Finding]:
    name, pools = message.front.value.get("voucher"), reading.content.shop.get("voucher_pools") or {}
    if isinstance(name, str) and isinstance(pools, dict) and name not in pools:
        line, column = message.front.value_place(("voucher",))
        text = f"there is no voucher pool `{name}` in {SHOP_FILE}{did_you_mean(name, pools)}"
        yield Finding(file=message.file, line=line, column=column, message=text)


def unused_pools(reading: Reading) -> Iterator[Finding]:
    used = [message.front.value.get("voucher") for message in reading.messages]
    pools = reading.content.shop.get("voucher_pools")
    for name in pools if isinstance(pools, dict) else ():
        if name not in used:
            line, column = reading.yaml[SHOP_FILE].place(("voucher_pools", name))
            text = f"no message gives vouchers of `{name}`"
            yield Finding(file=SHOP_FILE, line=line, column=column, level="warning", message=text)


def _line_with(name: str, message: MessageFile) -> int:
    """Where it stands first in the body; 1 where only the front matter or a partial has it."""
    lines = enumerate(message.body.splitlines(), start=message.body_line)
    return next((number for number, line in lines if name in line), 1)


def _unbalanced(body: str) -> tuple[int, str] | None:
    """The first MJML element that is not closed where it should be; the MJML reader itself tells no line."""
    opened: list[tuple[str, int]] = []
    for tag in _TAG.finditer(body):
        line = body.count("\n", 0, tag.start()) + 1
        name = tag["name"]
        if tag["closing"]:
            if not opened:
                return line, f"invalid MJML: `</{name}>` closes nothing"
            expected, opened_in = opened.pop()
            if expected != name:
                return opened_in, f"invalid MJML: `<{expected}>` is not closed"
        elif not tag["empty"]:
            opened.append((name, line))
    return (opened[-1][1], f"invalid MJML: `<{opened[-1][0]}>` is not closed") if opened else None


def _line_of(fault: MessageError, message: MessageFile) -> int:
    field = fault.message.partition(":")[0]
    return message.front.place((field,))[0] if field in ("subject", "preheader") else fault.line


def _disagreements(message: MessageFile, original: MessageFile) -> Iterator[Finding]:
    """The original decides whether and when a message is sent, whoever reads it."""
    for key in _OF_THE_ORIGINAL:
        told = message.front.value.get(key)
        if told is not None and told != original.front.value.get(key):
            line, column = message.front.place((key,))
            text = f"`{key}` is the same in all languages; it stands in {original.name}{ENDINGS[original.channel]}"
            yield Finding(file=message.file, line=line, column=column, message=text)
