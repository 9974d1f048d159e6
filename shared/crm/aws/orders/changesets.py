"""`ports.Changesets`: what an event names, read in two calls, and its one transaction."""

from collections.abc import Collection, Iterator, Sequence
from datetime import timedelta

from crm.aws.customers.activities import adding_activity
from crm.aws.customers.claims import adding_further_holder, claiming, releasing_shared
from crm.aws.customers.rows import changeset_update, customer_of, row_of
from crm.aws.customers.shards import DynamoShards
from crm.aws.dynamodb import keys
from crm.aws.dynamodb.attributes import plain_row
from crm.aws.dynamodb.table import Action, Cancelled, Row, Table
from crm.aws.loyalty.rows import points_of, program_of
from crm.aws.loyalty.writes import loyalty_actions
from crm.aws.merchants.merchants import merchant_of
from crm.aws.merges.merges import merge_action
from crm.aws.orders.rows import (
    FIGURES,
    checkout_of,
    checkout_row,
    opening_row,
    order_of,
    order_row,
    owner_of,
    owner_row,
    place_of,
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
    Standing,
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

#: A closed checkout is remembered for as long as a late event of it may come.
_CLOSED_LASTS = timedelta(days=90)
_ORDERS_A_PAGE = 40
#: Records name all others of their person; who was just merged on may name a former survivor.
_GENERATIONS = 2


class DynamoChangesets:
    """Moves the rows of all merchants; each method those of one."""

    def __init__(self, table: Table, shards: DynamoShards | None = None) -> None:
        self._table = table
        self._shards = shards or DynamoShards(table)

    def known(self, merchant_id: MerchantId, asked: Lookup) -> LookupResult:
        """Return what is known of what an event names, in one read call."""
        settings = keys.of_settings(merchant_id)
        wanted = [settings]
        claims = {keys.of_identity(merchant_id, each): each for each in asked.identities}
        wanted += [keys.of_claim(merchant_id, each) for each in asked.identities]
        owner = keys.of_order_owner(merchant_id, asked.order) if asked.order else None
        checkout = keys.of_checkout(merchant_id, asked.checkout) if asked.checkout else None
        wanted += [key for key in (owner, checkout) if key]
        program = keys.of_active_program(merchant_id)
        wanted.append(program)
        found = {_place(item): item for item in self._table.get_many(wanted)}
        merchant = found.get(_place(settings))
        owned = found.get(_place(owner)) if owner else None
        begun = found.get(_place(checkout)) if checkout else None
        return LookupResult(
            merchant=merchant_of(merchant) if merchant else None,
            holders={
                claims[pk]: CustomerId(item["holder"]["S"])
                for (pk, sk), item in found.items()
                if pk in claims and sk == "CLAIM"
            },
            owner=owner_of(owned) if owned else None,
            checkout=checkout_of(begun) if begun else None,
            program=program_of(found.get(_place(program))),
        )

    def standing(
        self,
        merchant_id: MerchantId,
        customer_ids: Collection[CustomerId],
        order: OrderKey | None = None,
        owner: Owner | None = None,
    ) -> Standing:
        """Return customers and, where it has an owner, an order and its lot, in one read call.

        One call more brings the other records of those who have several.
        """
        wanted = [keys.of_customer(merchant_id, each) for each in dict.fromkeys(customer_ids)]
        place = lot_place = None
        if order and owner and owner.customer_id:
            made = place_of_lot(order.source, order.id, owner.placed_at)
            lot_place = keys.of_points(merchant_id, owner.customer_id, made)
            wanted.append(lot_place)
            stands = OrderPosition(owner.placed_at, *order)
            place = keys.of_order(merchant_id, owner.customer_id, stands)
            wanted.append(place)
        customers: dict[CustomerId, Customer] = {}
        kept = owner.kept if owner else None
        lot: PointsEntry | None = None
        for item in self._table.get_many(wanted) if wanted else ():
            if place and _place(item) == _place(place):
                kept = KeptOrder(order_of(plain_row(item)), owner.customer_id if owner else None)
            elif lot_place and _place(item) == _place(lot_place):
                lot = points_of(item)
            else:
                customer = customer_of(merchant_id, item)
                customers[customer.id] = customer
        extra = None
        beyond = place_of_extra(*order, owner.placed_at) if order and owner else None
        for _ in range(_GENERATIONS):
            extra = self._read_relatives(merchant_id, customers, beyond) or extra
        return Standing(customers, kept, lot, extra)

    def _read_relatives(
        self,
        merchant_id: MerchantId,
        customers: dict[CustomerId, Customer],
        made: PointsPosition | None,
    ) -> Extra | None:
        """Read the other records of customers, and an order's extra lot, whoever holds it."""
        named = {other for each in customers.values() for other in relatives(each)}
        missing = sorted(named - customers.keys())
        if not missing:
            return None
        asked = [keys.of_customer(merchant_id, each) for each in missing]
        if made is not None:
            holders = {*named, *customers}
            asked += [keys.of_points(merchant_id, each, made) for each in sorted(holders)]
        found = None
        for item in self._table.get_many(asked):
            if item["sk"]["S"].startswith(keys.POINTS):
                holder = CustomerId(item["pk"]["S"].rpartition("#")[2])
                found = Extra(holder, points_of(item))
            else:
                customer = customer_of(merchant_id, item)
                customers[customer.id] = customer
        return found

    def others(
        self, merchant_id: MerchantId, customer_id: CustomerId, without: OrderKey, end: End
    ) -> Sequence[str]:
        """Return the moments of the other counted orders, as many from an end as it takes."""
        enough = {"oldest": 1, "newest": RECENT}.get(end)
        moments: list[str] = []
        for order in self._orders(merchant_id, customer_id, newest=end == "newest"):
            if order.key != without and contribution(order).order_count:
                moments.append(order.placed_at)
            if len(moments) == enough:
                break
        return moments

    def write(self, merchant_id: MerchantId, changeset: Changeset) -> None:
        """Move everything or nothing; raise `Stale` if anything moved since it was read.

        An entry told `once` that stands already is no failure: the movement was done before.
        """
        actions = list(self._actions(merchant_id, changeset))
        try:
            self._table.transact(actions)
        except Cancelled as cancelled:
            entries = [place for place, action in enumerate(actions) if _is_entry(action)]
            if any(place in cancelled.refused for place in entries):
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
            known = "attribute_exists(pk)" if opening.reversed_at else "attribute_not_exists(pk)"
            yield self._table.putting(opening_row(merchant_id, customer_id, opening), known)
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
        """Write customers, and claims of what they gained that none of them held before."""
        held = {identity for each in moves if each.before for identity in each.before.identities()}
        for each in moves:
            yield from self._customer(merchant_id, each)
            gained = [identity for identity in each.after.identities() if identity not in held]
            for identity in gained:
                yield claiming(self._table, merchant_id, each.after.id, identity)
            held.update(gained)

    def _customer(self, merchant_id: MerchantId, move: CustomerMove) -> Iterator[Action]:
        before, after = move
        placed = before is None or before.status != after.status
        shards = self._shards.of(merchant_id).written if placed else 1
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
        if before and before.customer_id and place_of(before.order) != place_of(order):
            left = keys.of_order(merchant_id, before.customer_id, place_of(before.order))
            yield self._table.deleting(left)
        if after.customer_id:
            yield self._table.putting(order_row(merchant_id, after.customer_id, order))

    def _checkout(self, merchant_id: MerchantId, move: CheckoutMove) -> Action:
        before, after = move
        closed = after.status == "closed"
        expires_at = int((moment(after.at) + _CLOSED_LASTS).timestamp()) if closed else None
        written = checkout_row(merchant_id, after, expires_at)
        if before is None:
            return self._table.putting(written, "attribute_not_exists(pk)")
        return self._table.putting(
            written, "#status = :was", {":was": before.status}, {"#status": "status"}
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
            keys.of_tally(merchant_id, customer_id, "item", met.kind, met.item_id),
            "SET #name = :name ADD n :one",
            values={":name": name, ":one": 1},
            names={"#name": "name"},
        )
        if met.channel:
            yield self._table.updating(
                keys.of_tally(merchant_id, customer_id, "channel", met.channel),
                "ADD n :one",
                values={":one": 1},
            )
        if met.device:
            yield self._table.updating(
                keys.of_tally(merchant_id, customer_id, "device", met.device),
                "ADD n :one",
                values={":one": 1},
            )

    def _pair(self, merchant_id: MerchantId, pair: Pair) -> Action:
        """Note that an event named two customers as one; the radar lists them by the stream."""
        named = {"kind": pair.kind, "source": pair.source, "at": pair.at}
        return self._table.updating(
            keys.of_pair(merchant_id, pair.lower, pair.higher),
            "SET named = if_not_exists(named, :named)",
            values={":named": named},
        )

    def _orders(
        self, merchant_id: MerchantId, customer_id: CustomerId, *, newest: bool
    ) -> Iterator[Order]:
        rows = self._table.query_all(
            KeyConditionExpression="pk = :pk AND begins_with(sk, :orders)",
            ExpressionAttributeValues={
                ":pk": {"S": keys.of_history(merchant_id, customer_id)},
                ":orders": {"S": keys.ORDER},
            },
            ProjectionExpression=", ".join(f"#{name}" for name in FIGURES),
            ExpressionAttributeNames={f"#{name}": name for name in FIGURES},
            ScanIndexForward=not newest,
            Limit=_ORDERS_A_PAGE,
            ConsistentRead=True,
        )
        return map(order_of, map(plain_row, rows))


def _place(item: Row | keys.Key) -> tuple[str, str]:
    return item["pk"]["S"], item["sk"]["S"]


def _is_entry(action: Action) -> bool:
    put = action.get("Put", {})
    return put.get("Item", {}).get("sk", {}).get("S", "").startswith("ACT#") and (
        "ConditionExpression" in put
    )
