"""The workshop: the real handlers in this process, on the queues and tables of an embedded AWS.

The emulator's own functions are kept from the queues; here batches are received and handed to the handlers as Lambda
would, and only what happens inside a handler is measured. SES is the emulator's own, in its process, which accepts
every mail.
"""

import contextlib
import importlib.util
import io
import itertools
import json
import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from statistics import median
from typing import Any, Final

import boto3

from dampf import runtime
from dampf.campaigns.content import Content
from dampf.stores.dynamodb import CLIENT_CONFIG
from dampf_cli.bench.counting import Counting, Counts
from dampf_cli.embedded import DeployedStack, EmbeddedAws
from dampf_cli.embedded.emulator import ACCESS_KEY, REGION, SECRET_KEY
from dampf_cli.local_stack import TEMPLATE, local_stack

FUNCTIONS: Final = {"ingest": "IngestFunction", "evaluate": "EvaluateFunction", "deliver": "DeliverFunction"}
IN_TENS: Final = 10
CALLS: Final = 100

Envelope = Mapping[str, Any]


class _Nowhere(io.TextIOBase):
    """Where the handlers' log goes: written, as it costs on Lambda, and kept by nobody. Loggers outlive a workshop."""

    def write(self, text: str) -> int:
        return len(text)


NOWHERE: Final = _Nowhere()


@dataclass(kw_only=True)
class Spent:
    """CPU seconds by function, each batch by itself, and what was asked of AWS meanwhile."""

    counts: Counts
    batches: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in FUNCTIONS})

    @property
    def cpu(self) -> float:
        return sum(sum(each) for each in self.batches.values())


class LambdaContext:
    """What Lambda tells a handler about its invocation."""

    function_name = "bench"
    memory_limit_in_mb = 1024
    invoked_function_arn = "arn:aws:lambda:eu-central-1:000000000000:function:bench"
    aws_request_id = "bench"

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


class Workshop:
    def __init__(self, aws: EmbeddedAws, stack: DeployedStack, counting: Counting) -> None:
        self._stack, self._counting = stack, counting
        self._sqs = aws.client("sqs")
        self._handlers = {name: load_handler(name) for name in FUNCTIONS}
        self._numbers = itertools.count()
        self._spent: Spent | None = None
        self.first: dict[str, float] = {}
        """CPU seconds of each function's first batch, which builds what all later ones use."""

    @contextmanager
    def measuring(self) -> Iterator[Spent]:
        """Everything done in this block counts; what is done outside of one is preparation."""
        self._spent = spent = Spent(counts=self._counting.begin())
        try:
            yield spent
        finally:
            self._spent = None

    def play(self, envelopes: Iterable[Envelope], *, batch: int = IN_TENS) -> None:
        """From the door's queue to the last mail; each function gets `batch` messages at a time."""
        outboxes: list[dict[str, Any]] = []
        for some in _chunks(envelopes, batch):
            self._invoke("ingest", [self._record(json.dumps(envelope)) for envelope in some])
            while stimuli := self._receive("MailboxQueue", batch):
                self._invoke("evaluate", stimuli)
            outboxes += self._receive("TransactionalOutbox", IN_TENS) + self._receive("MarketingOutbox", IN_TENS)
            while len(outboxes) >= batch:
                self._invoke("deliver", outboxes[:batch])
                del outboxes[:batch]
        if outboxes:
            self._invoke("deliver", outboxes)

    def cost_of_a_call(self) -> str:
        """A measure of the machine as it is now, in words: most of what is spent here is spent in calls."""
        client, table = boto3.client("dynamodb", config=CLIENT_CONFIG), self._stack.physical_id("Content")
        took = []
        for _ in range(CALLS):
            before = time.process_time()
            client.get_item(TableName=table, Key={"kind": {"S": "bench"}, "row": {"S": "bench"}})
            took.append(time.process_time() - before)
        return f"one GetItem takes {1000 * median(took):.2f} ms of CPU here and now; the budgets assume 0.75 ms"

    def _receive(self, queue: str, most: int) -> list[dict[str, Any]]:
        """Up to `most` messages as Lambda hands them over. They are deleted: what goes back is no part of the bench."""
        url = self._stack.physical_id(queue)
        records: list[dict[str, Any]] = []
        while len(records) < most:
            answer = self._sqs.receive_message(
                QueueUrl=url, MaxNumberOfMessages=min(most - len(records), 10), MessageSystemAttributeNames=["All"]
            )
            messages = answer.get("Messages", [])
            if not messages:
                break
            entries = [
                {"Id": str(place), "ReceiptHandle": each["ReceiptHandle"]} for place, each in enumerate(messages)
            ]
            self._sqs.delete_message_batch(QueueUrl=url, Entries=entries)
            records += [
                self._record(each["Body"], each["MessageId"], each["ReceiptHandle"], each["Attributes"])
                for each in messages
            ]
        return records

    def _record(
        self, body: str, message: str = "", receipt: str = "receipt", attributes: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        return {
            "messageId": message or f"bench-{next(self._numbers)}",
            "receiptHandle": receipt,
            "body": body,
            "attributes": attributes or {"ApproximateReceiveCount": "1"},
            "messageAttributes": {},
            "eventSource": "aws:sqs",
        }

    def _invoke(self, function: str, records: Sequence[Mapping[str, Any]]) -> None:
        handler, event, context = self._handlers[function], {"Records": list(records)}, LambdaContext()
        self._counting.is_on = self._spent is not None
        before = time.process_time()
        answer = handler(event, context)
        spent = time.process_time() - before
        self._counting.is_on = False
        self.first.setdefault(function, spent)
        if answer["batchItemFailures"]:
            raise RuntimeError(f"{function} gave back {len(answer['batchItemFailures'])} of {len(records)} messages")
        if self._spent is not None:
            self._spent.batches[function].append(spent)


@contextmanager
def workshop(content: Content) -> Iterator[Workshop]:
    """A stack of its own, for as long as the block lasts; the process's environment is the functions' meanwhile.

    For the emulator's own functions the clock stands still, which keeps them quiet; the handlers live in real time.
    """
    with local_stack(content, start=datetime.now(UTC)) as local, contextlib.ExitStack() as undo:
        keep_functions_from_queues(local.aws)
        undo.enter_context(environment(functions_environment(local.aws, local.stack)))
        undo.enter_context(contextlib.redirect_stdout(NOWHERE))
        boto3.setup_default_session()
        undo.callback(setattr, boto3, "DEFAULT_SESSION", None)
        runtime.services.cache_clear()
        undo.callback(runtime.services.cache_clear)
        yield Workshop(local.aws, local.stack, Counting(boto3.DEFAULT_SESSION))


def keep_functions_from_queues(aws: EmbeddedAws) -> None:
    functions = aws.client("lambda")
    for mapping in functions.list_event_source_mappings()["EventSourceMappings"]:
        functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)


def functions_environment(aws: EmbeddedAws, stack: DeployedStack) -> dict[str, str]:
    """The variables of all functions together: one name means the same in each of them."""
    variables: dict[str, str] = {}
    for logical_id in FUNCTIONS.values():
        answer = aws.client("lambda").get_function_configuration(FunctionName=stack.physical_id(logical_id))
        variables |= answer["Environment"]["Variables"]
    return variables | {
        "AWS_ENDPOINT_URL": aws.endpoint_url,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


@contextmanager
def environment(variables: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    for inherited in ("AWS_PROFILE", "AWS_SESSION_TOKEN", runtime.CLOCK_FILE):
        os.environ.pop(inherited, None)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def load_handler(function: str) -> Any:
    """The handler of functions/NAME/app.py; all of them are called `app` to Lambda."""
    path = TEMPLATE.parent / "functions" / function / "app.py"
    spec = importlib.util.spec_from_file_location(f"bench_{function}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.handler


def _chunks(envelopes: Iterable[Envelope], size: int) -> Iterator[list[Envelope]]:
    waiting = iter(envelopes)
    while some := list(itertools.islice(waiting, size)):
        yield some
