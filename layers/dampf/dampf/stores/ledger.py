"""The message ledger on DynamoDB: one row per message, moved on by conditional updates only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from dampf.domain.message import Message, Reason, Status, profile_of
from dampf.stores import codec, keys, rows
from dampf.stores.dynamodb import (
    CONDITION_FAILED,
    MOST_READS,
    Item,
    Refusal,
    Tables,
    chunks,
    key,
    read_many,
    settled_row,
    text,
    write_together,
    write_unless,
)
from dampf.stores.rules import ANSWERED, MOST_WRITES, SETTLES, UNSETTLED, due_after_claim, due_again
from dampf.use_cases.ports.messages import LastLook, Outgoing, Stop

_TRIES: Final = 6
_TRIES_TOGETHER: Final = 2
_ROWS_PER_LOOK: Final = 4
_NAMES: Final = {"#status": "status", "#at": "at"}

_Settling = tuple[Message, Mapping[str, Any]]
"""A message and the write that settles its row."""


class NotSettled(Exception):
    """Others kept writing to rows of this batch; what became of its messages could not be written down."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DynamoLedger:
    tables: Tables

    def look(self, outgoing: Sequence[Outgoing]) -> dict[str, LastLook]:
        looks: dict[str, LastLook] = {}
        for batch in chunks(outgoing, MOST_READS // _ROWS_PER_LOOK):
            looks |= self._look(batch)
        return looks

    def claim(self, message: Message, *, now: datetime, shown: str | None = None) -> bool:
        """Dying after it leaves the row `sending`: marketing is not due again, a transactional one is.

        What the mail shows is a row of its own, though the claim is a transaction then and costs twice: in the
        message's row each later write would pay for it again. Dying after it leaves a row that no link leads to.
        """
        claim = self._claim(message, now=now)
        if shown is None:
            return write_unless(self.tables, **claim)
        writes = [{"Update": claim}, {"Update": self._keep(message, shown, now=now)}]
        for attempt in range(_TRIES):
            if attempt:
                self.tables.pause(0.05 * attempt)
            refusals = write_together(self.tables, writes)
            if not refusals:
                return True
            if refusals[0].code == CONDITION_FAILED:
                return False
        return False  # others kept writing to this row: it is due again, unless one of them has it

    def shown(self, message: str, *, at: datetime) -> str | None:
        place = rows.shown_key(message, at)
        item = read_many(self.tables, {self.tables.profiles: [place]})[self.tables.profiles].get(place)
        return rows.shown_of(item) if item is not None else None

    def _claim(self, message: Message, *, now: datetime) -> dict[str, Any]:
        again_at = due_after_claim(message, now=now)
        due = rows.due_attributes(message.profile, again_at) if again_at is not None else {}
        sets = ["#status = :sending", "claimed_at = :now", *(f"{name} = :{name}" for name in due)]
        gives = {":voucher": text(codec.VOUCHER.write(message.voucher))} if message.voucher is not None else {}
        return {
            **self._update(message.profile, message.id),
            "UpdateExpression": f"SET {', '.join(sets)}" + ("" if due else " REMOVE due_shard, due_at"),
            "ConditionExpression": "(#status = :requested OR (#status = :sending AND due_at <= :now))"
            + (" AND voucher = :voucher" if gives else ""),
            "ExpressionAttributeNames": {"#status": "status"},
            "ExpressionAttributeValues": {
                ":sending": text(Status.SENDING),
                ":requested": text(Status.REQUESTED),
                ":now": text(keys.instant(now)),
                **{f":{name}": value for name, value in due.items()},
                **gives,
            },
        }

    def _keep(self, message: Message, html: str, *, now: datetime) -> dict[str, Any]:
        kept = rows.shown_attributes(html, now=now)
        return {
            "TableName": self.tables.profiles,
            "Key": key(*rows.shown_key(message.id, now)),
            "UpdateExpression": f"SET {', '.join(f'{name} = :{name}' for name in kept)}",
            "ExpressionAttributeValues": {f":{name}": value for name, value in kept.items()},
        }

    def settle(self, messages: Sequence[Message]) -> None:
        """Dying before it leaves rows `sending`; feedback settles them."""
        last = {message.id: message for message in messages}
        for batch in chunks(last.values(), MOST_WRITES):
            self._settle(batch)

    def feedback(self, message: str, status: Status, *, at: datetime, reason: Reason | None = None) -> bool:
        """`at` stays what the sender wrote; the feedback's own instant counts only where nobody wrote any.

        Doing it again changes nothing: feedback never follows itself.
        """
        before = {f":from{place}": text(each) for place, each in enumerate(SETTLES[status])}
        why = {":reason": text(reason)} if reason is not None else {}
        also = ", #reason = :reason" if reason is not None else ""
        row = settled_row(
            self.tables,
            **self._update(profile_of(message), message),
            UpdateExpression=f"SET #status = :status, #at = if_not_exists(#at, :at){also} REMOVE due_shard, due_at",
            ConditionExpression=f"#status IN ({', '.join(before)})",
            ExpressionAttributeNames=_NAMES | ({"#reason": "reason"} if reason is not None else {}),
            ExpressionAttributeValues={":status": text(status), ":at": text(keys.instant(at)), **before, **why},
        )
        return rows.AWAITED in row

    def stop(self, profile: str, stop: Stop) -> None:
        """Of two on one topic the later stays."""
        write_unless(
            self.tables,
            TableName=self.tables.profiles,
            Key=key(profile, keys.STOP),
            UpdateExpression="SET #topic = :stop",
            ConditionExpression="attribute_not_exists(#topic) OR #topic < :stop",
            ExpressionAttributeNames={"#topic": keys.topic_attribute(stop.topic)},
            ExpressionAttributeValues={":stop": text(rows.stop_text(stop))},
        )

    def find(self, message: str) -> Message | None:
        answer = self.tables.client.get_item(**self._update(profile_of(message), message), ConsistentRead=True)
        return rows.message_of(answer["Item"]) if "Item" in answer else None

    def _update(self, profile: str, message: str) -> dict[str, Any]:
        return {"TableName": self.tables.profiles, "Key": key(profile, keys.message_row(message))}

    def _look(self, outgoing: Sequence[Outgoing]) -> dict[str, LastLook]:
        wanted = [
            place
            for each in outgoing
            for place in (
                (each.profile, keys.message_row(each.message)),
                (each.profile, keys.STATE),
                (each.profile, keys.STOP),
            )
        ]
        events = {
            each.event: (each.event.profile, keys.history_row(each.event.at, each.event.key))
            for each in outgoing
            if each.event is not None
        }
        answer = read_many(self.tables, {self.tables.profiles: wanted, self.tables.history: events.values()})
        found, history = answer[self.tables.profiles], answer[self.tables.history]
        path = self._follow(found, {each.profile for each in outgoing})
        looks = {}
        for each in outgoing:
            item = found.get((each.profile, keys.message_row(each.message)))
            event = history.get(events[each.event]) if each.event is not None else None
            looks[each.message] = LastLook(
                message=rows.message_of(item) if item is not None else None,
                stored=rows.stored_of(found.get((path[each.profile][-1], keys.STATE))),
                stops=rows.stops_of(found.get((person, keys.STOP)) for person in path[each.profile]),
                event=rows.event_of(event) if event is not None else None,
            )
        return looks

    def _follow(self, found: dict[tuple[str, str], Item], profiles: set[str]) -> dict[str, list[str]]:
        """From each profile to the one it was merged into; reads what `found` lacks, once for all of them."""
        path = {profile: [profile] for profile in profiles}
        while True:
            further = {
                start: into
                for start, passed in path.items()
                if (into := _tombstone(found.get((passed[-1], keys.STATE)))) is not None and into not in passed
            }
            if not further:
                return path
            for start, into in further.items():
                path[start].append(into)
            wanted = [(into, row) for into in set(further.values()) for row in (keys.STATE, keys.STOP)]
            found |= read_many(self.tables, {self.tables.profiles: wanted})[self.tables.profiles]

    def _settle(self, messages: Sequence[Message]) -> None:
        """All together at first. Where feedback keeps coming in between, each by itself: no row fails with another."""
        left = [(message, self._settlement(message)) for message in messages]
        for attempt in range(_TRIES):
            if attempt > 1:
                self.tables.pause(0.05 * attempt)
            at_once = len(left) if attempt < _TRIES_TOGETHER else 1
            left = [again for some in chunks(left, at_once) for again in self._write(some)]
            if not left:
                return
        raise NotSettled

    def _write(self, settling: Sequence[_Settling]) -> list[_Settling]:
        """What has to be written again."""
        refusals = write_together(self.tables, [update for _, update in settling])
        return [
            (message, again)
            for (message, update), refusal in zip(settling, refusals, strict=bool(refusals))
            if (again := self._again(message, update, refusal)) is not None
        ]

    def _again(self, message: Message, update: Mapping[str, Any], refusal: Refusal) -> Mapping[str, Any] | None:
        """Where feedback came first, its status stays and the rest is written; what was dropped stays dropped."""
        if refusal.code != CONDITION_FAILED:
            return update
        if refusal.item and Status(refusal.item["status"]["S"]) in ANSWERED:
            return self._details(message)
        return None

    def _settlement(self, message: Message) -> Mapping[str, Any]:
        sets = {"#status": text(message.status), "body": text(rows.message_body(message))}
        removes = []
        if message.at is None:
            removes.append("#at")
        else:
            sets["#at"] = text(keys.instant(message.at))
        due_at = due_again(message)
        if due_at is None:
            removes += ["due_shard", "due_at"]
        else:
            sets |= rows.due_attributes(message.profile, due_at)
        values = {f":{name.lstrip('#')}": value for name, value in sets.items()}
        expression = "SET " + ", ".join(f"{name} = :{name.lstrip('#')}" for name in sets)
        unsettled = {f":from{place}": text(status) for place, status in enumerate(sorted(UNSETTLED))}
        return {
            "Update": {
                **self._update(message.profile, message.id),
                "UpdateExpression": f"{expression} REMOVE {', '.join(removes)}" if removes else expression,
                "ConditionExpression": f"#status IN ({', '.join(unsettled)})",
                "ExpressionAttributeNames": _NAMES,
                "ExpressionAttributeValues": values | unsettled,
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            }
        }

    def _details(self, message: Message) -> Mapping[str, Any]:
        """What the sender alone knows: subject, locale, and when it was sent."""
        names, expression = {"#body": "body"}, "SET #body = :body"
        values = {":body": text(rows.message_body(message))}
        if message.at is not None:
            names["#at"], expression = "at", f"{expression}, #at = :at"
            values[":at"] = text(keys.instant(message.at))
        return {
            "Update": {
                **self._update(message.profile, message.id),
                "UpdateExpression": expression,
                "ConditionExpression": "attribute_exists(profile)",
                "ExpressionAttributeNames": names,
                "ExpressionAttributeValues": values,
            }
        }


def _tombstone(item: Item | None) -> str | None:
    return item["into"]["S"] if item is not None and "into" in item else None
