"""Message templates: compiled once, rendered from a scope to subject, HTML and plain text, or to a text message.

Jinja comes first, in mails with every value escaped, and then MJML. Undefined names print as nothing; only real faults
stop a message. Front matter is read elsewhere; nothing is fetched here.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from jinja2 import Template as JinjaTemplate
from jinja2 import TemplateSyntaxError
from markupsafe import escape

from dampf.campaigns.expressions import reason_of
from dampf.campaigns.mjml import InvalidMjml, html_from, unknown_elements, with_preview
from dampf.campaigns.names import CONSTANT_NAMES
from dampf.campaigns.partials import BUILT_IN, MessageError, Partials, check, family, parse
from dampf.campaigns.plain_text import UnsafeLink, plain_text
from dampf.campaigns.sandbox import Sandbox
from dampf.domain.shop import MARKETING

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_NOT_IN_MARKUP: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_PLAIN: Final = Sandbox()


class RenderFailed(Exception):
    """This message cannot be rendered for this scope. The reason holds no personal data."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, kw_only=True, slots=True)
class FrontMatter:
    """Text messages have neither subject nor preheader."""

    subject: str = ""
    preheader: str | None = None
    sender: str | None = None
    transactional: bool = False
    topic: str = MARKETING
    voucher: str | None = None
    voucher_group: str | None = None
    priority: int = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageSource:
    """`body` is MJML or text, with Jinja; `body_line` is the line of the file on which it starts."""

    name: str
    locale: str | None = None
    front: FrontMatter
    body: str
    body_line: int = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Rendered:
    subject: str
    html: str
    text: str
    preheader: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Template:
    """`names` and `paths` are those that subject, preheader, body and partials may read together."""

    source: MessageSource
    names: frozenset[str]
    paths: frozenset[str]
    _subject: JinjaTemplate
    _preheader: JinjaTemplate | None
    _body: JinjaTemplate

    def render(self, scope: Mapping[str, Any]) -> Rendered:
        try:
            subject = _single_line(self._subject.render(scope))
            preheader = _single_line(self._preheader.render(scope)) if self._preheader else ""
            mjml = _NOT_IN_MARKUP.sub(" ", _encodable(self._body.render(scope)))
            if preheader and "<mj-preview" not in mjml:
                mjml = with_preview(mjml, str(escape(preheader)))
            return Rendered(subject=subject, html=html_from(mjml), text=plain_text(mjml), preheader=preheader)
        except (InvalidMjml, UnsafeLink) as fault:
            raise RenderFailed(str(fault)) from fault
        except Exception as fault:
            raise RenderFailed(reason_of(fault)) from fault


@dataclass(frozen=True, kw_only=True, slots=True)
class TextTemplate:
    """`names` and `paths` are those that the text and its partials may read."""

    source: MessageSource
    names: frozenset[str]
    paths: frozenset[str]
    _body: JinjaTemplate

    def render(self, scope: Mapping[str, Any]) -> str:
        """Nothing is escaped, since nothing reads it but people; lines keep their breaks, without blanks around."""
        try:
            lines = _NOT_IN_MARKUP.sub(" ", _encodable(self._body.render(scope))).strip().splitlines()
        except Exception as fault:
            raise RenderFailed(reason_of(fault)) from fault
        return "\n".join(line.strip() for line in lines)


def compile_message(source: MessageSource, partials: Mapping[str, str]) -> Template:
    """`partials` are texts by file name (`_card.mjml`), for `include`, `import` and `extends`.

    Those of several messages are read once where they come as the same `Partials`.
    """
    shared = partials if isinstance(partials, Partials) else Partials(partials)
    names: set[str] = set()
    paths: set[str] = set()
    front = {"subject": source.front.subject, "preheader": source.front.preheader or ""}
    for field, text in front.items():
        parsed = parse(_PLAIN, text, 1, prefix=f"{field}: ")
        check(parsed, 1, prefix=f"{field}: ")
        names |= parsed.undeclared
        paths |= parsed.paths
    given: set[str] = set()
    used: list[str] = []
    for file, parsed in family(shared, source.body, source.body_line):
        first_line = source.body_line if file is None else 1
        for line, message in unknown_elements(parsed.text):
            raise MessageError(line + first_line - 1, message, file)
        check(parsed, first_line, file, given=given if file else ())
        given |= parsed.assigned
        used += [file] if file else []
        names |= parsed.undeclared - given if file else parsed.undeclared
        paths |= parsed.paths
    try:
        for partial in used:
            shared.environment.get_template(partial)
        return Template(
            source=source,
            names=frozenset(names) - CONSTANT_NAMES - BUILT_IN,
            paths=frozenset(paths),
            _subject=_PLAIN.from_string(front["subject"]),
            _preheader=_PLAIN.from_string(front["preheader"]) if front["preheader"] else None,
            _body=shared.environment.from_string(source.body),
        )
    except TemplateSyntaxError as fault:
        raise _error_from(fault, source) from fault
    except (RecursionError, SyntaxError, MemoryError) as fault:
        raise MessageError(source.body_line, "the message is nested too deeply") from fault


def compile_text(source: MessageSource, partials: Mapping[str, str]) -> TextTemplate:
    """`partials` are texts by file name (`_greeting.txt`); those of mails are left aside."""
    shared = Partials({file: text for file, text in partials.items() if file.endswith(".txt")}, escapes=False)
    names, paths = set[str](), set[str]()
    given: set[str] = set()
    for file, parsed in family(shared, source.body, source.body_line):
        check(parsed, source.body_line if file is None else 1, file, given=given if file else ())
        given |= parsed.assigned
        names |= parsed.undeclared - given if file else parsed.undeclared
        paths |= parsed.paths
    try:
        return TextTemplate(
            source=source,
            names=frozenset(names) - CONSTANT_NAMES - BUILT_IN,
            paths=frozenset(paths),
            _body=shared.environment.from_string(source.body),
        )
    except TemplateSyntaxError as fault:
        raise _error_from(fault, source) from fault
    except (RecursionError, SyntaxError, MemoryError) as fault:
        raise MessageError(source.body_line, "the message is nested too deeply") from fault


def trial(template: Template, scope: Mapping[str, Any] | None = None) -> str | None:
    """What goes wrong in rendering, with nothing known unless a scope is given; None if nothing does."""
    try:
        template.render(scope or {})
    except RenderFailed as fault:
        return fault.reason
    return None


def choose_locale(available: Iterable[str | None], wanted: str | None) -> str | None:
    """The best variant: the wanted locale, else its language; else None, the plain file."""
    by_tag = {variant.replace("_", "-").lower(): variant for variant in available if variant}
    parts = wanted.replace("_", "-").lower().split("-") if wanted else []
    tags = ("-".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((by_tag[tag] for tag in tags if tag in by_tag), None)


def _single_line(text: str) -> str:
    return re.sub(r" {2,}", " ", _CONTROL.sub(" ", _encodable(text))).strip()


def _encodable(text: str) -> str:
    """Lone surrogates, which JSON may carry and no mail can, become question marks."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _error_from(fault: TemplateSyntaxError, source: MessageSource) -> MessageError:
    line = fault.lineno + (source.body_line - 1 if fault.name is None else 0)
    return MessageError(line, fault.message or str(fault), fault.name)
