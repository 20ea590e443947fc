"""A published message variant, compiled to its template. Apart from the rest, because only rendering needs MJML."""

from collections.abc import Mapping
from typing import Any

from dampf.campaigns.messages import (
    FrontMatter,
    MessageSource,
    Template,
    TextTemplate,
    choose_locale,
    compile_message,
    compile_text,
)
from dampf.campaigns.shapes import MessageFront, TextMessageFront

__all__ = ["choose_locale", "front_from", "template_from", "text_template_from"]


def front_from(document: Mapping[str, Any]) -> FrontMatter:
    shape = MessageFront.model_validate(document)
    return FrontMatter(
        subject=shape.subject,
        preheader=shape.preheader,
        sender=shape.sender,
        transactional=shape.class_ == "transactional",
        topic=shape.topic,
        priority=shape.priority,
        voucher=shape.voucher,
        voucher_group=shape.voucher_group,
    )


def template_from(
    name: str, locale: str, variant: Mapping[str, Any], partials: Mapping[str, str], *, body_line: int = 1
) -> Template:
    """Raises `MessageError`, whose line counts from the top of the file if `body_line` is told."""
    source = MessageSource(
        name=name, locale=locale or None, front=front_from(variant["front"]), body=variant["body"], body_line=body_line
    )
    return compile_message(source, partials)


def text_template_from(
    name: str, locale: str, variant: Mapping[str, Any], partials: Mapping[str, str], *, body_line: int = 1
) -> TextTemplate:
    """The same for a text message."""
    shape = TextMessageFront.model_validate(variant["front"])
    front = FrontMatter(
        sender=shape.sender,
        transactional=shape.class_ == "transactional",
        topic=shape.topic,
        priority=shape.priority,
        voucher_group=shape.voucher_group,
    )
    source = MessageSource(name=name, locale=locale or None, front=front, body=variant["body"], body_line=body_line)
    return compile_text(source, partials)
