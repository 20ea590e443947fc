"""Profiles as files hold them: what `--profiles-out` writes, and `--start-profiles` and `preview --profile` read."""

import json
from collections.abc import Iterable
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from dampf.domain.cart import Cart, CartLog
from dampf.domain.catalogue import Catalogue
from dampf.domain.decision import Decision, Known
from dampf.domain.event import identifiers_by_strength
from dampf.domain.expression import ExpressionFailed
from dampf.domain.identity import profile_id
from dampf.domain.instants import format_instant
from dampf.domain.lookups import Lookups
from dampf.domain.metrics import NOTHING
from dampf.domain.profile import (
    BEGINNING,
    MetricValue,
    ProductSeen,
    Profile,
    Suppression,
    Told,
    Wish,
    number,
)
from dampf.domain.state import State
from dampf.domain.voucher import GivenVoucher, Voucher
from dampf.domain.words import ALL_TOPICS, Consent, linked, voice_of
from dampf_cli.errors import CommandError


class ConsentInFile(BaseModel):
    granted: bool
    at: datetime = BEGINNING
    source: str | None = None


class CartInFile(BaseModel):
    id: str | None = None
    items: list[dict[str, Any]] = []
    updated_at: datetime | None = None


class ProductInFile(BaseModel):
    product_id: str
    name: str | None = None
    at: datetime = BEGINNING


class SuppressionInFile(BaseModel):
    reason: str
    at: datetime = BEGINNING


class VoucherInFile(BaseModel):
    pool: str
    code: str
    value: str | None = None
    given_at: datetime = BEGINNING
    expires_at: datetime | None = None
    redeemed_at: datetime | None = None


class ProfileInFile(BaseModel):
    """Everything may be left out, or null; what nobody knows of is refused, so that a slip of the pen is noticed."""

    model_config = ConfigDict(extra="forbid")

    profile: str | None = None
    identifiers: dict[str, list[str]] = {}
    traits: dict[str, Any] = {}
    consent: dict[str, ConsentInFile] = {}
    metrics: dict[str, Decimal] = {}
    dates: dict[str, datetime | date] = {}
    cart: CartInFile = Field(default_factory=CartInFile)
    viewed: list[ProductInFile] = []
    purchased: list[ProductInFile] = []
    wished: list[ProductInFile] = []
    suppressed: SuppressionInFile | None = None
    segments: list[str] = []
    vouchers: list[VoucherInFile] = []

    @model_validator(mode="before")
    @classmethod
    def _nulls_are_left_out(cls, told: Any) -> Any:
        if not isinstance(told, dict):
            return told
        return {name: value for name, value in told.items() if value is not None or name not in cls.model_fields}


def as_json(profile: Profile, catalogue: Catalogue, segments: Iterable[str] = ()) -> dict[str, Any]:
    cart = profile.cart.cart
    names = sorted({*catalogue.metrics, *profile.metrics})
    return {
        "profile": profile.id,
        "identifiers": {
            kind: list(profile.identifiers.get(kind, ()))
            for kind in dict.fromkeys(("customer_id", "email", "anonymous_id", *sorted(profile.identifiers)))
        },
        "traits": {name: told.value for name, told in sorted(profile.traits.items()) if told.value is not None},
        "consent": {
            topic: {"granted": profile.consents_to(topic), "at": format_instant(consent.at), "source": consent.source}
            for topic, consent in sorted(profile.consent.items())
            if topic != ALL_TOPICS
        },
        "metrics": {name: number(profile.metrics.get(name, NOTHING).value) for name in names},
        "dates": {
            name: format_instant(at) if isinstance(at, datetime) else at.isoformat()
            for name, at in sorted(profile.all_dates().items())
        },
        "cart": {
            "id": cart.id,
            "items": [dict(item) for item in cart.items],
            "value": number(cart.value),
            "updated_at": format_instant(cart.updated_at) if cart.updated_at else None,
        },
        "viewed": [_product(product) for product in profile.viewed],
        "purchased": [_product(product) for product in profile.purchased],
        "wished": [_product(product) for product in profile.wished],
        "vouchers": [_voucher(given) for given in profile.vouchers],
        "suppressed": _suppressed(profile),
        "segments": list(segments),
    }


def as_lines(profiles: Iterable[Profile], catalogue: Catalogue, *, now: datetime) -> str:
    ordered = sorted(profiles, key=lambda profile: profile.id)
    told = (as_json(profile, catalogue, segments_of(profile, catalogue, now=now)) for profile in ordered)
    return "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in told)


def segments_of(profile: Profile, catalogue: Catalogue, *, now: datetime) -> list[str]:
    """The segments that the profile is in; those that ask for its history are left out, for it is not in the file."""
    inside = []
    for name, segment in catalogue.segments.items():
        lookups = Lookups(State(profile=profile), catalogue, now=now, known=Known())
        with suppress(ExpressionFailed):
            if lookups.evaluate(segment) and isinstance(lookups.outcome(), Decision):
                inside.append(name)
    return inside


def read_profile(text: str, place: str) -> Profile:
    """One profile of a file. Raises CommandError with the place, the field and what was expected."""
    try:
        told = ProfileInFile.model_validate_json(text)
    except ValidationError as problem:
        first = problem.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise CommandError(f"{place}: {field + ': ' if field else ''}{first['msg']}") from None
    identifiers = {kind: tuple(sorted(values)) for kind, values in told.identifiers.items() if values}
    strongest = identifiers_by_strength({kind: values[0] for kind, values in identifiers.items()})
    named = told.profile or (profile_id(*strongest[0]) if strongest else "preview")
    known_as = [profile_id(kind, value) for kind, values in identifiers.items() for value in values]
    return Profile(
        id=named,
        created_at=BEGINNING,
        identifiers=identifiers,
        traits={name: Told(value, BEGINNING) for name, value in told.traits.items()},
        words=tuple(
            Consent(topic, each.granted, each.at, voice_of(named), each.source)
            for topic, each in sorted(told.consent.items(), key=lambda item: item[1].at)
        ),
        links=linked((), [voice_of(each) for each in (named, *known_as)], BEGINNING),
        metrics={name: MetricValue(value=value, peak=value, settled=value) for name, value in told.metrics.items()},
        dates={name: at for name, at in told.dates.items() if isinstance(at, datetime) and name not in told.traits},
        cart=CartLog(
            settled=Cart(
                id=told.cart.id,
                items=tuple({"quantity": 1, **item} for item in told.cart.items),
                updated_at=told.cart.updated_at,
            )
        ),
        viewed=tuple(ProductSeen(each.product_id, each.name, each.at) for each in told.viewed),
        purchased=tuple(ProductSeen(each.product_id, each.name, each.at) for each in told.purchased),
        wishes=tuple(Wish(each.product_id, each.name, each.at) for each in told.wished),
        vouchers=tuple(
            GivenVoucher(
                Voucher(each.pool, each.code, each.value, each.given_at, each.expires_at),
                campaign="",
                message="",
                redeemed_at=each.redeemed_at,
            )
            for each in told.vouchers
        ),
        suppressed=Suppression(told.suppressed.reason, told.suppressed.at) if told.suppressed else None,
    )


def read_profiles(path: Path) -> list[State]:
    lines = enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
    return [State(profile=read_profile(line, f"{path}:{number_}")) for number_, line in lines if line.strip()]


def _suppressed(profile: Profile) -> dict[str, str] | None:
    """Of the person, else of the address that they have now."""
    if profile.suppressed is not None:
        return {"reason": profile.suppressed.reason, "at": format_instant(profile.suppressed.at)}
    if (bounced_at := profile.bounced_at) is not None:
        return {"reason": "bounced", "at": format_instant(bounced_at)}
    return None


def _voucher(given: GivenVoucher) -> dict[str, Any]:
    voucher = given.voucher
    return {
        "pool": voucher.pool,
        "code": voucher.code,
        "value": voucher.value,
        "given_at": format_instant(voucher.given_at),
        "expires_at": format_instant(voucher.expires_at) if voucher.expires_at is not None else None,
        "redeemed_at": format_instant(given.redeemed_at) if given.redeemed_at is not None else None,
    }


def _product(product: ProductSeen) -> dict[str, Any]:
    return {"product_id": product.product_id, "name": product.name, "at": format_instant(product.at)}
