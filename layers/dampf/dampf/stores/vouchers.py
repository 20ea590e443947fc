"""Voucher codes on DynamoDB: a row for each code that was given, and one for each that is free on a list.

That a code is one message's alone rests on the row of the code, which is put only where there is none, in one
transaction with the ledger row that bears it. Rows of free codes only say where to look: a message takes the first one
from its own place on the ring, so that thousands at a time hardly ever meet, however few are left. A list is one
partition, which takes some 250 claims a second; SES gives few senders as many mails.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from secrets import randbelow
from typing import Any, Final

from dampf.domain.message import Message, Status
from dampf.domain.shop import VoucherPool
from dampf.domain.voucher import MOST_CODES, GivenVoucher, Voucher, canonical, code_of, number_for, position
from dampf.stores import codec, keys, rows
from dampf.stores.dynamodb import (
    CONDITION_FAILED,
    MOST_READS,
    Refusal,
    Tables,
    chunks,
    delete_many,
    key,
    put_many,
    query_all,
    read_many,
    text,
    write_together,
)
from dampf.use_cases.ports.messages import NotGiven, Offered

_ROUNDS: Final = 6
_A_FEW: Final = 8
"""Free codes looked at together; one request costs the same as for one of them."""


class Contended(Exception):
    """Others took every code that this message reached for. There may be more: ask again."""


def by_chance(message: str, attempt: int) -> int:
    """The number of a new code, which nobody can guess; its ledger row remembers it, so it is drawn once."""
    return randbelow(MOST_CODES)


def by_message(message: str, attempt: int) -> int:
    """On the virtual clock there is no chance: both engines give a message the same code."""
    return number_for(message, attempt)


@dataclass(frozen=True, kw_only=True, slots=True)
class DynamoVouchers:
    """`draw` gives the number of a new code for a message; of an attempt that met a code there is, another one."""

    tables: Tables
    draw: Callable[[str, int], int] = by_chance

    def claim(
        self, message: Message, pool: VoucherPool, *, expires_at: datetime | None, now: datetime
    ) -> Voucher | NotGiven:
        """Dying after it leaves the code with the ledger row: whoever tries next finds it there."""
        for attempt in range(_ROUNDS):
            if attempt:
                self.tables.pause(0.02 * attempt)
            some = False
            for code in self._candidates(message, pool, attempt):
                some = True
                voucher = Voucher(pool.name, code, pool.value, now, expires_at)
                answer = self._give(GivenVoucher(voucher, message.campaign, message.id), message, pool)
                if answer is not None:
                    return answer
            if not some:
                return NotGiven.EXHAUSTED
        raise Contended(f"the voucher pool {pool.name} is too busy")

    def release(self, message: Message, pool: VoucherPool | None) -> bool:
        """Dying after it leaves a row without a code: the message is tried again, or was refused for good."""
        if message.voucher is None:
            return False
        voucher = message.voucher
        given = GivenVoucher(voucher, message.campaign, message.id)
        writes: list[dict[str, Any]] = [
            {
                "Update": {
                    **self._ledger_row(message),
                    "UpdateExpression": "REMOVE voucher",
                    "ConditionExpression": "#status = :status AND voucher = :voucher",
                    "ExpressionAttributeNames": {"#status": "status"},
                    "ExpressionAttributeValues": {
                        ":status": text(message.status),
                        ":voucher": text(codec.VOUCHER.write(voucher)),
                    },
                }
            },
            {
                "Delete": {
                    "TableName": self.tables.catalogue,
                    "Key": rows.catalogue_key(*keys.voucher_key(voucher.code)),
                    "ConditionExpression": "body = :given",
                    "ExpressionAttributeValues": {":given": text(codec.GIVEN.write(given))},
                }
            },
        ]
        if pool is not None and pool.kind == "list":
            writes.append({"Put": self._put(rows.free_item(pool.name, voucher.code))})
        for attempt in range(_ROUNDS):
            self.tables.pause(0.02 * attempt)
            refusals = write_together(self.tables, writes)
            if not refusals:
                return True
            if any(refusal.code == CONDITION_FAILED for refusal in refusals):
                return False
        raise Contended(f"the voucher of the message {message.id} is not free yet")

    def left(self, pool: str, *, at_most: int) -> int:
        answer = self.tables.client.query(
            TableName=self.tables.catalogue,
            KeyConditionExpression="kind = :kind",
            ExpressionAttributeValues={":kind": text(keys.free_kind(pool))},
            Select="COUNT",
            Limit=at_most,
        )
        return int(answer["Count"])

    def offer(self, pool: str, codes: Sequence[str], *, progress: Callable[[int], None] = lambda _: None) -> Offered:
        """What the list lacks is taken out each time, since a code may have come back that was struck off meanwhile.
        The codes are compared with those given only where the list has changed, or was not put there to its end.
        """
        table = self.tables.catalogue
        told = {canonical(code): code for code in codes}
        version = text(sha256("\n".join(sorted(told)).encode()).hexdigest())
        list_key = rows.catalogue_key(*keys.list_key(pool))
        known = self.tables.client.get_item(TableName=table, Key=list_key, ConsistentRead=True).get("Item", {})
        is_new = known.get("version") != version
        if is_new:
            self.tables.client.put_item(TableName=table, Item=list_key)
        free = set(self._free(pool))
        gone = free - told.keys()
        delete_many(self.tables, table, (keys.free_key(pool, code) for code in gone))
        if not is_new:
            progress(len(told))
            return Offered(withdrawn=len(gone), free=len(free - gone))
        progress(len(told.keys() & free))
        added = 0
        for some in chunks(sorted(told.keys() - free), MOST_READS):
            given = read_many(self.tables, {table: map(keys.voucher_key, some)})[table]
            new = [code for code in some if keys.voucher_key(code) not in given]
            put_many(self.tables, table, [rows.free_item(pool, told[code]) for code in new])
            added += len(new)
            progress(len(some))
        self.tables.client.put_item(TableName=table, Item={**list_key, "version": version})
        return Offered(added=added, withdrawn=len(gone), free=len(free - gone) + added)

    # --- claiming -------------------------------------------------------------------------------------------------

    def _candidates(self, message: Message, pool: VoucherPool, attempt: int) -> Iterable[str]:
        if pool.kind == "generated":
            return (code_of(pool.prefix, self.draw(message.id, attempt)),)
        return self._free_from(pool.name, position(message.id))

    def _free_from(self, pool: str, place: str) -> Iterator[str]:
        """From there on, then from the ring's beginning: no more than a few of either."""
        for comparison in (">=", "<"):
            answer = self.tables.client.query(
                TableName=self.tables.catalogue,
                KeyConditionExpression=f"kind = :kind AND id {comparison} :place",
                ExpressionAttributeValues={":kind": text(keys.free_kind(pool)), ":place": text(place)},
                ConsistentRead=True,
                Limit=_A_FEW,
            )
            yield from (item["code"]["S"] for item in answer["Items"])

    def _give(self, given: GivenVoucher, message: Message, pool: VoucherPool) -> Voucher | NotGiven | None:
        """The voucher that the message has now; None where this code cannot be had."""
        code = given.voucher.code
        writes: list[dict[str, Any]] = [
            {
                "Update": {
                    **self._ledger_row(message),
                    "UpdateExpression": "SET voucher = :voucher",
                    "ConditionExpression": "#status IN (:requested, :sending) AND attribute_not_exists(voucher)",
                    "ExpressionAttributeNames": {"#status": "status"},
                    "ExpressionAttributeValues": {
                        ":voucher": text(codec.VOUCHER.write(given.voucher)),
                        ":requested": text(Status.REQUESTED),
                        ":sending": text(Status.SENDING),
                    },
                    "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
                }
            },
            {"Put": self._put(rows.given_item(given)) | {"ConditionExpression": "attribute_not_exists(kind)"}},
        ]
        if pool.kind == "list":
            free_key = rows.catalogue_key(*keys.free_key(pool.name, code))
            condition = {"ConditionExpression": "attribute_exists(kind)"}
            writes.append({"Delete": {"TableName": self.tables.catalogue, "Key": free_key, **condition}})
        refusals = write_together(self.tables, writes)
        if not refusals:
            return given.voucher
        row, code_row, *free_row = refusals
        if row.code == CONDITION_FAILED:
            return codec.VOUCHER.read(row.item["voucher"]["S"]) if "voucher" in row.item else NotGiven.SETTLED
        if code_row.code == CONDITION_FAILED and free_row and not _is_refused(free_row[0]):
            self._strike_off(pool.name, code)
        return None

    def _strike_off(self, pool: str, code: str) -> None:
        """A code that was given stands on the list all the same, because it was published at that very moment."""
        given_key, free_key = keys.voucher_key(code), keys.free_key(pool, code)
        table = {"TableName": self.tables.catalogue}
        condition = {"ConditionExpression": "attribute_exists(kind)"}
        write_together(
            self.tables,
            [
                {"ConditionCheck": {**table, "Key": rows.catalogue_key(*given_key), **condition}},
                {"Delete": {**table, "Key": rows.catalogue_key(*free_key)}},
            ],
        )

    # --- the list -------------------------------------------------------------------------------------------------

    def _free(self, pool: str) -> Iterator[str]:
        """In capitals."""
        items = query_all(
            self.tables,
            TableName=self.tables.catalogue,
            KeyConditionExpression="kind = :kind",
            ExpressionAttributeValues={":kind": text(keys.free_kind(pool))},
            ConsistentRead=True,
        )
        return (canonical(item["code"]["S"]) for item in items)

    def _ledger_row(self, message: Message) -> dict[str, Any]:
        return {"TableName": self.tables.profiles, "Key": key(message.profile, keys.message_row(message.id))}

    def _put(self, item: dict[str, Any]) -> dict[str, Any]:
        return {"TableName": self.tables.catalogue, "Item": item}


def _is_refused(refusal: Refusal) -> bool:
    return refusal.code == CONDITION_FAILED
