"""Sample mails and texts of a simulation: it renders every mail, and a year of them would not fit into memory."""

from collections.abc import Mapping

from dampf.campaigns.mail import Mail
from dampf.campaigns.text_message import TextMessage
from dampf.domain.message import Message
from dampf.use_cases.ports.messages import Answer


class OneOfEach:
    """A mailer that sends nothing: it counts the mails and keeps the first of each message. `ledger` names them."""

    def __init__(self, ledger: Mapping[str, Message]) -> None:
        self._ledger = ledger
        self.sent = 0
        self.mails: dict[str, Mail] = {}

    def send(self, mail: Mail) -> Answer:
        self.sent += 1
        message = self._ledger.get(mail.tags.get("message", ""))
        if message is not None:
            self.mails.setdefault(message.message, mail)
        return Answer("sent")


class OneTextOfEach:
    """The same for text messages."""

    def __init__(self, ledger: Mapping[str, Message]) -> None:
        self._ledger = ledger
        self.sent = 0
        self.texts: dict[str, TextMessage] = {}

    def send(self, text: TextMessage) -> Answer:
        self.sent += 1
        message = self._ledger.get(text.message)
        if message is not None:
            self.texts.setdefault(message.message, text)
        return Answer("sent")
