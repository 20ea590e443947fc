"""Evaluate: from the mailboxes, through the decision, into one transaction."""

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from dampf import runtime
from dampf.stores import codec
from dampf.use_cases.evaluate import Delivery
from dampf.use_cases.troubles import pause_before_next

logger = Logger()
metrics = Metrics()


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    deliveries, unreadable = _read(event["Records"])
    done = runtime.services().evaluate(deliveries, now=runtime.now())
    for record in unreadable:
        logger.error("cannot read a stimulus", extra={"record": record})
    for trouble in done.troubles:
        logger.error("sent stimuli back", extra=trouble._asdict())
    for parked in done.parked:
        logger.error("parked a stimulus", extra=parked._asdict())
    for fault in done.faults:
        logger.error(
            "a journey ended by a fault", extra={"campaign": fault.campaign, "step": fault.step, "reason": fault.reason}
        )
    for quarantined in done.quarantined:
        logger.warning("an identifier that joins too many people names nobody now", extra=quarantined._asdict())
    metrics.add_metric("StimuliParked", MetricUnit.Count, len(done.parked))
    metrics.add_metric("JourneysFailed", MetricUnit.Count, len(done.faults))
    metrics.add_metric("MessagesRequested", MetricUnit.Count, len(done.messages))
    retry = done.retry | unreadable
    runtime.services().try_again_in(event["Records"], retry)
    return {"batchItemFailures": [{"itemIdentifier": record} for record in retry]}


def _read(messages: list[dict[str, Any]]) -> tuple[list[Delivery], dict[str, int]]:
    """What this version cannot read goes back after some seconds: while a stack is updated a newer one may."""
    deliveries, unreadable = [], {}
    for message in messages:
        record, tries = message["messageId"], int(message["attributes"]["ApproximateReceiveCount"])
        try:
            deliveries.append(Delivery(record, codec.STIMULUS.read(message["body"]), tries))
        except ValueError:
            unreadable[record] = pause_before_next(tries)
    return deliveries, unreadable
