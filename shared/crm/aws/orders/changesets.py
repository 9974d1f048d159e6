"""`ports.Changesets`: two reads for an event, and one transaction for its changes."""

from collections.abc import Collection, Iterator, Sequence
from datetime import timedelta

from crm.aws.customers.activities import adding_activity
from crm.aws.customers.claims import adding_further_holder, claiming, releasing_shared
from crm.aws.customers.rows import changeset_update, customer_of, row_of
from crm.aws.customers.shards import DynamoShards
from crm.aws.dynamodb import duplicate_keys, history_keys, keys
from crm.aws.dynamodb.attributes import plain_row
from crm.aws.dynamodb.table import Action, Cancelled, Table, starting_with
from crm.aws.loyalty.rows import points_of, program_of
from crm.aws.loyalty.writes import loyalty_actions
from crm.aws.merchants.merchants import merchant_of
from crm.aws.merges.merges import merge_action
from crm.aws.orders.rows import (
    METRIC_FIELDS,
    checkout_of,
    checkout_row,
    opening_row,
    order_of,
    order_row,
    owner_of,
    owner_row,
    position_of,
)
from crm.domain.customers.customer import Customer
from crm.domain.kernel.errors import Stale
from crm.domain.kernel.ids import CustomerId, MerchantId, moment_of
from crm.domain.kernel.times import moment, stamp
from crm.domain.loyalty.points import PointsEntry, PointsPosition, place_of_extra, place_of_lot
from crm.domain.merges.changeset import (
    Changeset,
    CheckoutMove,
    ClaimMove,
    CustomerMove,
    Entry,
    Extra,
    Lookup,
    LookupResult,
    OrderMove,
    Owner,
    Pair,
    PersonSnapshot,
)
from crm.domain.merges.person import relatives
from crm.domain.orders.interactions import Interaction
from crm.domain.orders.orders import (
    RECENT,
    End,
    KeptOrder,
    Order,
    OrderKey,
    OrderPosition,
    contribution,
)

#: A closed checkout stays stored for as long as a late event of it may arrive.
_CLOSED_LASTS = timedelta(days=90)
_ORDERS_A_PAGE = 40
#: A record names all others of its person, but during a chained merge it may still name the former
#: survivor, so relatives are read twice.
_GENERATIONS = 2


class DynamoChangesets:
    """Reads and writes the rows of all merchants."""

    def __init__(self, table: Table, shards: DynamoShards | None = None) -> None:
        self._table = table
        self._shards = shards or DynamoShards(table)

    def look_up(self, merchant_id: MerchantId, lookup: Lookup) -> LookupResult:
        """Read the settings and everything that an event names, in one call."""
        settings = keys.of_settings(merchant_id)
        requested = [settings]
        claims = {keys.of_identity(merchant_id, each): each for each in lookup.identities}
        requested += [keys.of_claim(merchant_id, each) for each in lookup.identities]
        owner = keys.of_order_owner(merchant_id, lookup.order) if lookup.order else None
        checkout = keys.of_checkout(merchant_id, lookup.checkout) if lookup.checkout else None
        requested += [key for key in (owner, checkout) if key]
        program = keys.of_active_program(merchant_id)
        requested.append(program)
        found = {keys.pk_and_sk(item): item for item in self._table.get_many(requested)}
        merchant = found.get(keys.pk_and_sk(settings))
        owner_item = found.get(keys.pk_and_sk(owner)) if owner else None
        checkout_item = found.get(keys.pk_and_sk(checkout)) if checkout else None
        return LookupResult(
            merchant=merchant_of(merchant) if merchant else None,
            holders={
                claims[pk]: CustomerId(item["holder"]["S"])
                for (pk, sk), item in found.items()
                if pk in claims and sk == keys.CLAIM
            },
            owner=owner_of(owner_item) if owner_item else None,
            checkout=checkout_of(checkout_item) if checkout_item else None,
            program=program_of(found.get(keys.pk_and_sk(program))),
        )

    def snapshot(
        self,
        merchant_id: MerchantId,
        customer_ids: Collection[CustomerId],
        order: OrderKey | None = None,
        owner: Owner | None = None,
    ) -> PersonSnapshot:
        """Read customers and, if the order has an owner, the order and its lot, in one call.

        A second call reads the other records of persons with several records.
        """
        requested = [keys.of_customer(merchant_id, each) for each in dict.fromkeys(customer_ids)]
        order_key = lot_key = None
        if order and owner and owner.customer_id:
            lot_position = place_of_lot(order.source, order.id, owner.placed_at)
            lot_key = history_keys.of_points(merchant_id, owner.customer_id, lot_position)
            requested.append(lot_key)
            position = OrderPosition(owner.placed_at, *order)
            order_key = history_keys.of_order(merchant_id, owner.customer_id, position)
            requested.append(order_key)
        customers: dict[CustomerId, Customer] = {}
        kept = owner.kept if owner else None
        lot: PointsEntry | None = None
        for item in self._table.get_many(requested) if requested else ():
            if order_key and keys.pk_and_sk(item) == keys.pk_and_sk(order_key):
                kept = KeptOrder(order_of(plain_row(item)), owner.customer_id if owner else None)
            elif lot_key and keys.pk_and_sk(item) == keys.pk_and_sk(lot_key):
                lot = points_of(item)
            else:
                customer = customer_of(merchant_id, item)
                customers[customer.id] = customer
        extra = None
        extra_position = place_of_extra(*order, owner.placed_at) if order and owner else None
        for _ in range(_GENERATIONS):
            extra = self._read_relatives(merchant_id, customers, extra_position) or extra
        return PersonSnapshot(customers, kept, lot, extra)

    def _read_relatives(
        self,
        merchant_id: MerchantId,
        customers: dict[CustomerId, Customer],
        extra_position: PointsPosition | None,
    ) -> Extra | None:
        """Add the missing records of persons to `customers`; return the order's extra lot."""
        named = {other for each in customers.values() for other in relatives(each)}
        missing = sorted(named - customers.keys())
        if not missing:
            return None
        requested = [keys.of_customer(merchant_id, each) for each in missing]
        lots: dict[tuple[str, str], CustomerId] = {}
        if extra_position is not None:
            for each in sorted({*named, *customers}):
                lot = history_keys.of_points(merchant_id, each, extra_position)
                lots[keys.pk_and_sk(lot)] = each
                requested.append(lot)
        found = None
        for item in self._table.get_many(requested):
            if holder := lots.get(keys.pk_and_sk(item)):
                found = Extra(holder, points_of(item))
            else:
                customer = customer_of(merchant_id, item)
                customers[customer.id] = customer
        return found

    def other_order_times(
        self, merchant_id: MerchantId, customer_id: CustomerId, without: OrderKey, end: End
    ) -> Sequence[str]:
        """Return when the customer's other counted orders were placed.

        From the `oldest` end one is enough, from the `newest` end `RECENT`; `both` returns all.
        """
        enough = {"oldest": 1, "newest": RECENT}.get(end)
        moments: list[str] = []
        for order in self._orders(merchant_id, customer_id, newest=end == "newest"):
            if order.key != without and contribution(order).order_count:
                moments.append(order.placed_at)
            if len(moments) == enough:
                break
        return moments

    def write(self, merchant_id: MerchantId, changeset: Changeset) -> None:
        """Write everything or nothing; raise `Stale` if a row changed since it was read.

        If an entry marked `once` is already stored, the changeset was written before and the call
        does nothing.
        """
        actions = list(self._actions(merchant_id, changeset))
        try:
            self._table.transact(actions)
        except Cancelled as cancelled:
            once = {
                keys.pk_and_sk(
                    history_keys.of_activity(
                        merchant_id, each.customer_id, each.activity.at, each.activity.id
                    )
                )
                for each in changeset.entries
                if each.once
            }
            if any(_puts(actions[index], once) for index in cancelled.refused):
                return
            raise Stale("stale", current_version=None) from cancelled

    def _actions(self, merchant_id: MerchantId, changeset: Changeset) -> Iterator[Action]:
        yield from self._customers(merchant_id, changeset.customers)
        if changeset.order:
            yield from self._order(merchant_id, changeset.order)
        if changeset.checkout:
            yield self._checkout(merchant_id, changeset.checkout)
        if changeset.opening:
            customer_id, opening = changeset.opening
            exists = "attribute_exists(pk)" if opening.reversed_at else "attribute_not_exists(pk)"
            yield self._table.putting(opening_row(merchant_id, customer_id, opening), exists)
        yield from loyalty_actions(self._table, merchant_id, changeset)
        for entry in changeset.entries:
            yield from self._entry(merchant_id, entry)
        for pair in changeset.pairs:
            yield self._pair(merchant_id, pair)
        if changeset.merge:
            yield merge_action(self._table, merchant_id, changeset.merge)
        for claim_move in changeset.claims:
            yield from self._claim(merchant_id, claim_move)

    def _customers(
        self, merchant_id: MerchantId, moves: Sequence[CustomerMove]
    ) -> Iterator[Action]:
        """Write customers, and claim the identities that none of them held before."""
        held = {identity for each in moves if each.before for identity in each.before.identities()}
        for each in moves:
            yield from self._customer(merchant_id, each)
            gained = [identity for identity in each.after.identities() if identity not in held]
            for identity in gained:
                yield claiming(self._table, merchant_id, each.after.id, identity)
            held.update(gained)

    def _customer(self, merchant_id: MerchantId, move: CustomerMove) -> Iterator[Action]:
        before, after = move
        is_relisted = before is None or before.status != after.status
        shards = self._shards.of(merchant_id).written if is_relisted else 1
        if before is None:
            yield self._table.putting(row_of(after, shards), "attribute_not_exists(pk)")
        else:
            expression, names, values = changeset_update(before, after, shards)
            seen = {":seen": before.revision}
            key = keys.of_customer(merchant_id, after.id)
            yield self._table.updating(
                key, expression, "#summary.#revision = :seen", {**values, **seen}, names
            )

    def _claim(self, merchant_id: MerchantId, move: ClaimMove) -> list[Action]:
        customer_id, identity, how = move
        if how == "leave":
            return releasing_shared(self._table, merchant_id, customer_id, identity)
        at = stamp(moment_of(customer_id))
        return adding_further_holder(self._table, merchant_id, customer_id, identity, at)

    def _order(self, merchant_id: MerchantId, move: OrderMove) -> Iterator[Action]:
        before, after = move
        order, owner = after.order, owner_row(merchant_id, after)
        if before is None:
            yield self._table.putting(owner, "attribute_not_exists(pk)")
        else:
            seen = {":seen": before.order.version}
            names = {"#version": "version"}
            same = "#version = :seen"
            if before.customer_id is None:
                same += " AND attribute_not_exists(customer)"
            yield self._table.putting(owner, same, seen, names)
        if before and before.customer_id and position_of(before.order) != position_of(order):
            old_key = history_keys.of_order(
                merchant_id, before.customer_id, position_of(before.order)
            )
            yield self._table.deleting(old_key)
        if after.customer_id:
            yield self._table.putting(order_row(merchant_id, after.customer_id, order))

    def _checkout(self, merchant_id: MerchantId, move: CheckoutMove) -> Action:
        before, after = move
        closed = after.status == "closed"
        expires_at = int((moment(after.at) + _CLOSED_LASTS).timestamp()) if closed else None
        item = checkout_row(merchant_id, after, expires_at)
        if before is None:
            return self._table.putting(item, "attribute_not_exists(pk)")
        return self._table.putting(
            item, "#status = :was", {":was": before.status}, {"#status": "status"}
        )

    def _entry(self, merchant_id: MerchantId, entry: Entry) -> Iterator[Action]:
        yield adding_activity(
            self._table, merchant_id, entry.customer_id, entry.activity, once=entry.once
        )
        if entry.interaction:
            yield from self._tallies(merchant_id, entry.customer_id, entry.interaction)

    def _tallies(
        self, merchant_id: MerchantId, customer_id: CustomerId, met: Interaction
    ) -> Iterator[Action]:
        name = met.item_name or met.item_id
        yield self._table.updating(
            history_keys.of_tally(merchant_id, customer_id, "item", met.kind, met.item_id),
            "SET #name = :name ADD n :one",
            values={":name": name, ":one": 1},
            names={"#name": "name"},
        )
        if met.channel:
            yield self._table.updating(
                history_keys.of_tally(merchant_id, customer_id, "channel", met.channel),
                "ADD n :one",
                values={":one": 1},
            )
        if met.device:
            yield self._table.updating(
                history_keys.of_tally(merchant_id, customer_id, "device", met.device),
                "ADD n :one",
                values={":one": 1},
            )

    def _pair(self, merchant_id: MerchantId, pair: Pair) -> Action:
        """Note that an event named two customers as one; duplicate detection reads the stream."""
        named = {"kind": pair.kind, "source": pair.source, "at": pair.at}
        return self._table.updating(
            duplicate_keys.of_pair(merchant_id, pair.lower, pair.higher),
            "SET named = if_not_exists(named, :named)",
            values={":named": named},
        )

    def _orders(
        self, merchant_id: MerchantId, customer_id: CustomerId, *, newest: bool
    ) -> Iterator[Order]:
        rows = self._table.query_all(
            **starting_with(history_keys.of_history(merchant_id, customer_id), history_keys.ORDER),
            ProjectionExpression=", ".join(f"#{name}" for name in METRIC_FIELDS),
            ExpressionAttributeNames={f"#{name}": name for name in METRIC_FIELDS},
            ScanIndexForward=not newest,
            Limit=_ORDERS_A_PAGE,
            ConsistentRead=True,
        )
        return map(order_of, map(plain_row, rows))


def _puts(action: Action, rows: Collection[tuple[str, str]]) -> bool:
    return "Put" in action and keys.pk_and_sk(action["Put"]["Item"]) in rows
