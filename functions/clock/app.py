"""Clock: every minute, what falls due soon and what got lost on its way."""

from typing import Any

from aws_lambda_powertools import Logger

from dampf import runtime

logger = Logger()


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: object) -> dict[str, int]:
    woken = runtime.services().wake(now=runtime.now())
    if any(woken):
        logger.info("woke what is due", extra=woken._asdict())
    return woken._asdict()
