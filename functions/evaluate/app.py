"""Evaluate: from the mailboxes, through the decision, into one transaction."""

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from dampf import runtime
from dampf.stores import codec
from dampf.use_cases.evaluate import Delivery

logger = Logger()
metrics = Metrics()


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    deliveries = [
        Delivery(
            message["messageId"],
            codec.STIMULUS.read(message["body"]),
            int(message["attributes"]["ApproximateReceiveCount"]),
        )
        for message in event["Records"]
    ]
    done = runtime.services().evaluate(deliveries, now=runtime.now())
    for parked in done.parked:
        logger.error("parked a stimulus", extra=parked._asdict())
    for fault in done.faults:
        logger.error(
            "a journey ended by a fault", extra={"campaign": fault.campaign, "step": fault.step, "reason": fault.reason}
        )
    metrics.add_metric("StimuliParked", MetricUnit.Count, len(done.parked))
    metrics.add_metric("JourneysFailed", MetricUnit.Count, len(done.faults))
    metrics.add_metric("MessagesRequested", MetricUnit.Count, len(done.messages))
    for message in event["Records"]:
        if message["messageId"] in done.retry:
            runtime.services().try_again_in(message["receiptHandle"], done.retry[message["messageId"]])
    return {"batchItemFailures": [{"itemIdentifier": record} for record in done.retry]}
