"""The way from this machine's browser to the public pages of a local stack.

Mails name them by an address that only AWS could answer for. Here that address stands for a path of the local server,
which hands the request to the emulator and so to the real function.
"""

from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException
from typing import Final
from urllib.parse import urlsplit

from dampf.domain.links import Purpose
from dampf_cli.local_stack import LocalStack
from dampf_cli.pages import PublicPagesFailed, Response

PATHS: Final = frozenset(f"/{purpose}" for purpose in Purpose)
_PASSED_ON: Final = ("Accept-Language", "Content-Type")
_SECONDS: Final = 30


class PublicDoor:
    def __init__(self, local: LocalStack) -> None:
        self._local = local
        self._base = local.stack.outputs["PagesUrl"].rstrip("/")

    def leads_here(self, target: str) -> bool:
        return urlsplit(target).path in PATHS

    def here(self, url: str) -> str:
        """A link of a mail as this machine's browser can follow it; others stay as they are."""
        return url.removeprefix(self._base) if url.startswith(f"{self._base}/") else url

    def ask(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Response:
        """`target` is a path with its query. After a POST everything that follows from it has happened."""
        emulator = urlsplit(self._local.aws.endpoint_url)
        connection = HTTPConnection(str(emulator.hostname), emulator.port, timeout=_SECONDS)
        told = {name: headers[name] for name in _PASSED_ON if name in headers}
        try:
            connection.request(method, target, body=body, headers={**told, "Host": str(urlsplit(self._base).hostname)})
            answer = connection.getresponse()
            content = answer.read()
        except (OSError, HTTPException) as problem:
            raise PublicPagesFailed(f"the embedded AWS did not answer: {problem}") from None
        finally:
            connection.close()
        if method == "POST":
            self._local.wait_until_quiet()
        kept = {name: value for name in ("Referrer-Policy", "X-Robots-Tag", "Allow") if (value := answer.headers[name])}
        return Response(
            status=answer.status,
            body=content,
            content_type=answer.headers["Content-Type"] or "text/plain",
            policy=answer.headers["Content-Security-Policy"] or "default-src 'none'",
            headers=kept,
        )
