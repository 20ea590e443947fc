"""Ingest: from the doors' queue, and from the queue of wake-ups, into the mailboxes."""

import json
from contextlib import suppress
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from dampf import runtime
from dampf.stores import codec
from dampf.use_cases.ingest import Record

logger = Logger()
metrics = Metrics()


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    done = runtime.services().ingest([_record(each) for each in event["Records"]], now=runtime.now())
    for trouble in done.troubles:
        logger.error("sent events back", extra=trouble._asdict())
    for refused in done.refused:
        logger.warning("refused an event", extra=refused._asdict())
    for record, remark in done.remarks:
        logger.info("took an event in part", extra={"record": record, "remark": remark})
    metrics.add_metric("EventsIngested", MetricUnit.Count, done.events)
    metrics.add_metric("EventsRefused", MetricUnit.Count, len(done.refused))
    runtime.services().try_again_in(event["Records"], done.retry)
    return {"batchItemFailures": [{"itemIdentifier": record} for record in done.retry]}


def _record(message: dict[str, Any]) -> Record:
    """An envelope from a door, or a stimulus: a wake-up, or what was parked and is redriven."""
    envelope = body = message["body"]
    with suppress(ValueError, RecursionError):  # what cannot be read is refused by name
        envelope = json.loads(body)
        if isinstance(envelope, dict) and "kind" in envelope and "profile" in envelope:
            envelope = codec.STIMULUS.read(body)
    return Record(message["messageId"], envelope, int(message["attributes"]["ApproximateReceiveCount"]))
