"""Starts ministack in a process of its own and bridges the gaps between it and AWS.

Run as `python -m dampf_cli.embedded.launch`; `EmbeddedAws` is its only caller. It binds one loopback socket, says
`{"port": N}` on stdout once it serves, and ends when it gets SIGTERM or when its stdin closes, so that neither it nor
its files outlive the program that started it. The gaps are bridged in `bridges`, and nowhere else.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import sys
import threading
from typing import Any

parent_is_gone = threading.Event()


def listen_on_loopback(port: int) -> socket.socket:
    """A listening socket on 127.0.0.1; port 0 takes a free one, without a race between choosing and binding."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    return listener


async def serve(listener: socket.socket) -> None:
    from hypercorn.asyncio import serve as serve_with_hypercorn
    from hypercorn.config import Config
    from ministack.app import app

    from dampf_cli.embedded.bridges import bridge_gaps
    from dampf_cli.embedded.work import answering_about_work

    bridge_gaps(run_schedules=os.environ.pop("DAMPF_EMBEDDED_SCHEDULES", "on") == "on")
    config = Config()
    config.bind = [f"fd://{listener.detach()}"]
    config.backlog = 1024
    config.keep_alive_timeout = 600
    config.graceful_timeout = 0.2
    config.loglevel = "ERROR"

    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    threading.Thread(target=stop_when_parent_is_gone, args=(loop, stopped), daemon=True).start()

    emulator = announcing_itself(answering_about_work(app))
    await serve_with_hypercorn(emulator, config, shutdown_trigger=stopped.wait)


def announcing_itself(app: Any) -> Any:
    """The app, saying its port on stdout when its start-up is complete."""

    async def announced(scope: Any, receive: Any, send: Any) -> None:
        async def send_and_announce(message: Any) -> None:
            await send(message)
            if message["type"] == "lifespan.startup.complete":
                # The one line of output: what EmbeddedAws waits for.
                sys.stdout.write(json.dumps({"port": int(os.environ["GATEWAY_PORT"])}) + "\n")
                sys.stdout.flush()

        await app(scope, receive, send_and_announce if scope["type"] == "lifespan" else send)

    return announced


def stop_when_parent_is_gone(loop: asyncio.AbstractEventLoop, stopped: asyncio.Event) -> None:
    """Stdin closes only when the parent has died without closing the emulator; then nobody else removes its files."""
    sys.stdin.buffer.read()
    parent_is_gone.set()
    loop.call_soon_threadsafe(stopped.set)


def end_workers() -> None:
    """No function survives its emulator."""
    from ministack.core import lambda_runtime

    lambda_runtime.reset()


def main() -> None:
    listener = listen_on_loopback(int(os.environ.get("GATEWAY_PORT", "0")))
    # ministack reads its own port from the environment while it is imported.
    os.environ["GATEWAY_PORT"] = str(listener.getsockname()[1])
    # PYTHONPATH made this module importable; the functions must not see it.
    os.environ.pop("PYTHONPATH", None)
    try:
        asyncio.run(serve(listener))
    finally:
        end_workers()
        if parent_is_gone.is_set():
            shutil.rmtree(os.environ["DAMPF_EMBEDDED_FOLDER"], ignore_errors=True)
        sys.stderr.flush()
    # Idle poller threads and stdio readers would only delay the exit; nothing is left to be saved.
    os._exit(0)


if __name__ == "__main__":
    main()
