"""template.yaml as CloudFormation will see it: lint before and after SAM's expansion, and the house's conventions.

`sam validate --lint` lives in a virtual environment of its own: `make sam`.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from samtranslator.translator.transform import transform

from dampf_cli.embedded.deploying import read_template
from dampf_cli.embedded.packaging import package

PHYSICAL_NAMES = {
    "AWS::DynamoDB::Table": "TableName",
    "AWS::Events::EventBus": "Name",
    "AWS::Events::Rule": "Name",
    "AWS::IAM::Role": "RoleName",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::SNS::Topic": "TopicName",
    "AWS::SQS::Queue": "QueueName",
}


class NoManagedPolicies:
    """Policies stand in the template, so SAM's list of managed ones, which it would ask AWS for, is not needed."""

    def load(self) -> dict[str, str]:
        return {}


@pytest.fixture(scope="module")
def expanded(root: Path) -> dict[str, Any]:
    """The template as AWS expands it, with code as if it were uploaded."""
    template = package(read_template(root / "template.yaml"), folder=root, bucket="code").template
    fragment = json.loads(json.dumps(template))
    result: dict[str, Any] = transform(fragment, {}, NoManagedPolicies())
    return result


def lint(template: Path) -> None:
    linted = subprocess.run(
        [str(Path(sys.executable).with_name("cfn-lint")), "--format", "parseable", "--", str(template)],
        check=False,
        capture_output=True,
        text=True,
    )
    assert linted.returncode == 0, linted.stdout + linted.stderr


def of_type(template: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    """Properties by logical name."""
    resources = template["Resources"].items()
    return {name: resource.get("Properties", {}) for name, resource in resources if resource["Type"] == kind}


def test_the_template_passes_the_linter(root: Path) -> None:
    lint(root / "template.yaml")


def test_its_expansion_passes_the_linter(expanded: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "expanded.json"
    file.write_text(json.dumps(expanded))
    lint(file)


@pytest.mark.parametrize("kind, name", PHYSICAL_NAMES.items())
def test_nothing_has_a_physical_name_so_two_stacks_can_coexist(expanded: dict[str, Any], kind: str, name: str) -> None:
    names = {logical: properties[name] for logical, properties in of_type(expanded, kind).items() if name in properties}
    # A bus must have a name; made from the stack's it still is the stack's own.
    assert {logical: given for logical, given in names.items() if "AWS::StackName" not in json.dumps(given)} == {}


def test_every_queue_that_a_function_reads_gets_back_only_what_failed(expanded: dict[str, Any]) -> None:
    mappings = of_type(expanded, "AWS::Lambda::EventSourceMapping")
    assert mappings
    assert [
        name
        for name, properties in mappings.items()
        if "ReportBatchItemFailures" not in properties.get("FunctionResponseTypes", [])
    ] == []


def test_no_role_may_do_everything(expanded: dict[str, Any]) -> None:
    actions = [
        (name, action)
        for name, properties in of_type(expanded, "AWS::IAM::Role").items()
        for policy in properties.get("Policies", [])
        for statement in policy["PolicyDocument"]["Statement"]
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    ]
    assert [(name, action) for name, action in actions if action.endswith("*")] == []
