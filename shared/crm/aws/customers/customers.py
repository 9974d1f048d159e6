"""`ports.Customers` in DynamoDB, in the table that `keys` describes."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

from crm.aws.customers.activities import adding_activity
from crm.aws.customers.claims import claiming, releasing, releasing_shared
from crm.aws.customers.groups import missing_groups, requiring_groups
from crm.aws.customers.rows import customer_of, edit_update, row_of, stored_version
from crm.aws.customers.shards import DynamoShards
from crm.aws.dynamodb import keys
from crm.aws.dynamodb.attributes import row
from crm.aws.dynamodb.table import Action, Cancelled, Row, Table, attempts
from crm.domain.customers.activities import Activity, Edit
from crm.domain.customers.customer import Customer, Identity
from crm.domain.customers.fields import FIELD_OF
from crm.domain.kernel.errors import Busy, DuplicateCustomer, Invalid, NotFound, Problem, Stale
from crm.domain.kernel.ids import CustomerId, MerchantId

_FREE_OR_MINE = "attribute_not_exists(pk) OR holder = :me"
_ACTIONS_PER_TRANSACTION = 100
_ROUNDS = 4


class _EditActions(NamedTuple):
    """The actions of one edit, and the group that it requires to exist."""

    id: CustomerId
    actions: list[Action]
    group: str | None


class DynamoCustomers:
    """The customers of all merchants; each method accesses those of one."""

    def __init__(self, table: Table, shards: DynamoShards | None = None) -> None:
        self._table = table
        self._shards = shards or DynamoShards(table)

    def get(self, merchant_id: MerchantId, customer_id: CustomerId) -> Customer:
        """Return a customer as last written, or raise `NotFound`."""
        item = self._table.get(keys.of_customer(merchant_id, customer_id))
        if item is None:
            raise NotFound("customer_not_found")
        return customer_of(merchant_id, item)

    def get_many(
        self, merchant_id: MerchantId, customer_ids: Collection[CustomerId]
    ) -> Mapping[CustomerId, Customer]:
        """Return the customers that exist, by id."""
        requested = [keys.of_customer(merchant_id, each) for each in dict.fromkeys(customer_ids)]
        found = (customer_of(merchant_id, item) for item in self._table.get_many(requested))
        return {customer.id: customer for customer in found}

    def holders(
        self, merchant_id: MerchantId, identities: Iterable[Identity]
    ) -> Mapping[Identity, CustomerId]:
        """Return the holders of the identities that are taken, as last written."""
        partitions = {keys.of_identity(merchant_id, each): each for each in identities}
        found = self._table.get_many([keys.key(partition, keys.CLAIM) for partition in partitions])
        return {partitions[item["pk"]["S"]]: CustomerId(item["holder"]["S"]) for item in found}

    def reserve_codes(self, merchant_id: MerchantId, count: int) -> int:
        """Reserve `count` numbers for customer codes and return the first; gaps are allowed."""
        return self._table.increment(keys.of_code_counter(merchant_id), "last", count) - count + 1

    def add(
        self,
        merchant_id: MerchantId,
        customer: Customer,
        activity: Activity | None = None,
        *,
        allow_duplicate: bool = False,
    ) -> None:
        """Store a new customer and its claims in one transaction, or raise `DuplicateCustomer`."""
        shared: dict[Identity, CustomerId] = {}
        for _ in attempts(_ROUNDS, pause=0):
            actions = self._creation_actions(merchant_id, customer, shared)
            if activity is not None:
                actions.append(adding_activity(self._table, merchant_id, customer.id, activity))
            if customer.group is not None:
                actions.append(requiring_groups(self._table, merchant_id, customer.group))
            try:
                self._table.transact(actions)
            except Cancelled as cancelled:
                if 0 in cancelled.refused:
                    return
                _refuse_unknown_group(customer.group, actions, cancelled)
                taken = _taken(customer.identities(), cancelled)
                if not allow_duplicate and taken:
                    raise self._duplicate(merchant_id, *next(iter(taken.items()))) from cancelled
                shared = {**shared, **taken} if taken else {}
            else:
                return

    def add_all(
        self,
        merchant_id: MerchantId,
        customers: Sequence[Customer],
        *,
        allow_duplicate: bool = False,
    ) -> Mapping[CustomerId, DuplicateCustomer | Invalid]:
        """Store many new customers in few transactions; return the refused ones with the reason.

        If a transaction meets a taken identity or an unknown group, add its customers one by one.
        """
        refused: dict[CustomerId, DuplicateCustomer | Invalid] = {}
        for portion in _portions(customers):
            actions = [
                action
                for customer in portion
                for action in self._creation_actions(merchant_id, customer, {})
            ]
            if groups := sorted({each.group for each in portion if each.group is not None}):
                actions.append(requiring_groups(self._table, merchant_id, *groups))
            try:
                self._table.transact(actions)
            except Cancelled:
                for customer in portion:
                    try:
                        self.add(merchant_id, customer, allow_duplicate=allow_duplicate)
                    except (DuplicateCustomer, Invalid) as refusal:
                        refused[customer.id] = refusal
        return refused

    def update(
        self,
        merchant_id: MerchantId,
        before: Customer,
        after: Customer,
        activity: Activity | None = None,
    ) -> None:
        """Write the differences if the stored version is `before.version`, else raise `Stale`.

        New standalone values also require the stored revision to be `before.revision`.
        """
        gained, lost, group = _effects_of(before, after)
        edit_and_claims = [
            self._edit_action(merchant_id, before, after),
            *(claiming(self._table, merchant_id, after.id, each) for each in gained),
        ]
        table = self._table
        trailing = (
            [adding_activity(self._table, merchant_id, after.id, activity)] if activity else []
        )
        if group is not None:
            trailing.append(requiring_groups(self._table, merchant_id, group))
        releases = [releasing(table, merchant_id, before.id, each) for each in lost]
        for _ in attempts(_ROUNDS, pause=0):
            actions = [*edit_and_claims, *chain.from_iterable(releases), *trailing]
            try:
                table.transact(actions)
            except Cancelled as cancelled:
                taken = self._merged_holders(merchant_id, before, gained, cancelled)
                _refuse_unknown_group(group, actions, cancelled)
                for index, identity in enumerate(gained, start=1):
                    if identity in taken:
                        edit_and_claims[index] = self._requiring_holder(
                            merchant_id, identity, taken[identity]
                        )
                if not taken and min(cancelled.refused) < len(edit_and_claims):
                    raise
                releases = [releasing_shared(table, merchant_id, before.id, each) for each in lost]
            else:
                return

    def update_all(self, merchant_id: MerchantId, edits: Sequence[Edit]) -> Collection[CustomerId]:
        """Write many edits in few transactions; return the customers whose edit was refused.

        If a condition fails, its edit is refused and the rest of the transaction is retried. If a
        transaction keeps colliding with other writers, all of its edits are refused.
        """
        refused: set[CustomerId] = set()
        for portion in self._edit_portions(merchant_id, edits):
            remaining = portion
            while remaining:
                groups = sorted({each.group for each in remaining if each.group is not None})
                actions = [action for each in remaining for action in each.actions]
                if groups:
                    actions.append(requiring_groups(self._table, merchant_id, *groups))
                try:
                    self._table.transact(actions)
                except Cancelled as cancelled:
                    failed = _refused_of(remaining, groups, cancelled)
                except Busy:  # another writer keeps writing one of the items
                    failed = {each.id for each in remaining}
                else:
                    break
                refused |= failed
                remaining = [each for each in remaining if each.id not in failed]
        return refused

    def _edit_portions(
        self, merchant_id: MerchantId, edits: Sequence[Edit]
    ) -> Iterator[list[_EditActions]]:
        """Yield edits in portions for one transaction each, none of which has an item twice."""
        portion: list[_EditActions] = []
        items: set[str] = set()
        for before, after, line in edits:
            gained, lost, group = _effects_of(before, after)
            actions = [
                self._edit_action(merchant_id, before, after),
                *(claiming(self._table, merchant_id, after.id, each) for each in gained),
                *chain.from_iterable(
                    releasing(self._table, merchant_id, before.id, each) for each in lost
                ),
                adding_activity(self._table, merchant_id, after.id, line),
            ]
            touched = {after.id, *map(str, gained), *map(str, lost)}
            total = sum(len(each.actions) for each in portion) + len(actions)
            if portion and (total >= _ACTIONS_PER_TRANSACTION or items & touched):
                yield portion
                portion, items = [], set()
            portion.append(_EditActions(after.id, actions, group))
            items |= touched
        if portion:
            yield portion

    def _merged_holders(
        self,
        merchant_id: MerchantId,
        before: Customer,
        gained: Sequence[Identity],
        cancelled: Cancelled,
    ) -> dict[Identity, CustomerId]:
        """Return the gained identities that merged records of the customer hold, with the holder.

        Raises `Stale`, `NotFound` or `DuplicateCustomer` if that is why the edit was refused.
        """
        if 0 in cancelled.refused:
            raise self._missing_or_stale(cancelled.refused[0]) from cancelled
        taken = _taken(gained, cancelled)
        for identity, holder in taken.items():
            if holder not in before.merged_from:
                raise self._duplicate(merchant_id, identity, holder) from cancelled
        return taken

    def _creation_actions(
        self,
        merchant_id: MerchantId,
        customer: Customer,
        shared: Mapping[Identity, CustomerId],
    ) -> list[Action]:
        """Return the put of the row, then one claim per identity, then further-holder items."""
        actions = [
            self._table.putting(
                row_of(customer, self._shards.of(merchant_id).written), "attribute_not_exists(pk)"
            )
        ]
        further_holders: list[Action] = []
        for identity in customer.identities():
            if identity in shared:
                actions.append(
                    self._table.updating(
                        keys.of_claim(merchant_id, identity),
                        "ADD also :one",
                        "attribute_exists(pk)",
                        {":one": 1},
                    )
                )
                key = keys.of_further_holder(merchant_id, identity, customer.id)
                item = {**key, **row({"at": customer.created_at})}
                further_holders.append(self._table.putting(item))
            else:
                actions.append(self._claim(merchant_id, customer.id, identity))
        return actions + further_holders

    def _claim(
        self, merchant_id: MerchantId, customer_id: CustomerId, identity: Identity
    ) -> Action:
        claim = {**keys.of_claim(merchant_id, identity), **row({"holder": customer_id})}
        return self._table.putting(claim, _FREE_OR_MINE, {":me": customer_id})

    def _requiring_holder(
        self, merchant_id: MerchantId, identity: Identity, holder: CustomerId
    ) -> Action:
        """Return the action that checks that a merged record still holds an identity."""
        return self._table.checking(
            keys.of_claim(merchant_id, identity), "holder = :holder", {":holder": holder}
        )

    def _edit_action(self, merchant_id: MerchantId, before: Customer, after: Customer) -> Action:
        shards = 1 if before.status == after.status else self._shards.of(merchant_id).written
        expression, names, values = edit_update(before, after, shards)
        names["#version"] = "version"
        condition = "attribute_exists(pk) AND #summary.#version = :seen"
        if before.standalone_values != after.standalone_values:
            # They are one attribute, which orders change too, without a new version.
            condition += " AND #summary.#revision = :revision"
            values[":revision"] = before.revision
        return self._table.updating(
            keys.of_customer(merchant_id, before.id),
            expression,
            condition,
            {**values, ":seen": before.version},
            names,
        )

    def _missing_or_stale(self, item: Row) -> Exception:
        if not item:
            return NotFound("customer_not_found")
        return Stale("stale", current_version=stored_version(item))

    def _duplicate(
        self, merchant_id: MerchantId, identity: Identity, holder: CustomerId
    ) -> DuplicateCustomer:
        existing = self.get_many(merchant_id, [holder]).get(holder)
        if existing is not None and existing.merged_into is not None:
            holder = existing.merged_into
            existing = self.get_many(merchant_id, [holder]).get(holder)
        return DuplicateCustomer(
            "duplicate_customer",
            field=FIELD_OF[identity.kind],
            existing_customer_id=holder,
            archived=existing is not None and existing.status == "archived",
        )


def _refuse_unknown_group(
    group: str | None, actions: Sequence[Action], cancelled: Cancelled
) -> None:
    """Raise `Invalid` if the last action, the check of the group, was refused."""
    if group is not None and len(actions) - 1 in cancelled.refused:
        raise Invalid("invalid_fields", Problem("group", "group_unknown")) from cancelled


def _taken(identities: Sequence[Identity], cancelled: Cancelled) -> dict[Identity, CustomerId]:
    """Return the identities that others hold; their claims follow the row's action in order."""
    return {
        identity: CustomerId(cancelled.refused[index]["holder"]["S"])
        for index, identity in enumerate(identities, start=1)
        if "holder" in cancelled.refused.get(index, {})
    }


class _EditEffects(NamedTuple):
    """The identities an edit gains and loses, and the new group, if another."""

    gained: list[Identity]
    lost: list[Identity]
    group: str | None


def _effects_of(before: Customer, after: Customer) -> _EditEffects:
    old, new = before.identities(), after.identities()
    return _EditEffects(
        [each for each in new if each not in old],
        [each for each in old if each not in new],
        after.group if after.group != before.group else None,
    )


def _refused_of(
    edits: Sequence[_EditActions], groups: Sequence[str], cancelled: Cancelled
) -> set[CustomerId]:
    """Return the customers whose edit was refused; the check of groups is the last action."""
    owners = [each for each in edits for _ in each.actions]
    refused = {owners[at].id for at in cancelled.refused if at < len(owners)}
    if len(owners) in cancelled.refused:
        unknown = missing_groups(cancelled.refused[len(owners)], groups)
        refused |= {each.id for each in edits if each.group in unknown}
    return refused


def _portions(customers: Sequence[Customer]) -> Iterator[list[Customer]]:
    """Yield customers in portions for one transaction each, none of which has an item twice."""
    portion: list[Customer] = []
    claimed: set[Identity] = set()
    for customer in customers:
        identities = set(customer.identities())
        total = 1 + len(portion) + len(claimed) + len(identities)
        if total >= _ACTIONS_PER_TRANSACTION or claimed & identities:  # one checks groups
            yield portion
            portion, claimed = [], set()
        portion.append(customer)
        claimed |= identities
    if portion:
        yield portion
