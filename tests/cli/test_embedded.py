"""The embedded AWS, proven on a toy of Dampf's own shape: bus, ingest, mailbox, evaluate, outbox, deliver, measure."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

from dampf_cli.embedded import (
    DeployedStack,
    DeploymentFailed,
    EmbeddedAws,
    Fault,
    Mailbox,
    NeverQuiet,
    VirtualClock,
    deploy,
    published_kinds,
    to_queue,
    wait_until_quiet,
)
from dampf_cli.embedded.clock import iso_instant
from dampf_cli.embedded.packaging import archive

pytestmark = pytest.mark.emulator

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Parameters: {Sender: {Type: String}}
Globals:
  Function:
    Runtime: python3.13
    Architectures: [arm64]
    Handler: app.handler
    Timeout: 10
    Layers: [!Ref Layer]
    Environment: {Variables: {TABLE: !Ref Table, MAILBOX: !Ref MailboxQueue, SENDER: !Ref Sender}}
Resources:
  Layer: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: layers/toy, RetentionPolicy: Delete}}
  Bus: {Type: AWS::Events::EventBus, Properties: {Name: !Sub "${AWS::StackName}-shop"}}
  Rule:
    Type: AWS::Events::Rule
    Properties:
      EventBusName: !Ref Bus
      EventPattern: {account: [!Ref AWS::AccountId]}
      Targets: [{Id: ingest, Arn: !GetAtt IngestQueue.Arn}]
  IngestQueue:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: 60
      RedrivePolicy: {deadLetterTargetArn: !GetAtt IngestDeadLetters.Arn, maxReceiveCount: 2}
  IngestDeadLetters: {Type: AWS::SQS::Queue}
  Ingest:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: functions/ingest
      Policies:
        - SQSSendMessagePolicy: {QueueName: !GetAtt MailboxQueue.QueueName}
        - Statement: [{Effect: Allow, Action: dynamodb:PutItem, Resource: !GetAtt Table.Arn}]
      Events: {Messages: {Type: SQS, Properties: {Queue: !GetAtt IngestQueue.Arn, BatchSize: 10}}}
  MailboxQueue: {Type: AWS::SQS::Queue, Properties: {FifoQueue: true, VisibilityTimeout: 60}}
  Evaluate:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: functions/evaluate
      Environment: {Variables: {OUTBOX: !Ref OutboxQueue}}
      Policies:
        - SQSSendMessagePolicy: {QueueName: !GetAtt OutboxQueue.QueueName}
        - Statement: [{Effect: Allow, Action: dynamodb:PutItem, Resource: !GetAtt Table.Arn}]
      Events: {Messages: {Type: SQS, Properties: {Queue: !GetAtt MailboxQueue.Arn, BatchSize: 10}}}
  OutboxQueue: {Type: AWS::SQS::Queue, Properties: {VisibilityTimeout: 60}}
  Deliver:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: functions/deliver
      Environment: {Variables: {CONFIGURATION_SET: !Ref ConfigurationSet}}
      Events: {Messages: {Type: SQS, Properties: {Queue: !GetAtt OutboxQueue.Arn, BatchSize: 10}}}
  ConfigurationSet: {Type: AWS::SES::ConfigurationSet}
  Feedback:
    Type: AWS::SES::ConfigurationSetEventDestination
    Properties:
      ConfigurationSetName: !Ref ConfigurationSet
      EventDestination:
        Enabled: true
        MatchingEventTypes: [delivery, bounce]
        EventBridgeDestination: {EventBusArn: !Sub "arn:aws:events:${AWS::Region}:${AWS::AccountId}:event-bus/default"}
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: pk, AttributeType: S}]
      KeySchema: [{AttributeName: pk, KeyType: HASH}]
      StreamSpecification: {StreamViewType: NEW_AND_OLD_IMAGES}
  Measure:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: functions/measure
      Events:
        Stream: {Type: DynamoDB, Properties: {Stream: !GetAtt Table.StreamArn, StartingPosition: TRIM_HORIZON}}
        Minute: {Type: ScheduleV2, Properties: {ScheduleExpression: rate(1 minute)}}
Outputs: {Bus: {Value: !Ref Bus}}
"""

SOURCES = {
    "layers/toy/toy.py": """
import functools, os, pathlib
import boto3
from botocore.config import Config

@functools.cache
def client(name):
    return boto3.client(name, config=Config(retries={"total_max_attempts": 1}))

def now():
    return pathlib.Path(os.environ["DAMPF_CLOCK_FILE"]).read_text().strip()
""",
    "functions/ingest/app.py": """
import json, os
from toy import client

def handler(event, context):
    for record in event["Records"]:
        body = json.loads(record["body"])
        detail = body["detail"]
        if detail.get("broken"):
            raise ValueError("this event is broken")
        if body["source"] == "aws.ses":
            row = {"pk": {"S": "feedback#" + detail["mail"]["tags"]["message"][0]}, "kind": {"S": body["detail-type"]}}
            client("dynamodb").put_item(TableName=os.environ["TABLE"], Item=row)
        else:
            client("sqs").send_message(QueueUrl=os.environ["MAILBOX"], MessageGroupId=detail["profile"],
                MessageDeduplicationId=body["id"], MessageBody=json.dumps({**detail, "id": body["id"]}))
""",
    "functions/evaluate/app.py": """
import json, os
from toy import client, now

def handler(event, context):
    for record in event["Records"]:
        body = json.loads(record["body"])
        put = {"TableName": os.environ["TABLE"], "Item": {"pk": {"S": body["id"]}, "at": {"S": now()}}}
        client("dynamodb").transact_write_items(TransactItems=[{"Put": put}])
        client("sqs").send_message(QueueUrl=os.environ["OUTBOX"], MessageBody=record["body"])
""",
    "functions/deliver/app.py": """
import json, os
from toy import client

def handler(event, context):
    for record in event["Records"]:
        body = json.loads(record["body"])
        unsubscribe = {"Name": "List-Unsubscribe-Post", "Value": "List-Unsubscribe=One-Click"}
        simple = {"Subject": {"Data": "Hello"}, "Body": {"Html": {"Data": "<p>Hi</p>"}}, "Headers": [unsubscribe]}
        client("sesv2").send_email(FromEmailAddress=os.environ["SENDER"], Content={"Simple": simple},
            Destination={"ToAddresses": [body["profile"] + "@example.com"]},
            ConfigurationSetName=os.environ["CONFIGURATION_SET"],
            EmailTags=[{"Name": "message", "Value": body["id"]}])
""",
    "functions/measure/app.py": """
import os, time
from toy import client

def handler(event, context):
    if "forbidden" in event:
        client("dynamodb").scan(TableName=os.environ["TABLE"])
    time.sleep(0.005)
""",
}


@dataclass(frozen=True, kw_only=True)
class Toy:
    aws: EmbeddedAws
    stack: DeployedStack
    mailbox: Mailbox
    clock: VirtualClock

    def send(self, **detail: Any) -> None:
        entry = {"Source": "shop", "DetailType": "Order Completed", "Detail": json.dumps(detail)}
        self.aws.client("events").put_events(Entries=[{**entry, "EventBusName": self.stack.outputs["Bus"]}])

    def rows(self) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.aws.client("dynamodb").scan(TableName=self.stack.physical_id("Table"))[
            "Items"
        ]
        return items


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("toy")
    (folder / "template.yaml").write_text(TEMPLATE)
    for name, source in SOURCES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(source)
    return folder


@pytest.fixture(scope="session")
def toy(project: Path) -> Iterator[Toy]:
    clock = VirtualClock(project / "now", start=START)
    with Mailbox(now=clock.now) as mailbox:
        environment = {**mailbox.endpoints, "DAMPF_CLOCK_FILE": str(clock.path)}
        with EmbeddedAws(environment=environment, run_schedules=False) as aws:
            stack = deploy(aws, template_file=project / "template.yaml", parameters={"Sender": "shop@example.com"})
            kinds = published_kinds(aws.client("sesv2"), stack.physical_id("ConfigurationSet"))
            mailbox.give_feedback_to(to_queue(aws.client("sqs"), stack.physical_id("IngestQueue")), kinds=kinds)
            yield Toy(aws=aws, stack=stack, mailbox=mailbox, clock=clock)


def test_an_event_becomes_a_mail_with_its_tags_headers_and_configuration_set(toy: Toy) -> None:
    toy.send(profile="anna")
    wait_until_quiet(toy.aws, toy.mailbox)
    mail = toy.mailbox.mails()[-1]
    assert mail.recipients == ("anna@example.com",)
    assert (mail.sender, mail.subject, mail.html) == ("shop@example.com", "Hello", "<p>Hi</p>")
    assert mail.headers == {"List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    assert mail.configuration_set == toy.stack.physical_id("ConfigurationSet")
    assert mail.at == toy.clock.now()


def test_feedback_comes_back_as_the_configuration_set_publishes_it(toy: Toy) -> None:
    toy.send(profile="berta")
    wait_until_quiet(toy.aws, toy.mailbox)
    message = toy.mailbox.mails()[-1].tags["message"]
    kinds = [row["kind"]["S"] for row in toy.rows() if row["pk"]["S"] == f"feedback#{message}"]
    assert kinds == ["Email Delivered"]


def test_functions_take_their_now_from_the_virtual_clock(toy: Toy) -> None:
    toy.clock.set(START + timedelta(hours=1, microseconds=5))
    toy.send(profile="clara")
    wait_until_quiet(toy.aws, toy.mailbox)
    assert "2026-11-20T10:00:00.000005Z" in {row["at"]["S"] for row in toy.rows() if "at" in row}


def test_quiet_is_never_early_and_costs_little_per_instant(toy: Toy) -> None:
    before = len(toy.mailbox.mails())
    waits = []
    for number in range(1, 21):
        toy.send(profile=f"p{number}")
        waits.append(wait_until_quiet(toy.aws, toy.mailbox))
        assert len(toy.mailbox.mails()) == before + number
        feedback = {row["pk"]["S"] for row in toy.rows() if row["pk"]["S"].startswith("feedback#")}
        assert f"feedback#{toy.mailbox.mails()[-1].tags['message']}" in feedback
    assert sorted(waits)[len(waits) // 2] < 0.15


def test_a_burst_loses_and_doubles_nothing(toy: Toy) -> None:
    before = len(toy.mailbox.mails())
    for number in range(50):
        toy.send(profile=f"burst{number}")
    wait_until_quiet(toy.aws, toy.mailbox)
    recipients = [mail.recipients[0] for mail in toy.mailbox.mails()[before:]]
    assert sorted(recipients) == sorted(f"burst{number}@example.com" for number in range(50))


def test_a_delayed_message_is_work(toy: Toy) -> None:
    body = json.dumps({"id": "delayed", "profile": "dora"})
    toy.aws.client("sqs").send_message(QueueUrl=toy.stack.physical_id("OutboxQueue"), MessageBody=body, DelaySeconds=1)
    assert wait_until_quiet(toy.aws, toy.mailbox) > 0.9
    assert toy.mailbox.mails()[-1].recipients == ("dora@example.com",)


def test_a_repetition_is_known_for_five_minutes_of_the_virtual_clock(toy: Toy) -> None:
    sqs, begun = toy.aws.client("sqs"), toy.clock.now()
    queue = sqs.create_queue(QueueName="again.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]

    def sent_after(minutes: int) -> int:
        """Messages that are in the queue once the same was sent again."""
        toy.clock.set(begun + timedelta(minutes=minutes))
        sqs.send_message(QueueUrl=queue, MessageBody="{}", MessageGroupId="fay", MessageDeduplicationId="same")
        attributes = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
        return int(attributes["ApproximateNumberOfMessages"])

    assert [sent_after(minutes) for minutes in (0, 1, 4, 6, 7, -60)] == [1, 1, 1, 2, 2, 3]
    toy.clock.set(begun)
    sqs.delete_queue(QueueUrl=queue)


def test_dead_letters_are_no_work(toy: Toy) -> None:
    toy.aws.client("sqs").send_message(QueueUrl=toy.stack.physical_id("IngestDeadLetters"), MessageBody="{}")
    assert wait_until_quiet(toy.aws, toy.mailbox) < 1


def test_work_that_does_not_end_is_named_with_its_reason(toy: Toy) -> None:
    toy.send(profile="emma", broken=True)
    with pytest.raises(NeverQuiet, match=r"IngestQueue\S*: 1 messages.*this event is broken"):
        wait_until_quiet(toy.aws, toy.mailbox, timeout=1.5)
    toy.aws.client("sqs").purge_queue(QueueUrl=toy.stack.physical_id("IngestQueue"))
    wait_until_quiet(toy.aws, toy.mailbox)


def test_the_emulator_and_the_mailbox_listen_on_loopback_only(toy: Toy) -> None:
    ports = {int(url.rsplit(":", 1)[1]) for url in (toy.aws.endpoint_url, toy.mailbox.url)}
    for process in (toy.aws.process_id, os.getpid()):
        for table in ("tcp", "tcp6"):
            for line in Path(f"/proc/{process}/net/{table}").read_text().splitlines()[1:]:
                address, port = line.split()[1].split(":")
                if int(port, 16) in ports and line.split()[3] == "0A":
                    assert address == "0100007F"


@pytest.mark.parametrize(
    "change, complaint",
    [
        pytest.param(("maxReceiveCount: 2", "maxReceiveCount: 5000"), "^IngestQueue .*1000", id="refused value"),
        pytest.param(("AWS::SES::ConfigurationSet}", "AWS::SES::Nonsense}"), "AWS::SES::Nonsense", id="unknown type"),
        pytest.param(("functions/measure", "functions/none"), "functions/none", id="missing folder"),
    ],
)
def test_a_failed_deployment_says_what_and_why_in_one_line(
    toy: Toy, project: Path, change: tuple[str, str], complaint: str
) -> None:
    template_file = project / "broken.yaml"
    template_file.write_text(TEMPLATE.replace(*change))
    with pytest.raises(DeploymentFailed, match=complaint) as failure:
        deploy(toy.aws, template_file=template_file, parameters={"Sender": "a@b.c"}, stack=f"broken-{len(complaint)}")
    assert "\n" not in str(failure.value)


def test_roles_are_enforced_when_asked_for(project: Path) -> None:
    clock = VirtualClock(project / "now of its own", start=START)
    with (
        Mailbox() as mailbox,
        EmbeddedAws(
            environment={**mailbox.endpoints, "DAMPF_CLOCK_FILE": str(clock.path)},
            enforce_policies=True,
            run_schedules=False,
        ) as aws,
    ):
        stack = deploy(aws, template_file=project / "template.yaml", parameters={"Sender": "shop@example.com"})
        measure = stack.physical_id("Measure")
        answer = aws.client("lambda").invoke(FunctionName=measure, Payload=b'{"forbidden": true}')
        assert "AccessDenied" in json.loads(answer["Payload"].read())["errorMessage"]
        Toy(aws=aws, stack=stack, mailbox=mailbox, clock=clock).send(profile="x")
        wait_until_quiet(aws, mailbox)
        assert len(mailbox.mails()) == 1


def processes_of_session(session: int) -> set[int]:
    """Every living process of the emulator's session: itself and its functions' workers."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == session and fields[0] != "Z":
            found.add(int(stat.parent.name))
    return found


def test_nothing_is_left_behind_even_after_an_error(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    sessions = []

    def fail_while_a_worker_runs() -> None:
        with EmbeddedAws(environment={"DAMPF_CLOCK_FILE": os.devnull}, run_schedules=False) as aws:
            stack = deploy(aws, template_file=project / "template.yaml", parameters={"Sender": "shop@example.com"})
            aws.client("lambda").invoke(FunctionName=stack.physical_id("Measure"), Payload=b"{}")
            sessions.append(aws.process_id)
            assert len(processes_of_session(aws.process_id)) == 2
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail_while_a_worker_runs()
    assert processes_of_session(sessions[0]) == set()
    assert list(tmp_path.iterdir()) == []


def test_the_emulator_ends_with_a_parent_that_was_killed(tmp_path: Path) -> None:
    program = (
        "import time\nfrom dampf_cli.embedded import EmbeddedAws\n"
        "with EmbeddedAws() as aws:\n    print(aws.process_id, flush=True)\n    time.sleep(60)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "TMPDIR": str(tmp_path)}
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, env=environment) as parent:
        assert parent.stdout is not None
        session = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and (processes_of_session(session) or list(tmp_path.iterdir())):
        time.sleep(0.02)
    assert processes_of_session(session) == set()
    assert list(tmp_path.iterdir()) == []


def send_through(mailbox: Mailbox) -> dict[str, Any]:
    client = boto3.client(
        "sesv2",
        endpoint_url=mailbox.url,
        region_name="eu-central-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}, read_timeout=0.2),
    )
    return dict(
        client.send_email(
            FromEmailAddress="shop@example.com",
            Destination={"ToAddresses": ["anna@example.com"]},
            ConfigurationSetName="set",
            Content={"Raw": {"Data": b"Subject: x\r\n\r\ny"}},
        )
    )


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault.status is not None], ids=lambda fault: fault.name)
def test_a_fault_reaches_the_sender_as_ses_words_it(fault: Fault) -> None:
    with Mailbox() as mailbox:
        mailbox.fail_next(fault)
        with pytest.raises(ClientError) as failure:
            send_through(mailbox)
        assert failure.value.response["Error"]["Code"] == fault.exception
        assert failure.value.response["ResponseMetadata"]["HTTPStatusCode"] == fault.status
        assert (mailbox.mails(), mailbox.attempts()) == ([], 1)
        assert send_through(mailbox)["MessageId"] == mailbox.mails()[0].message_id


@pytest.mark.parametrize(
    "fault, error", [(Fault.HANGING, ReadTimeoutError), (Fault.RESET, ConnectionClosedError)], ids=["hang", "reset"]
)
def test_an_answer_may_be_lost_after_the_mail_was_accepted(fault: Fault, error: type[Exception]) -> None:
    events: list[Any] = []
    with Mailbox() as mailbox:
        mailbox.give_feedback_to(events.extend)
        mailbox.fail_next(fault, accepted=True)
        with pytest.raises(error):
            send_through(mailbox)
        while not mailbox.is_drained():
            time.sleep(0.001)
        assert [event["detail-type"] for event in events] == ["Email Sent", "Email Delivered"]
        assert [mail.message_id for mail in mailbox.mails()] == [events[0]["detail"]["mail"]["messageId"]]


def test_equal_sources_give_equal_archives(project: Path) -> None:
    assert archive(project / "layers/toy", prefix="python/") == archive(project / "layers/toy", prefix="python/")


def test_an_instant_is_written_in_utc_with_microseconds_only_where_there_are_some() -> None:
    assert iso_instant(START) == "2026-11-20T09:00:00Z"
    assert iso_instant(START + timedelta(microseconds=10)) == "2026-11-20T09:00:00.000010Z"


def test_the_clock_refuses_an_instant_without_a_zone(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="aware instants"):
        VirtualClock(tmp_path / "now", start=START.replace(tzinfo=None))


def test_health_is_told_by_the_emulator_itself(toy: Toy) -> None:
    with urllib.request.urlopen(f"{toy.aws.endpoint_url}/_ministack/health") as answer:
        assert answer.status == 200
