"""Calendar: every quarter of an hour, whose dates come and which schedules have come."""

from typing import Any

from aws_lambda_powertools import Logger

from dampf import runtime

logger = Logger()


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: object) -> dict[str, int]:
    run = runtime.services().calendar(now=runtime.now())
    if any(run):
        logger.info("enqueued what has come", extra=run._asdict())
    return run._asdict()
