"""The embedded AWS: the real template and functions on one machine, without Docker and without an account.

`EmbeddedAws` runs the emulator, `deploy` creates the stack in it, `Mailbox` stands in for SES, `VirtualClock` sets
the functions' time and `wait_until_quiet` says when everything that was under way has come to rest.
"""

from dampf_cli.embedded.clock import VirtualClock
from dampf_cli.embedded.deploying import DeployedStack, DeploymentFailed, deploy
from dampf_cli.embedded.emulator import EmbeddedAws, EmbeddedAwsFailed
from dampf_cli.embedded.faults import Fault
from dampf_cli.embedded.feedback import FeedbackFailed, feedback_event, published_kinds, to_queue
from dampf_cli.embedded.mailbox import Mailbox, SentMail, SentText
from dampf_cli.embedded.settling import NeverQuiet, wait_until_quiet

__all__ = [
    "DeployedStack",
    "DeploymentFailed",
    "EmbeddedAws",
    "EmbeddedAwsFailed",
    "Fault",
    "FeedbackFailed",
    "Mailbox",
    "NeverQuiet",
    "SentMail",
    "SentText",
    "VirtualClock",
    "deploy",
    "feedback_event",
    "published_kinds",
    "to_queue",
    "wait_until_quiet",
]
