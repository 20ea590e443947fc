"""Dampf on the embedded AWS: the emulator, the real stack in it, the mailbox beside it, and the content published."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from dampf.campaigns.catalogue import PublishedCatalogue, catalogue_of
from dampf.campaigns.content import Content
from dampf.stores.contents import DynamoContents
from dampf.stores.dynamodb import Tables
from dampf.stores.secrets import ERASURE, StackSecret
from dampf.stores.tokens import create_key
from dampf.stores.vouchers import DynamoVouchers
from dampf.use_cases.published import publish
from dampf_cli.embedded import (
    DeployedStack,
    EmbeddedAws,
    Mailbox,
    VirtualClock,
    deploy,
    published_kinds,
    to_queue,
    wait_until_quiet,
)
from dampf_cli.errors import CommandError

TEMPLATE: Final = Path(__file__).resolve().parents[2] / "template.yaml"
SENDER_DOMAIN: Final = "shop.example"
SMS_SENDER: Final = "EXAMPLE"
PARAMETERS: Final = {
    "SenderDomain": SENDER_DOMAIN,
    "SmsSender": SMS_SENDER,
    "BrowserKey": "local",
    "AllowedOrigins": "*",
}


@dataclass(frozen=True, kw_only=True)
class LocalStack:
    """`clock` is None where functions live in real time."""

    aws: EmbeddedAws
    stack: DeployedStack
    mailbox: Mailbox
    clock: VirtualClock | None
    catalogue: PublishedCatalogue

    @property
    def tables(self) -> Tables:
        return Tables(
            client=self.aws.client("dynamodb"),
            profiles=self.stack.physical_id("Profiles"),
            identities=self.stack.physical_id("Identities"),
            history=self.stack.physical_id("History"),
            content=self.stack.physical_id("Content"),
            catalogue=self.stack.physical_id("Catalogue"),
            secret=partial(
                StackSecret(client=partial(self.aws.client, "ssm"), name=f"/dampf/{self.stack.name}/secret"), ERASURE
            ),
        )

    @property
    def browser_script(self) -> str:
        """Where this machine's browser finds the script; what it tells goes to the same place."""
        door = urlsplit(self.stack.outputs["BrowserDoorUrl"]).hostname or ""
        return f"{self.aws.endpoint_url}/_aws/lambda-url/{door.partition('.')[0]}/dampf.js"

    def now(self) -> datetime:
        return self.clock.now() if self.clock is not None else datetime.now(UTC)

    def wait_until_quiet(self) -> None:
        wait_until_quiet(self.aws, self.mailbox)


@contextmanager
def local_stack(
    content: Content, *, start: datetime | None, enforce_policies: bool = False, log_file: Path | None = None
) -> Iterator[LocalStack]:
    """Runs while the block does. `start` sets the virtual clock; None leaves functions and schedules in real time."""
    if not TEMPLATE.exists():
        raise CommandError(
            "template.yaml is not where this program was installed from: install with `pip install -e .`"
        )
    with tempfile.TemporaryDirectory(prefix="dampf-") as folder:
        clock = VirtualClock(Path(folder) / "clock", start=start) if start is not None else None
        mailbox_now: dict[str, Any] = {"now": clock.now} if clock is not None else {}
        environment = {"DAMPF_CLOCK_FILE": str(clock.path)} if clock is not None else {}
        with (
            Mailbox(**mailbox_now) as mailbox,
            EmbeddedAws(
                environment={**mailbox.endpoints, **environment},
                enforce_policies=enforce_policies,
                run_schedules=clock is None,
                log_file=log_file,
            ) as aws,
        ):
            stack = deploy(aws, template_file=TEMPLATE, parameters=PARAMETERS)
            mailbox.give_feedback_to(
                to_queue(aws.client("sqs"), stack.physical_id("IngestQueue")),
                kinds=published_kinds(aws.client("sesv2"), stack.physical_id("ConfigurationSet")),
            )
            local = LocalStack(aws=aws, stack=stack, mailbox=mailbox, clock=clock, catalogue=catalogue_of(content))
            vouchers = DynamoVouchers(tables=local.tables)
            for pool, codes in content.codes.items():
                vouchers.offer(pool, codes)
            create_key(aws.client("ssm"), stack.outputs["TokenKeys"])
            publish(content, DynamoContents(tables=local.tables), now=start or datetime.now(UTC))
            yield local
