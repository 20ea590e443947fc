"""Deliver: from the outboxes to SES."""

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from dampf import runtime
from dampf.stores import codec
from dampf.use_cases.ports.messages import Outgoing

STOP_BEFORE_THE_END = 15_000
"""Milliseconds before the deadline at which no further message is claimed: one SES call takes up to 12 s."""

logger = Logger()
metrics = Metrics()


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    outgoing, unreadable = _read(event["Records"])
    done = runtime.services().deliver(
        outgoing,
        now=runtime.now(),
        has_time=lambda: context.get_remaining_time_in_millis() > STOP_BEFORE_THE_END,
    )
    for record in unreadable:
        logger.error("cannot read a request to send", extra={"record": record})
    for trouble in done.troubles:
        logger.error("left messages for later", extra=trouble._asdict())
    for fault in done.faults:
        logger.error(
            "could not deliver a message",
            extra={"campaign": fault.campaign, "step": fault.step, "reason": fault.reason},
        )
    for pool, left in done.low:
        logger.warning("voucher codes run out", extra={"pool": pool, "left": left})
    for message in done.messages:
        logger.info(
            "settled a message",
            extra={"message_id": message.id, "status": message.status, "reason": message.reason},
        )
    metrics.add_metric("MailsSent", MetricUnit.Count, sum(message.status == "sent" for message in done.messages))
    metrics.add_metric("MailsDropped", MetricUnit.Count, sum(message.status == "dropped" for message in done.messages))
    metrics.add_metric("MailsUnknown", MetricUnit.Count, sum(message.status == "unknown" for message in done.messages))
    metrics.add_metric("SendingBlocked", MetricUnit.Count, done.blocked)
    metrics.add_metric("LowVouchers", MetricUnit.Count, len(done.low))
    # What was not sent is still due in the ledger: the clock brings it again.
    return {"batchItemFailures": [{"itemIdentifier": record} for record in unreadable]}


def _read(messages: list[dict[str, Any]]) -> tuple[list[Outgoing], list[str]]:
    outgoing, unreadable = [], []
    for message in messages:
        try:
            outgoing.append(codec.read_outgoing(message["body"]))
        except ValueError:
            unreadable.append(message["messageId"])
    return outgoing, unreadable
