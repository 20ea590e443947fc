"""Each function's own policies, word for word: what its use case calls, on what, and nothing beyond.

That each is enough is proven where the functions run: tests/embedded enforces them.
"""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from dampf_cli.embedded.deploying import read_template

TOKEN_KEYS = "parameter/dampf/AWS::StackName/token-keys"
READ_CONTENT = {"Content": {"dynamodb:GetItem"}}

ALLOWED: dict[str, dict[str, set[str]]] = {
    "IngestFunction": {
        "Identities": {"dynamodb:BatchGetItem"},
        "Profiles": {"dynamodb:UpdateItem"},
        **READ_CONTENT,
        "Catalogue": {"dynamodb:BatchGetItem", "dynamodb:PutItem"},
        "ShopBus": {"events:PutEvents"},
        "AudienceQueue": {"sqs:SendMessage"},
        "MailboxQueue": {"sqs:SendMessage"},
        "IngestDeadLetters": {"sqs:SendMessage"},
        "IngestQueue": {"sqs:ChangeMessageVisibility"},
        "DelayedQueue": {"sqs:ChangeMessageVisibility"},
    },
    "EvaluateFunction": {
        "Profiles": {
            "dynamodb:BatchGetItem",
            "dynamodb:Query",
            "dynamodb:PutItem",
            "dynamodb:UpdateItem",
            "dynamodb:DeleteItem",
            "dynamodb:BatchWriteItem",
        },
        "Identities": {
            "dynamodb:BatchGetItem",
            "dynamodb:PutItem",
            "dynamodb:UpdateItem",
            "dynamodb:ConditionCheckItem",
            "dynamodb:DeleteItem",
            "dynamodb:BatchWriteItem",
        },
        "History": {"dynamodb:PutItem", "dynamodb:Query", "dynamodb:BatchGetItem", "dynamodb:BatchWriteItem"},
        "parameter/dampf/AWS::StackName/secret": {"ssm:GetParameter", "ssm:PutParameter"},
        "Catalogue": {"dynamodb:BatchGetItem", "dynamodb:PutItem"},
        **READ_CONTENT,
        "MailboxQueue": {"sqs:SendMessage", "sqs:ChangeMessageVisibility"},
        "TransactionalOutbox": {"sqs:SendMessage"},
        "MarketingOutbox": {"sqs:SendMessage"},
        "DelayedQueue": {"sqs:SendMessage"},
        "ParkingQueue": {"sqs:SendMessage"},
        "ShopBus": {"events:PutEvents"},
    },
    "CollectFunction": {"ShopBus": {"events:PutEvents"}},
    "DeliverFunction": {
        "Profiles": {"dynamodb:BatchGetItem", "dynamodb:UpdateItem"},
        "History": {"dynamodb:BatchGetItem", "dynamodb:Query"},
        "Catalogue": {
            "dynamodb:BatchGetItem",
            "dynamodb:Query",
            "dynamodb:PutItem",
            "dynamodb:DeleteItem",
            "dynamodb:ConditionCheckItem",
        },
        **READ_CONTENT,
        "MailboxQueue": {"sqs:SendMessage"},
        TOKEN_KEYS: {"ssm:GetParameter"},
        "identity/SenderDomain": {"ses:SendEmail"},
        "configuration-set/ConfigurationSet": {"ses:SendEmail"},
        "phone-number/*": {"sms-voice:SendTextMessage"},
        "sender-id/*": {"sms-voice:SendTextMessage"},
        "pool/*": {"sms-voice:SendTextMessage"},
    },
    "ClockFunction": {
        "Profiles/index/due": {"dynamodb:Query"},
        "Profiles": {"dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:BatchWriteItem"},
        "DelayedQueue": {"sqs:SendMessage"},
        "TransactionalOutbox": {"sqs:SendMessage"},
        "MarketingOutbox": {"sqs:SendMessage"},
        "ShopBus": {"events:PutEvents"},
    },
    "CalendarFunction": {
        "Profiles/index/dates": {"dynamodb:Query"},
        "Content": {"dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:DeleteItem"},
        "MailboxQueue": {"sqs:SendMessage"},
        "AudienceQueue": {"sqs:SendMessage"},
    },
    "PagesFunction": {
        "Profiles": {"dynamodb:BatchGetItem", "dynamodb:UpdateItem"},
        "History": {"dynamodb:BatchGetItem"},
        **READ_CONTENT,
        "ShopBus": {"events:PutEvents"},
        TOKEN_KEYS: {"ssm:GetParameter"},
    },
    "AudienceFunction": {
        "Profiles/index/people": {"dynamodb:Query"},
        "Profiles/index/dates": {"dynamodb:Query"},
        "Profiles": {"dynamodb:BatchGetItem"},
        "History": {"dynamodb:Query"},
        "Catalogue": {"dynamodb:BatchGetItem"},
        **READ_CONTENT,
        "MailboxQueue": {"sqs:SendMessage"},
        "AudienceQueue": {"sqs:SendMessage", "sqs:ChangeMessageVisibility"},
    },
    "RecommendFunction": {
        "Profiles/index/dates": {"dynamodb:Query"},
        "Profiles/index/people": {"dynamodb:Query"},
        "Profiles": {"dynamodb:BatchGetItem"},
        "Catalogue": {"dynamodb:BatchGetItem", "dynamodb:BatchWriteItem"},
        **READ_CONTENT,
    },
}


@pytest.fixture(scope="module")
def functions(root: Path) -> dict[str, dict[str, Any]]:
    resources = read_template(root / "template.yaml")["Resources"]
    return {
        name: resource["Properties"]
        for name, resource in resources.items()
        if resource["Type"] == "AWS::Serverless::Function"
    }


def resource_named(told: Any) -> str:
    """`!GetAtt Profiles.Arn` is Profiles, `${Profiles.Arn}/index/due` is Profiles/index/due."""
    if "Fn::GetAtt" in told:
        found = told["Fn::GetAtt"]
        return str(found[0] if isinstance(found, list) else found.partition(".")[0])
    pattern = re.sub(r"^arn:.*?:(?=[a-z-]+/)", "", told["Fn::Sub"])
    return re.sub(r"\$\{([\w:]+)(\.\w+)?\}", r"\1", pattern)


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def test_every_function_has_its_line_here(functions: dict[str, dict[str, Any]]) -> None:
    assert functions.keys() == ALLOWED.keys()


@pytest.mark.parametrize("function", ALLOWED)
def test_a_function_may_do_what_its_use_case_does_and_nothing_else(
    functions: dict[str, dict[str, Any]], function: str
) -> None:
    allowed: dict[str, set[str]] = {}
    for policy in functions[function]["Policies"]:
        for statement in policy["Statement"]:
            assert statement["Effect"] == "Allow"
            for resource in listed(statement["Resource"]):
                allowed.setdefault(resource_named(resource), set()).update(listed(statement["Action"]))
    assert allowed == ALLOWED[function]


def test_nothing_is_allowed_on_everything_and_every_statement_says_what_for(
    functions: dict[str, dict[str, Any]],
) -> None:
    for properties in functions.values():
        for policy in properties["Policies"]:
            for statement in policy["Statement"]:
                if statement["Sid"] != "SendTextMessages":  # from a sender that a message names, whichever it is
                    assert "*" not in json.dumps([statement["Action"], statement["Resource"]])
                assert statement["Sid"]
