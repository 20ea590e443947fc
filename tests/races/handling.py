"""A function's handler in a process of its own, as Lambda runs it. Imports nothing but what Lambda would."""

from importlib import import_module
from typing import Any


class Context:
    """What Powertools and `deliver` read of Lambda's context."""

    function_name = "function"
    memory_limit_in_mb = 1024
    invoked_function_arn = "arn:aws:lambda:eu-central-1:000000000000:function:function"
    aws_request_id = "6f9619ff-8b86-4011-b42d-00cf4fc964ff"

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


def called(function: str, bodies: list[str]) -> list[str]:
    """Hands the bodies to the function as one batch; gives those that go back to the queue."""
    records = [
        {
            "messageId": str(place),
            "receiptHandle": str(place),
            "body": body,
            "attributes": {"ApproximateReceiveCount": "1"},
            "messageAttributes": {},
            "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:eu-central-1:000000000000:nowhere",
            "awsRegion": "eu-central-1",
        }
        for place, body in enumerate(bodies)
    ]
    answer: dict[str, Any] = import_module(f"functions.{function}.app").handler({"Records": records}, Context())
    return [bodies[int(failure["itemIdentifier"])] for failure in answer["batchItemFailures"]]
