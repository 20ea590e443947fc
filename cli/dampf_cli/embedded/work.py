"""Answers, from inside the emulator, whether any work is left: `GET /_dampf/work?wait=SECONDS`.

Why the answer is exact. A piece of work is always held by something that is counted: a message stays in its queue
(invisible) until its function has ended and whatever that function sent is in the next queue; a stream record lags
until its function has ended. Only running functions and callers from outside create work. The answer is "quiet" if

1. no invocation was under way at the first look (started == ended),
2. then every queue that a function reads was empty and no stream lagged,
3. and no invocation had started by the last look (started unchanged).

Between 1 and 3 no function ran, so none created work, so queues found empty one after the other were empty together.
Queues that nobody reads (dead letters, parking) hold no work. Work from outside (the mailbox's feedback) is the
caller's to count: see `settling`.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

PATH = "/_dampf/work"
LOOK_EVERY_SECONDS = 0.001


class Invocations:
    """Counts the functions' invocations as they start and end; both only grow."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._started = 0
        self._ended = 0

    def counted(self, execute: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **kwargs: Any) -> Any:
            with self._lock:
                self._started += 1
            try:
                return execute(*args, **kwargs)
            finally:
                with self._lock:
                    self._ended += 1

        return run

    def counts(self) -> tuple[int, int]:
        with self._lock:
            return self._started, self._ended


def answering_about_work(app: Any) -> Any:
    """The emulator's ASGI app with one more path."""
    from ministack.services import lambda_svc

    invocations = Invocations()
    functions: Any = lambda_svc
    functions._execute_function = invocations.counted(functions._execute_function)

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["path"] != PATH:
            await app(scope, receive, send)
            return
        query = parse_qs(scope["query_string"].decode())
        deadline = time.monotonic() + float(query.get("wait", ["0"])[0])
        while True:
            work = work_left(invocations)
            if work["quiet"] or time.monotonic() >= deadline:
                break
            await asyncio.sleep(LOOK_EVERY_SECONDS)
        body = json.dumps(work).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return answer


def work_left(invocations: Invocations) -> dict[str, Any]:
    started, ended = invocations.counts()
    messages, failing = messages_by_queue()
    lags = lag_by_table()
    started_by_now, _ = invocations.counts()
    quiet = started == ended and started == started_by_now and not messages and not lags
    return {
        "quiet": quiet,
        "running": started_by_now - ended,
        "invocations": started_by_now,
        "messages": messages,
        "stream_records": lags,
        "failing": failing,
    }


def messages_by_queue() -> tuple[dict[str, int], list[str]]:
    """Messages in each queue that a function reads, whatever their visibility; and the functions whose last batch
    failed."""
    from ministack.services import lambda_svc, sqs

    functions: Any = lambda_svc
    queues: Any = sqs
    counts: dict[str, int] = {}
    failing: list[str] = []
    by_arn = {queue["attributes"].get("QueueArn"): queue for queue in list(queues._queues._data.values())}
    for mapping in list(functions._esms._data.values()):
        queue = by_arn.get(mapping.get("EventSourceArn"))
        if queue is None or not mapping.get("Enabled", True):
            continue
        if queue["messages"]:
            counts[mapping["EventSourceArn"].rsplit(":", 1)[-1]] = len(queue["messages"])
            if mapping.get("LastProcessingResult") == "FAILED":
                failing.append(mapping["FunctionName"])
    return counts, failing


def lag_by_table() -> dict[str, int]:
    """Stream records that some mapping has not got through yet."""
    from ministack.services import dynamodb, lambda_svc

    functions: Any = lambda_svc
    tables: Any = dynamodb
    lags: dict[str, int] = {}
    for (account, region, identifier), mapping in list(functions._esms._data.items()):
        source = mapping.get("EventSourceArn", "")
        if "/stream/" not in source or not mapping.get("Enabled", True):
            continue
        table = source.split("/stream/")[0].split("/")[-1]
        position = functions._dynamodb_stream_positions._data.get((account, region, identifier), 0)
        lag = tables.stream_end_position(table, account_id=account, region=region) - position
        if lag > 0:
            lags[table] = lag
    return lags
