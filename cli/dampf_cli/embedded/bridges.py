"""The gaps between ministack 1.5.33 and AWS, each bridged by one function that says what it bridges.

They run in the emulator's process, before it serves. Whatever is only slow in ministack is set right here;
what ministack lacks altogether (mail, partner sources) is served by the CLI from outside.
"""

from __future__ import annotations

import io
import os
import select
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

# One pass of the poller over all mappings takes well under a millisecond, so a wake that found nothing costs little.
IDLE_WAKE_GAP_SECONDS = 0.001
# What AWS calls MaximumBatchingWindowInSeconds; ministack ignores it and would invoke once per written row.
STREAM_BATCHING_SECONDS = 0.02
# How late a delayed message or one whose visibility has expired may be noticed; ministack looks once a second.
LATEST_NOTICE_SECONDS = 0.25
REPETITIONS_ARE_KNOWN_FOR = timedelta(minutes=5)


def bridge_gaps(*, run_schedules: bool) -> None:
    poll_without_idle_gaps()
    notice_delayed_messages()
    poll_streams_beside_queues()
    hear_functions_out_without_waiting()
    run_no_more_workers_than_processors()
    believe_the_time_of_events()
    judge_batches_by_their_entries()
    if not run_schedules:
        stop_schedules()
        forget_repetitions_as_the_virtual_clock_goes()


def poll_without_idle_gaps() -> None:
    """ministack sleeps 50 ms after a wake that found nothing, once per hop of an event."""
    from ministack.services import lambda_svc

    functions: Any = lambda_svc
    functions._ESM_IDLE_WAKE_GAP_SECONDS = IDLE_WAKE_GAP_SECONDS


def notice_delayed_messages() -> None:
    """Wakes the poller four times a second, so that a delay ends when it says."""
    from ministack.core.concurrency import esm_wake

    def wake() -> None:
        while True:
            time.sleep(LATEST_NOTICE_SECONDS)
            esm_wake.set()

    threading.Thread(target=wake, name="dampf-wake", daemon=True).start()


def poll_streams_beside_queues() -> None:
    """ministack runs a stream's function on the thread that polls all queues, once per record: every queue waits for
    it. Here streams have a thread of their own and a batching window."""
    from ministack.services import lambda_svc

    functions: Any = lambda_svc
    poll = functions._poll_dynamodb_streams
    functions._poll_dynamodb_streams = lambda: False

    def run() -> None:
        while True:
            time.sleep(STREAM_BATCHING_SECONDS)
            try:
                while poll():
                    pass
            except Exception:
                functions.logger.exception("DynamoDB streams poller")

    threading.Thread(target=run, name="dampf-streams", daemon=True).start()


def hear_functions_out_without_waiting() -> None:
    """ministack waits 50 ms for an invocation's log lines, whether or not there are any, and on a busy machine misses
    some even so. Here whoever wants them reads all that the function has written."""
    from ministack.core import lambda_runtime

    worker: Any = lambda_runtime.Worker

    def read(self: Any) -> None:
        log = self.dampf_log = FunctionLog(self._proc.stderr.buffer.raw, self._stderr_queue.put)
        while log.wait():
            log.take()

    def drain(self: Any) -> str:
        if (log := getattr(self, "dampf_log", None)) is not None:
            log.take()
        lines: str = self._drain_stderr()
        return lines

    worker._read_stderr = read
    worker._drain_stderr_bounded = drain


class FunctionLog:
    """What a function writes to its stderr, cut into lines; threads may take from it at the same time."""

    def __init__(self, pipe: io.FileIO, put: Callable[[str], None]) -> None:
        self._pipe, self._put = pipe, put
        self._lock = threading.Lock()
        self._begun = b""
        self._ended = False

    def wait(self) -> bool:
        """Until there is more. False after the end."""
        try:
            return not self._ended and bool(select.select([self._pipe], [], [])[0])
        except (OSError, ValueError):  # closed meanwhile
            return False

    def take(self) -> None:
        with self._lock:
            try:
                while not self._ended and select.select([self._pipe], [], [], 0)[0]:
                    written = self._pipe.read(65536)
                    *lines, self._begun = (self._begun + written).split(b"\n")
                    for line in lines:
                        self._put(line.decode(errors="replace"))
                    self._ended = not written
            except (OSError, ValueError):
                self._ended = True


def run_no_more_workers_than_processors() -> None:
    """A burst would start five workers or more for each function, and their cold starts would take all the time.

    (A limit that comes from a template's parameter is text to ministack.)
    """
    from ministack.services import lambda_svc

    functions: Any = lambda_svc
    concurrency = functions._sqs_esm_concurrency
    ceiling = max(2, os.cpu_count() or 2)

    def limited(mapping: dict[str, Any], *args: Any) -> int:
        scaling = mapping.get("ScalingConfig") or {}
        if "MaximumConcurrency" in scaling:
            mapping = {**mapping, "ScalingConfig": {"MaximumConcurrency": int(scaling["MaximumConcurrency"])}}
        allowed: int = concurrency(mapping, *args)
        return min(ceiling, allowed)

    functions._sqs_esm_concurrency = limited


def believe_the_time_of_events() -> None:
    """ministack stamps events with its own clock where AWS takes the entry's `Time`. The player's requests bear one
    time for all their entries."""
    from ministack.services import eventbridge

    events: Any = eventbridge
    put, clock = events._put_events, events._now_ts
    told = threading.local()

    def put_at_their_time(data: dict[str, Any], *args: Any, **options: Any) -> Any:
        told.time = next((entry["Time"] for entry in data.get("Entries", []) if "Time" in entry), None)
        try:
            return put(data, *args, **options)
        finally:
            told.time = None

    events._put_events = put_at_their_time
    events._now_ts = lambda: clock() if getattr(told, "time", None) is None else told.time


def judge_batches_by_their_entries() -> None:
    """ministack asks for `sqs:SendMessageBatch`, which IAM does not know: on AWS `sqs:SendMessage` covers batches."""
    from ministack.core import iam_actions

    actions: Any = iam_actions
    extract = actions.extract_iam_action

    def extract_known(*args: Any, **options: Any) -> str | None:
        action: str | None = extract(*args, **options)
        return action.removesuffix("Batch") if action is not None and action.startswith("sqs:") else action

    actions.extract_iam_action = extract_known


def stop_schedules() -> None:
    """On the virtual clock the player invokes the scheduled functions itself; real minutes mean nothing there."""
    from ministack.services import eventbridge, scheduler

    for module in (eventbridge, scheduler):
        changed: Any = module
        changed.start_scheduler = lambda: None


def forget_repetitions_as_the_virtual_clock_goes() -> None:
    """A FIFO queue takes what bears a known deduplication id for a repetition, for five minutes. ministack counts real
    ones: a week that is played within a minute, or again from its beginning, would lose messages."""
    from ministack.services import sqs

    queues: Any = sqs
    clock = Path(os.environ["DAMPF_CLOCK_FILE"])

    def prune(queue: dict[str, Any]) -> None:
        now = datetime.fromisoformat(clock.read_text(encoding="ascii").strip())
        if abs(now - queue.setdefault("dampf_pruned_at", now)) >= REPETITIONS_ARE_KNOWN_FOR:
            queue["dedup_cache"] = {}
            queue["dampf_pruned_at"] = now

    queues._prune_dedup = prune
