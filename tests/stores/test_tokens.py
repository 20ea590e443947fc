"""Tokens: who holds one may do the one thing that it is for, for as long as it says, whatever key is the newest."""

from datetime import datetime, timedelta

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from dampf.domain.links import WORKS_FOR, Opened, Purpose, Refusal, Subject
from dampf.stores.tokens import SignedTokens, SsmKeys, add_key, create_key, fixed_keys, stored_keys
from dampf.use_cases.ports.messages import NoTokenKey
from tests.builders import DAY, NOON

ANNA = Subject("e4e0443959d986a107f3-87b04503889c2d568e5b")
TOKENS = SignedTokens(keys=fixed_keys("a key"))
SECOND = timedelta(seconds=1)


def signed(purpose: Purpose = Purpose.CONFIRM, subject: Subject = ANNA, now: datetime = NOON) -> str:
    return TOKENS.sign(purpose, subject, now=now)


def test_a_token_is_short_says_no_address_and_is_the_same_whenever_it_is_made_anew():
    assert signed(Purpose.UNSUBSCRIBE) == (
        "ImU0ZTA0NDM5NTlkOTg2YTEwN2YzLTg3YjA0NTAzODg5YzJkNTY4ZTViIg.aaV7wA.jn5SKQ6iop3DcNSp8BhYLuPyphSL5ncfi2TFhNnXyCY"
    )


@pytest.mark.parametrize("topic", ["marketing", "care_tips", "Neues & Schönes: 20 %", "新着"])
@pytest.mark.parametrize("purpose", Purpose)
def test_what_was_signed_is_read(purpose, topic):
    subject = Subject(ANNA.message, topic)
    opened = TOKENS.read(purpose, signed(purpose, subject), now=NOON + DAY)
    assert opened == Opened(subject, NOON)
    assert ANNA.profile == "e4e0443959d986a107f3"


@pytest.mark.parametrize("purpose", Purpose)
def test_a_token_works_for_its_time_and_not_a_second_longer(purpose):
    token, last = signed(purpose), NOON + WORKS_FOR[purpose]
    assert TOKENS.read(purpose, token, now=last) == Opened(ANNA, NOON)
    assert TOKENS.read(purpose, token, now=last + SECOND) is Refusal.EXPIRED


def test_ways_out_work_for_at_least_a_year_and_confirming_for_less_than_events_are_remembered():
    assert min(WORKS_FOR[Purpose.UNSUBSCRIBE], WORKS_FOR[Purpose.PREFERENCES]) >= timedelta(days=366)
    assert WORKS_FOR[Purpose.CONFIRM] < timedelta(days=35)


def test_a_token_from_the_future_is_none_but_clocks_may_differ_a_little():
    token = signed(now=NOON + timedelta(minutes=10))
    assert TOKENS.read(Purpose.CONFIRM, token, now=NOON) is Refusal.INVALID
    assert isinstance(TOKENS.read(Purpose.CONFIRM, token, now=NOON + timedelta(minutes=6)), Opened)


@pytest.mark.parametrize("purpose", Purpose)
def test_a_token_is_for_one_purpose_alone(purpose):
    token = signed(purpose)
    others = [other for other in Purpose if other is not purpose]
    assert [TOKENS.read(other, token, now=NOON) for other in others] == [Refusal.INVALID] * len(others)


def test_another_stacks_token_is_refused():
    foreign = SignedTokens(keys=fixed_keys("another key"))
    assert foreign.read(Purpose.CONFIRM, signed(), now=NOON) is Refusal.INVALID


@given(st.integers(min_value=0, max_value=110), st.characters())
def test_a_token_with_another_character_anywhere_is_refused(place, character):
    token = signed()
    tampered = token[:place] + character + token[place + 1 :]
    read = TOKENS.read(Purpose.CONFIRM, tampered, now=NOON)
    # The last character of a signature carries two spare bits, which base64 ignores.
    assert read is Refusal.INVALID or tampered == token or place == len(token) - 1


@given(st.text(max_size=2000))
def test_no_text_is_more_than_refused(text):
    assert TOKENS.read(Purpose.CONFIRM, text, now=NOON) is Refusal.INVALID


def test_a_new_key_breaks_no_mail_already_sent():
    rotated = SignedTokens(keys=fixed_keys("a key", "a newer key"))
    assert rotated.read(Purpose.CONFIRM, signed(), now=NOON) == Opened(ANNA, NOON)
    assert TOKENS.read(Purpose.CONFIRM, rotated.sign(Purpose.CONFIRM, ANNA, now=NOON), now=NOON) is Refusal.INVALID


# --- keys in SSM --------------------------------------------------------------------------------------------------


@pytest.fixture
def ssm():
    with mock_aws():
        yield boto3.client("ssm", region_name="eu-central-1")


class Watch:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def test_the_first_key_is_made_once_encrypted_and_random(ssm):
    assert [create_key(ssm, "/dampf/shop/token-keys") for _ in range(2)] == [True, False]
    (key,) = stored_keys(ssm, "/dampf/shop/token-keys")
    assert len(key) == 43
    assert ssm.get_parameter(Name="/dampf/shop/token-keys")["Parameter"]["Type"] == "SecureString"
    create_key(ssm, "/dampf/other/token-keys")
    assert stored_keys(ssm, "/dampf/other/token-keys") != (key,)


def test_without_a_key_nothing_is_signed_and_once_there_is_one_it_is(ssm):
    tokens = SignedTokens(keys=SsmKeys(client=ssm, name="/k", seconds=Watch()))
    with pytest.raises(NoTokenKey):
        tokens.sign(Purpose.CONFIRM, ANNA, now=NOON)
    create_key(ssm, "/k")
    assert isinstance(tokens.read(Purpose.CONFIRM, tokens.sign(Purpose.CONFIRM, ANNA, now=NOON), now=NOON), Opened)


def test_a_process_that_has_not_heard_of_a_new_key_yet_asks_when_it_meets_a_token_of_it(ssm):
    create_key(ssm, "/k")
    watch = Watch()
    old = SignedTokens(keys=SsmKeys(client=ssm, name="/k", seconds=watch))
    early = old.sign(Purpose.CONFIRM, ANNA, now=NOON)
    assert add_key(ssm, "/k", keeping=9) == 2
    new = SignedTokens(keys=SsmKeys(client=ssm, name="/k", seconds=watch))
    late = new.sign(Purpose.CONFIRM, ANNA, now=NOON)
    assert old.read(Purpose.CONFIRM, late, now=NOON) is Refusal.INVALID  # it has read just now
    watch.seconds += 31
    assert isinstance(old.read(Purpose.CONFIRM, late, now=NOON), Opened)
    assert isinstance(new.read(Purpose.CONFIRM, early, now=NOON), Opened)


def test_only_so_many_keys_are_kept_the_newest(ssm):
    create_key(ssm, "/k")
    for _ in range(4):
        add_key(ssm, "/k", keeping=2)
    keys = stored_keys(ssm, "/k")
    assert len(keys) == 3
    add_key(ssm, "/k", keeping=2)
    assert stored_keys(ssm, "/k")[:2] == keys[1:]
