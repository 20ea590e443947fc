"""A deployed stack, found by its name, with the operator's own AWS credentials."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from dampf import runtime
from dampf.stores import dynamodb, queues
from dampf.stores.contents import DynamoContents
from dampf.stores.dynamodb import Tables
from dampf.stores.profiles import DynamoProfiles
from dampf.stores.secrets import ERASURE, StackSecret
from dampf.stores.vouchers import DynamoVouchers
from dampf.stores.wakeups import DynamoWakeups
from dampf.use_cases.ports.queues import Timers
from dampf_cli.arguments import url_argument
from dampf_cli.embedded.emulator import ACCESS_KEY, REGION, SECRET_KEY
from dampf_cli.errors import CommandError

CLIENT_CONFIG: Final = Config(retries={"mode": "standard", "total_max_attempts": 4}, connect_timeout=5, read_timeout=30)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What every command that works on a deployed stack takes."""
    parser.add_argument("--stack", metavar="NAME", required=True, help="the CloudFormation stack that Dampf runs in")
    parser.add_argument("--endpoint-url", metavar="URL", type=url_argument, help="of an emulator, instead of AWS")
    parser.add_argument("--json", action="store_true", help="the result as one JSON object")


@dataclass(frozen=True, kw_only=True)
class Stack:
    name: str
    outputs: dict[str, str]
    session: Any
    endpoint_url: str | None = None

    def client(self, service: str, config: Config = CLIENT_CONFIG) -> Any:
        return self.session.client(service, endpoint_url=self.endpoint_url, config=config)

    def output(self, name: str) -> str:
        if name not in self.outputs:
            raise CommandError(f"the stack {self.name} has no output {name}: is it Dampf's, and of this version?")
        return self.outputs[name]

    @cached_property
    def tables(self) -> Tables:
        return Tables(
            client=self.client("dynamodb", dynamodb.CLIENT_CONFIG),
            profiles=self.output("ProfilesTable"),
            identities=self.output("IdentitiesTable"),
            history=self.output("HistoryTable"),
            content=self.output("ContentTable"),
            catalogue=self.output("CatalogueTable"),
            secret=partial(StackSecret(client=partial(self.client, "ssm"), name=f"/dampf/{self.name}/secret"), ERASURE),
        )

    @cached_property
    def contents(self) -> DynamoContents:
        return DynamoContents(tables=self.tables)

    @cached_property
    def profiles(self) -> DynamoProfiles:
        return DynamoProfiles(tables=self.tables)

    @cached_property
    def vouchers(self) -> DynamoVouchers:
        return DynamoVouchers(tables=self.tables)

    @cached_property
    def wakeups(self) -> DynamoWakeups:
        return DynamoWakeups(tables=self.tables)

    @cached_property
    def timers(self) -> Timers:
        kind = queues.SqsTimersOnVirtualClock if runtime.has_virtual_clock() else queues.SqsTimers
        return kind(client=self.client("sqs", queues.CLIENT_CONFIG), queue_url=self.output("DelayedQueueUrl"))


@contextmanager
def stack_of(arguments: argparse.Namespace) -> Iterator[Stack]:
    """The stack that the arguments name. Whatever AWS refuses meanwhile is said in one line."""
    with aws_in_one_line():
        yield _find(arguments.stack, arguments.endpoint_url)


@contextmanager
def aws_in_one_line() -> Iterator[None]:
    """Whatever AWS refuses meanwhile."""
    try:
        yield
    except ClientError as refused:
        error = refused.response["Error"]
        said = " ".join(error.get("Message", "").split())
        raise CommandError(f"AWS refuses {refused.operation_name}: {error['Code']}: {said}") from refused
    except BotoCoreError as problem:
        raise CommandError(f"AWS: {problem}") from problem


def session_for(endpoint_url: str | None) -> Any:
    """The operator's own; an emulator asks for no credentials, so where there are none its own will do."""
    session = boto3.Session()
    if endpoint_url is not None and session.get_credentials() is None:
        session = boto3.Session(ACCESS_KEY, SECRET_KEY, region_name=session.region_name or REGION)
    return session


def _find(name: str, endpoint_url: str | None) -> Stack:
    session = session_for(endpoint_url)
    stack = Stack(name=name, outputs={}, session=session, endpoint_url=endpoint_url)
    try:
        found = stack.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as refused:
        if refused.response["Error"]["Code"] != "ValidationError":
            raise
        region = session.region_name or "this region"
        raise CommandError(f"there is no stack {name} in {region}") from None
    stack.outputs.update({output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", ())})
    return stack
