"""Deploys the real template.yaml to the embedded AWS: package, create the stack, wait, say what it is made of.

It refuses to touch the template beyond its code URIs: what the emulator cannot take must be bridged in the emulator's
launcher or be said by an error, never be patched away here.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dampf_cli.embedded.emulator import EmbeddedAws
from dampf_cli.embedded.packaging import NotPackageable, PackagedTemplate, package
from dampf_cli.errors import CommandError

DEPLOY_SECONDS = 60.0
LOOK_EVERY_SECONDS = 0.05
CODE_BUCKET = "dampf-code"
# CloudFormation's limit for a template in the request itself; larger ones go through the bucket.
LARGEST_BODY = 51_200


class DeploymentFailed(CommandError):
    """The stack could not be created; the message names the resource and the reason in one line."""


@dataclass(frozen=True, kw_only=True)
class DeployedStack:
    """The stack as it stands: its outputs, and the physical id of every logical one (`"ProfilesTable"` → a name)."""

    name: str
    outputs: Mapping[str, str]
    physical_ids: Mapping[str, str]
    types: Mapping[str, str]

    def physical_id(self, logical_id: str) -> str:
        try:
            return self.physical_ids[logical_id]
        except KeyError:
            raise DeploymentFailed(f"the stack {self.name} has no resource {logical_id}") from None

    def of_type(self, kind: str) -> Mapping[str, str]:
        """Logical and physical ids of one kind of resource, for example `AWS::SQS::Queue` → names and URLs."""
        return {name: self.physical_ids[name] for name, found in self.types.items() if found == kind}


def deploy(
    aws: EmbeddedAws,
    *,
    template_file: Path,
    parameters: Mapping[str, str] | None = None,
    stack: str = "dampf",
) -> DeployedStack:
    """Creates the stack and waits until it stands. Folders in the template are relative to the template's own."""
    template = read_template(template_file)
    try:
        packaged = package(template, folder=template_file.parent, bucket=CODE_BUCKET)
    except NotPackageable as missing:
        raise DeploymentFailed(f"{template_file.name}: {missing}") from None
    upload(aws, packaged)
    cloudformation = aws.client("cloudformation")
    request: dict[str, Any] = {
        "StackName": stack,
        "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
        "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in (parameters or {}).items()],
    }
    try:
        cloudformation.create_stack(**request, **template_argument(aws, packaged.template))
    except cloudformation.exceptions.ClientError as refused:
        message = refused.response["Error"]["Message"]
        raise DeploymentFailed(f"{template_file.name}: CloudFormation refuses it: {one_line(message)}") from None
    return deployed_stack(stack, wait_for_stack(cloudformation, stack), cloudformation)


def read_template(template_file: Path) -> dict[str, Any]:
    """The template with its short forms (`!Ref`) spelt out."""
    from samtranslator.yaml_helper import yaml_parse

    template: dict[str, Any] = yaml_parse(template_file.read_text(encoding="utf-8"))
    return template


def upload(aws: EmbeddedAws, packaged: PackagedTemplate) -> None:
    storage = aws.client("s3")
    try:
        storage.head_bucket(Bucket=CODE_BUCKET)
    except storage.exceptions.ClientError:
        storage.create_bucket(Bucket=CODE_BUCKET, CreateBucketConfiguration={"LocationConstraint": aws.region})
    for archive in packaged.archives:
        storage.put_object(Bucket=CODE_BUCKET, Key=archive.key, Body=archive.content)


def template_argument(aws: EmbeddedAws, template: Mapping[str, Any]) -> dict[str, str]:
    body = json.dumps(template, separators=(",", ":"), default=str)
    if len(body.encode()) <= LARGEST_BODY:
        return {"TemplateBody": body}
    aws.client("s3").put_object(Bucket=CODE_BUCKET, Key="template.json", Body=body.encode())
    return {"TemplateURL": f"{aws.endpoint_url}/{CODE_BUCKET}/template.json"}


def wait_for_stack(cloudformation: Any, stack: str) -> Mapping[str, Any]:
    deadline = time.monotonic() + DEPLOY_SECONDS
    while time.monotonic() < deadline:
        description: Mapping[str, Any] = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
        status = description["StackStatus"]
        if status == "CREATE_COMPLETE":
            return description
        if not status.endswith("_IN_PROGRESS") or status.startswith("ROLLBACK"):
            raise DeploymentFailed(first_failure(cloudformation, stack, description))
        time.sleep(LOOK_EVERY_SECONDS)
    raise DeploymentFailed(f"the stack {stack} was not created within {DEPLOY_SECONDS:.0f} s")


def first_failure(cloudformation: Any, stack: str, description: Mapping[str, Any]) -> str:
    """One line: the resource that failed first, and why."""
    events = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
    for event in reversed(events):
        if event["ResourceStatus"].endswith("_FAILED") and event["LogicalResourceId"] != stack:
            reason = one_line(event.get("ResourceStatusReason", "no reason given"))
            return f"{event['LogicalResourceId']} ({event['ResourceType']}) could not be created: {reason}"
    reason = one_line(description.get("StackStatusReason", "no reason given"))
    return f"the stack {stack} could not be created ({description['StackStatus']}): {reason}"


def deployed_stack(stack: str, description: Mapping[str, Any], cloudformation: Any) -> DeployedStack:
    resources: list[Mapping[str, str]] = []
    for page in cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack):
        resources += page["StackResourceSummaries"]
    return DeployedStack(
        name=stack,
        outputs={output["OutputKey"]: output["OutputValue"] for output in description.get("Outputs", [])},
        physical_ids={each["LogicalResourceId"]: each["PhysicalResourceId"] for each in resources},
        types={each["LogicalResourceId"]: each["ResourceType"] for each in resources},
    )


def one_line(text: str) -> str:
    return " ".join(text.split())
