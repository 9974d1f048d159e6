"""`ports.Customers`, kept in the table that `keys` describes."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

from crm.aws.customers.activities import telling
from crm.aws.customers.claims import claiming, releasing, succession
from crm.aws.customers.groups import holding, lacking
from crm.aws.customers.rows import customer_of, difference, row_of, stored_version
from crm.aws.customers.shards import DynamoShards
from crm.aws.dynamodb import keys
from crm.aws.dynamodb.attributes import row
from crm.aws.dynamodb.table import Action, Cancelled, Row, Table
from crm.domain.customers.activities import Activity, Edit
from crm.domain.customers.customer import Customer, Identity
from crm.domain.kernel.errors import Busy, DuplicateCustomer, Invalid, NotFound, Problem, Stale
from crm.domain.kernel.ids import CustomerId, MerchantId

_FREE_OR_MINE = "attribute_not_exists(pk) OR holder = :me"
_ACTIONS_A_TRANSACTION = 100
_ROUNDS = 4


class _EditActions(NamedTuple):
    """The actions of one edit, and the group that has to be there for it."""

    id: CustomerId
    actions: list[Action]
    group: str | None


class DynamoCustomers:
    """The customers of all merchants; each method reaches those of one."""

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
        """Return those of the customers that exist."""
        asked = [keys.of_customer(merchant_id, each) for each in dict.fromkeys(customer_ids)]
        found = (customer_of(merchant_id, item) for item in self._table.get_many(asked))
        return {customer.id: customer for customer in found}

    def holders(
        self, merchant_id: MerchantId, identities: Iterable[Identity]
    ) -> Mapping[Identity, CustomerId]:
        """Return who holds each identity that is held, as last written."""
        asked = {keys.of_identity(merchant_id, each): each for each in identities}
        found = self._table.get_many([keys.key(partition, "CLAIM") for partition in asked])
        return {asked[item["pk"]["S"]]: CustomerId(item["holder"]["S"]) for item in found}

    def reserve_codes(self, merchant_id: MerchantId, count: int) -> int:
        """Take `count` numbers for customer codes and return the first; gaps are fine."""
        return self._table.increment(keys.of_code_counter(merchant_id), "last", count) - count + 1

    def add(
        self,
        merchant_id: MerchantId,
        customer: Customer,
        activity: Activity | None = None,
        *,
        allow_duplicate: bool = False,
    ) -> None:
        """Keep a new customer and its claims in one transaction, or raise `DuplicateCustomer`."""
        shared: dict[Identity, CustomerId] = {}
        for _ in range(_ROUNDS):
            actions = self._creation(merchant_id, customer, shared)
            if activity is not None:
                actions.append(telling(self._table, merchant_id, customer.id, activity))
            if customer.group is not None:
                actions.append(holding(self._table, merchant_id, customer.group))
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
        raise Busy("busy")

    def add_all(
        self,
        merchant_id: MerchantId,
        customers: Sequence[Customer],
        *,
        allow_duplicate: bool = False,
    ) -> Mapping[CustomerId, DuplicateCustomer | Invalid]:
        """Keep many new customers, as few transactions as may be; return those refused.

        A transaction that meets a taken identity or no group is done again one by one.
        """
        refused: dict[CustomerId, DuplicateCustomer | Invalid] = {}
        for some in _portions(customers):
            actions = [
                action for customer in some for action in self._creation(merchant_id, customer, {})
            ]
            if groups := sorted({each.group for each in some if each.group is not None}):
                actions.append(holding(self._table, merchant_id, *groups))
            try:
                self._table.transact(actions)
            except Cancelled:
                for customer in some:
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
        """Write what differs if `before.version` still stands, else raise `Stale`."""
        gained, lost, group = _moved(before, after)
        certain = [
            self._edit(merchant_id, before, after),
            *(claiming(self._table, merchant_id, after.id, each) for each in gained),
        ]
        table = self._table
        closing = [telling(self._table, merchant_id, after.id, activity)] if activity else []
        if group is not None:
            closing.append(holding(self._table, merchant_id, group))
        releases = [releasing(table, merchant_id, before.id, each) for each in lost]
        for _ in range(_ROUNDS):
            actions = [*certain, *chain.from_iterable(releases), *closing]
            try:
                table.transact(actions)
            except Cancelled as cancelled:
                taken = self._refuse(merchant_id, before, gained, cancelled)
                _refuse_unknown_group(group, actions, cancelled)
                for place, identity in enumerate(gained, start=1):
                    if identity in taken:
                        certain[place] = self._held(merchant_id, identity, taken[identity])
                if not taken and min(cancelled.refused) < len(certain):
                    raise
                releases = [succession(table, merchant_id, before.id, each) for each in lost]
            else:
                return
        raise Busy("busy")

    def update_all(self, merchant_id: MerchantId, edits: Sequence[Edit]) -> Collection[CustomerId]:
        """Write many edits, as few transactions as may be; return those refused.

        Where a condition does not hold, the others of its transaction are written without it;
        one that meets other writers again and again is refused as a whole.
        """
        refused: set[CustomerId] = set()
        for portion in self._edit_portions(merchant_id, edits):
            left = portion
            while left:
                groups = sorted({each.group for each in left if each.group is not None})
                actions = [action for each in left for action in each.actions]
                if groups:
                    actions.append(holding(self._table, merchant_id, *groups))
                try:
                    self._table.transact(actions)
                except Cancelled as cancelled:
                    out = _refused_of(left, groups, cancelled)
                except Busy:  # one of them is written all the time; the others need not wait
                    out = {each.id for each in left}
                else:
                    break
                refused |= out
                left = [each for each in left if each.id not in out]
        return refused

    def _edit_portions(
        self, merchant_id: MerchantId, edits: Sequence[Edit]
    ) -> Iterator[list[_EditActions]]:
        """Yield edits in portions that fit into one transaction, which takes an item only once."""
        portion: list[_EditActions] = []
        items: set[str] = set()
        for before, after, line in edits:
            gained, lost, group = _moved(before, after)
            actions = [
                self._edit(merchant_id, before, after),
                *(claiming(self._table, merchant_id, after.id, each) for each in gained),
                *chain.from_iterable(
                    releasing(self._table, merchant_id, before.id, each) for each in lost
                ),
                telling(self._table, merchant_id, after.id, line),
            ]
            touched = {after.id, *map(str, gained), *map(str, lost)}
            needed = sum(len(each.actions) for each in portion) + len(actions)
            if portion and (needed >= _ACTIONS_A_TRANSACTION or items & touched):
                yield portion
                portion, items = [], set()
            portion.append(_EditActions(after.id, actions, group))
            items |= touched
        if portion:
            yield portion

    def _refuse(
        self,
        merchant_id: MerchantId,
        before: Customer,
        gained: Sequence[Identity],
        cancelled: Cancelled,
    ) -> dict[Identity, CustomerId]:
        """Raise what an edit is refused for: it saw another version, or an identity is taken.

        What a record holds that was merged into the customer is the customer's; it is returned.
        """
        if 0 in cancelled.refused:
            raise self._stale(cancelled.refused[0]) from cancelled
        taken = _taken(gained, cancelled)
        for identity, holder in taken.items():
            if holder not in before.merged_from:
                raise self._duplicate(merchant_id, identity, holder) from cancelled
        return taken

    def _creation(
        self,
        merchant_id: MerchantId,
        customer: Customer,
        shared: Mapping[Identity, CustomerId],
    ) -> list[Action]:
        """Return the customer's row, then a claim an identity, then places behind holders."""
        actions = [
            self._table.putting(
                row_of(customer, self._shards.of(merchant_id).written), "attribute_not_exists(pk)"
            )
        ]
        behind: list[Action] = []
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
                place = keys.of_further_holder(merchant_id, identity, customer.id)
                behind.append(self._table.putting({**place, **row({"at": customer.created_at})}))
            else:
                actions.append(self._claim(merchant_id, customer.id, identity))
        return actions + behind

    def _claim(
        self, merchant_id: MerchantId, customer_id: CustomerId, identity: Identity
    ) -> Action:
        claim = {**keys.of_claim(merchant_id, identity), **row({"holder": customer_id})}
        return self._table.putting(claim, _FREE_OR_MINE, {":me": customer_id})

    def _held(self, merchant_id: MerchantId, identity: Identity, holder: CustomerId) -> Action:
        """Make sure that a record merged into the customer still holds an identity."""
        return self._table.checking(
            keys.of_claim(merchant_id, identity), "holder = :holder", {":holder": holder}
        )

    def _edit(self, merchant_id: MerchantId, before: Customer, after: Customer) -> Action:
        shards = 1 if before.status == after.status else self._shards.of(merchant_id).written
        expression, names, values = difference(before, after, shards)
        names["#version"] = "version"
        return self._table.updating(
            keys.of_customer(merchant_id, before.id),
            expression,
            "attribute_exists(pk) AND #summary.#version = :seen",
            {**values, ":seen": before.version},
            names,
        )

    def _stale(self, item: Row) -> Exception:
        if not item:
            return NotFound("customer_not_found")
        return Stale("stale", current_version=stored_version(item))

    def _duplicate(
        self, merchant_id: MerchantId, identity: Identity, holder: CustomerId
    ) -> DuplicateCustomer:
        known = self.get_many(merchant_id, [holder]).get(holder)
        if known is not None and known.merged_into is not None:
            holder = known.merged_into
            known = self.get_many(merchant_id, [holder]).get(holder)
        return DuplicateCustomer(
            "duplicate_customer",
            field=FIELD_OF[identity.kind],
            existing_customer_id=holder,
            archived=known is not None and known.status == "archived",
        )


#: The field of a customer that makes an identity of each kind.
FIELD_OF = {
    "code": "code",
    "phone": "phone",
    "email": "email",
    "card": "card_code",
    "ext": "external_ids",
}


def _refuse_unknown_group(
    group: str | None, actions: Sequence[Action], cancelled: Cancelled
) -> None:
    """Raise `Invalid` if what was refused is the check of the group, the last of the actions."""
    if group is not None and len(actions) - 1 in cancelled.refused:
        raise Invalid("invalid_fields", Problem("group", "group_unknown")) from cancelled


def _taken(identities: Sequence[Identity], cancelled: Cancelled) -> dict[Identity, CustomerId]:
    """Return the identities that others hold; their claims follow the customer's row in order."""
    return {
        identity: CustomerId(cancelled.refused[index]["holder"]["S"])
        for index, identity in enumerate(identities, start=1)
        if "holder" in cancelled.refused.get(index, {})
    }


class _Moved(NamedTuple):
    """What an edit gains and loses, and the group it puts the customer in, if in another one."""

    gained: list[Identity]
    lost: list[Identity]
    group: str | None


def _moved(before: Customer, after: Customer) -> _Moved:
    old, new = before.identities(), after.identities()
    return _Moved(
        [each for each in new if each not in old],
        [each for each in old if each not in new],
        after.group if after.group != before.group else None,
    )


def _refused_of(
    edits: Sequence[_EditActions], groups: Sequence[str], cancelled: Cancelled
) -> set[CustomerId]:
    """Return whose edits were refused; behind the actions of all is the check of their groups."""
    owners = [each for each in edits for _ in each.actions]
    out = {owners[at].id for at in cancelled.refused if at < len(owners)}
    if len(owners) in cancelled.refused:
        unknown = lacking(cancelled.refused[len(owners)], groups)
        out |= {each.id for each in edits if each.group in unknown}
    return out


def _portions(customers: Sequence[Customer]) -> Iterator[list[Customer]]:
    """Yield customers in portions that fit into one transaction, which takes an item only once."""
    portion: list[Customer] = []
    claimed: set[Identity] = set()
    for customer in customers:
        identities = set(customer.identities())
        needed = 1 + len(portion) + len(claimed) + len(identities)
        if needed >= _ACTIONS_A_TRANSACTION or claimed & identities:  # one is the groups'
            yield portion
            portion, claimed = [], set()
        portion.append(customer)
        claimed |= identities
    if portion:
        yield portion
