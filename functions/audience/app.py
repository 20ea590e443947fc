"""Audience: a page of people for each message, and the mailboxes of those for whom a schedule is."""

from typing import Any

from aws_lambda_powertools import Logger

from dampf import runtime
from dampf.stores import codec
from dampf.use_cases.audience import TaskCame

logger = Logger()


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    came = [
        TaskCame(
            message["messageId"],
            codec.read_audience_task(message["body"]),
            int(message["attributes"]["ApproximateReceiveCount"]),
        )
        for message in event["Records"]
    ]
    reached = runtime.services().audience(came, now=runtime.now())
    for trouble in reached.troubles:
        logger.error("left a page for later", extra=trouble._asdict())
    for fault in reached.faults:
        logger.error(
            "cannot tell who belongs to an audience", extra={"campaign": fault.campaign, "reason": fault.reason}
        )
    logger.info("reached a page of people", extra={"people": reached.people, "told": reached.told})
    runtime.services().try_again_in(event["Records"], reached.retry)
    return {"batchItemFailures": [{"itemIdentifier": record} for record in reached.retry]}
