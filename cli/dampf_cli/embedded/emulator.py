"""One embedded AWS per `with` block: a process of its own on a free loopback port, gone without a trace afterwards.

It keeps nothing between runs and takes nothing from the caller's environment but what starting Python needs: no
credentials, no profile, no proxy, no endpoint. What the functions shall see beyond the template
(`DAMPF_CLOCK_FILE`, the mailbox's `AWS_ENDPOINT_URL_...`) is handed over as `environment`; every function inherits it.
"""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from dampf_cli.errors import CommandError

REGION = "eu-central-1"
ACCOUNT = "000000000000"
ACCESS_KEY = "test"
SECRET_KEY = "test"  # noqa: S105 - the emulator's well-known root key, worthless elsewhere

START_SECONDS = 30.0
END_SECONDS = 5.0
INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "SSL_CERT_FILE")


class EmbeddedAwsFailed(CommandError):
    """The embedded AWS did not start, or ended before its time."""


class EmbeddedAws:
    """The running emulator. Use it as a context manager; it ends on every way out of the block."""

    def __init__(
        self,
        *,
        environment: Mapping[str, str] | None = None,
        enforce_policies: bool = False,
        run_schedules: bool = True,
        region: str = REGION,
        port: int = 0,
        log_file: Path | None = None,
    ) -> None:
        """`environment` reaches every function; `enforce_policies` makes each call be judged by its role's policies;
        `run_schedules=False` keeps EventBridge Scheduler still, for the virtual clock; port 0 takes a free one;
        `log_file` keeps the emulator's log."""
        self.region = region
        self.endpoint_url = ""
        self._environment = dict(environment or {})
        self._enforce_policies = enforce_policies
        self._run_schedules = run_schedules
        self._port = port
        self._log_file = log_file
        self._process: subprocess.Popen[bytes] | None = None
        self._log: IO[bytes] | None = None
        self._folder: Path | None = None
        self._session: Any = None
        self._clients: dict[str, Any] = {}

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def client(self, service: str) -> Any:
        """A boto3 client of the emulator, with its root credentials; one per service."""
        if service not in self._clients:
            import boto3
            from botocore.config import Config

            if self._session is None:
                self._session = boto3.Session(ACCESS_KEY, SECRET_KEY, region_name=self.region)
            self._clients[service] = self._session.client(
                service,
                endpoint_url=self.endpoint_url,
                config=Config(retries={"total_max_attempts": 2}, read_timeout=120, s3={"addressing_style": "path"}),
            )
        return self._clients[service]

    @property
    def process_id(self) -> int:
        if self._process is None:
            raise EmbeddedAwsFailed("the embedded AWS is not running")
        return self._process.pid

    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def log_tail(self, lines: int = 20) -> str:
        """The last lines of the emulator's log; failures of functions stand there with their tracebacks."""
        log_file = self._log_path()
        return "\n".join(log_file.read_text(errors="replace").splitlines()[-lines:]) if log_file.exists() else ""

    def close(self) -> None:
        """Ends the process, its workers and its files. Closing twice does no harm."""
        for client in self._clients.values():
            client.close()
        self._clients.clear()
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            try:
                process.wait(timeout=END_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    stream.close()
        if self._log is not None:
            self._log.close()
            self._log = None
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def _start(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="dampf-aws-"))
        self._log = self._log_path().open("wb")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "dampf_cli.embedded.launch"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            cwd=self._folder,
            env=self._process_environment(self._folder),
            # Ctrl-C is for the caller, which then ends the emulator in order.
            start_new_session=True,
        )
        self.endpoint_url = f"http://127.0.0.1:{self._announced_port(self._process)}"

    def _announced_port(self, process: subprocess.Popen[bytes]) -> int:
        assert process.stdout is not None
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            readable, _, _ = select.select([process.stdout], [], [], 0.5)
            if not readable:
                continue
            line = process.stdout.readline()
            if line:
                return int(json.loads(line)["port"])
            break
        tail = self.log_tail(3).replace("\n", " | ")
        raise EmbeddedAwsFailed(f"the embedded AWS did not start: {tail or f'silent for {START_SECONDS:.0f} s'}")

    def _process_environment(self, folder: Path) -> dict[str, str]:
        environment = {name: os.environ[name] for name in INHERITED if name in os.environ}
        environment |= {
            "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
            "TMPDIR": str(folder),
            "GATEWAY_PORT": str(self._port),
            "BIND_HOST": "127.0.0.1",
            "MINISTACK_HOST": "127.0.0.1",
            "MINISTACK_REGION": self.region,
            "MINISTACK_ACCOUNT_ID": ACCOUNT,
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "PERSIST_STATE": "0",
            "STATE_DIR": str(folder / "state"),
            "S3_PERSIST": "0",
            "LOG_LEVEL": "WARNING",
            "AUTH": "true" if self._enforce_policies else "false",
            "DAMPF_EMBEDDED_FOLDER": str(folder),
            "DAMPF_EMBEDDED_SCHEDULES": "on" if self._run_schedules else "off",
            "DOCKER_HOST": f"unix://{folder / 'no-docker.sock'}",
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        return environment | self._environment

    def _log_path(self) -> Path:
        if self._log_file is not None:
            return self._log_file
        return (self._folder or Path(tempfile.gettempdir())) / "emulator.log"
