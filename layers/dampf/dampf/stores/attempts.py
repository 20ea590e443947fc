"""One attempt to have a message sent on AWS, and every way it can end as one of five answers.

The client must not retry (`CLIENT_CONFIG`): a repeated request after a lost answer is a second message. An answer says
only what is known for sure; where the request may have arrived, it is `unknown`.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    ProxyConnectionError,
)
from botocore.parsers import ResponseParserError

from dampf.use_cases.ports.messages import Answer

CLIENT_CONFIG: Final = Config(
    retries={"total_max_attempts": 1},
    connect_timeout=2,
    read_timeout=10,
    user_agent="dampf",  # botocore would write a longer one anew for each call
)

BUSY: Final = frozenset(
    {
        "TooManyRequestsException",
        "LimitExceededException",
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottled",
        "RequestLimitExceeded",
        "SlowDown",
        "ConcurrentModificationException",
    }
)

_NEVER_LEFT: Final = (
    ConnectTimeoutError,
    EndpointConnectionError,
    ProxyConnectionError,
    NoCredentialsError,
    CredentialRetrievalError,
)


def attempt(
    send: Callable[..., Mapping[str, Any]], request: Mapping[str, Any], *, answer_of: Callable[[ClientError], Answer]
) -> Answer:
    """`answer_of` an error that the service itself names."""
    try:
        told = send(**request)
    except ClientError as error:
        return answer_of(error)
    except ParamValidationError as error:
        return Answer("refused", type(error).__name__)
    except _NEVER_LEFT as error:
        return Answer("busy", type(error).__name__)
    except (BotoCoreError, ResponseParserError) as error:
        return Answer("unknown", type(error).__name__)
    named = told.get("MessageId")
    return Answer("sent", named) if named else Answer("unknown", "an answer without MessageId")
