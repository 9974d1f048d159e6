"""In-memory ports of customers and lists."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from crm.domain.customers.activities import Activity, Edit
from crm.domain.customers.customer import Customer, Identity
from crm.domain.customers.fields import FIELD_OF
from crm.domain.customers.groups import DEFAULT_GROUPS
from crm.domain.customers.listed import ListedCustomer
from crm.domain.kernel.acts import Author
from crm.domain.kernel.errors import DuplicateCustomer, Invalid, NotFound, Problem, Stale
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.domain.lists.pages import ListQuery, Page, position_of
from crm.domain.lists.plans import Plan
from crm.domain.merges.changeset import ClaimMove, CustomerMove
from tests.fakes.history import InMemoryHistory


class InMemoryCustomers:
    """`ports.Customers` and `ports.CustomerLists` over dictionaries."""

    def __init__(self, *customers: Customer) -> None:
        self._customers: dict[tuple[MerchantId, CustomerId], Customer] = {}
        #: The holder of an identity, followed by those queued behind it, oldest first.
        self._holders: dict[tuple[MerchantId, Identity], list[CustomerId]] = {}
        self._codes: dict[MerchantId, int] = {}
        self.history = InMemoryHistory(self.get)
        for customer in customers:
            self.add(customer.merchant_id, customer)

    def get(self, merchant_id: MerchantId, customer_id: CustomerId) -> Customer:
        try:
            return self._customers[merchant_id, customer_id]
        except KeyError:
            raise NotFound("customer_not_found") from None

    def all_of(self, merchant_id: MerchantId) -> list[Customer]:
        return [
            each for (owner, _), each in sorted(self._customers.items()) if owner == merchant_id
        ]

    def get_many(
        self, merchant_id: MerchantId, customer_ids: Collection[CustomerId]
    ) -> Mapping[CustomerId, Customer]:
        found = {each: self._customers.get((merchant_id, each)) for each in customer_ids}
        return {each: customer for each, customer in found.items() if customer is not None}

    def add(
        self,
        merchant_id: MerchantId,
        customer: Customer,
        activity: Activity | None = None,
        *,
        allow_duplicate: bool = False,
    ) -> None:
        if (merchant_id, customer.id) in self._customers:
            return
        _refuse_unknown(customer.group)
        if not allow_duplicate:
            self._refuse_taken(merchant_id, customer, customer.identities())
        for identity in customer.identities():
            self._holders.setdefault((merchant_id, identity), []).append(customer.id)
        self._customers[merchant_id, customer.id] = customer
        if activity is not None:
            self.history.write(merchant_id, customer.id, activity)

    def add_all(
        self,
        merchant_id: MerchantId,
        customers: Sequence[Customer],
        *,
        allow_duplicate: bool = False,
    ) -> Mapping[CustomerId, DuplicateCustomer | Invalid]:
        refused: dict[CustomerId, DuplicateCustomer | Invalid] = {}
        for customer in customers:
            try:
                self.add(merchant_id, customer, allow_duplicate=allow_duplicate)
            except (DuplicateCustomer, Invalid) as refusal:
                refused[customer.id] = refusal
        return refused

    def update_all(self, merchant_id: MerchantId, edits: Sequence[Edit]) -> Collection[CustomerId]:
        refused: set[CustomerId] = set()
        for edit in edits:
            try:
                self.update(merchant_id, *edit)
            except (DuplicateCustomer, Invalid, NotFound, Stale):
                refused.add(edit.before.id)
        return refused

    def update(
        self,
        merchant_id: MerchantId,
        before: Customer,
        after: Customer,
        activity: Activity | None = None,
    ) -> None:
        current = self.get(merchant_id, before.id)
        rewritten = before.standalone_values != after.standalone_values
        if current.version != before.version or (
            rewritten and current.revision != before.revision
        ):
            raise Stale("stale", current_version=current.version)
        old, new = before.identities(), after.identities()
        gained = [each for each in new if each not in old]
        if after.group != before.group:
            _refuse_unknown(after.group)
        self._refuse_taken(merchant_id, before, gained)
        for identity in old:
            holders = self._holders.get((merchant_id, identity), [])
            if identity not in new and after.id in holders:
                holders.remove(after.id)
        for identity in gained:
            holders = self._holders.setdefault((merchant_id, identity), [])
            if not holders:
                holders.append(after.id)
        metrics = current.metrics if before.metrics == after.metrics else after.metrics
        self._customers[merchant_id, after.id] = replace(
            after, revision=current.revision + 1, metrics=metrics
        )
        if activity is not None:
            self.history.write(merchant_id, after.id, activity)

    def holders(
        self, merchant_id: MerchantId, identities: Iterable[Identity]
    ) -> Mapping[Identity, CustomerId]:
        claimed = {each: self._holders.get((merchant_id, each)) for each in identities}
        return {each: customers[0] for each, customers in claimed.items() if customers}

    def force(self, merchant_id: MerchantId, before: Customer, after: Customer) -> None:
        """Write a customer unchecked, queued behind the holders of the identities it gains."""
        old, new = before.identities(), after.identities()
        for identity in old:
            if identity not in new:
                self._holders[merchant_id, identity].remove(after.id)
        for identity in new:
            if identity not in old:
                self._holders.setdefault((merchant_id, identity), []).append(after.id)
        self._customers[merchant_id, after.id] = after

    def all_holders(self, merchant_id: MerchantId, identity: Identity) -> list[CustomerId]:
        """Return the holder of an identity and those queued behind it."""
        return self._holders.get((merchant_id, identity), [])

    def reserve_codes(self, merchant_id: MerchantId, count: int) -> int:
        last = self._codes.get(merchant_id, 0)
        self._codes[merchant_id] = last + count
        return last + 1

    def of_merchant(self, merchant_id: MerchantId) -> list[Customer]:
        """Return the customers of a merchant, of any status."""
        return [each for (owner, _), each in self._customers.items() if owner == merchant_id]

    def page(self, merchant_id: MerchantId, query: ListQuery) -> Page:
        listed = [
            _listed(customer)
            for (owner, _), customer in self._customers.items()
            if owner == merchant_id
        ]
        ordered = sorted(
            (each for each in listed if query.conditions.hold(each)),
            key=lambda each: position_of(each, query.sort),
            reverse=query.descending,
        )
        if query.after is not None:
            last = query.after
            positions = [(position_of(each, query.sort), each) for each in ordered]
            ordered = [
                each
                for position, each in positions
                if (position < last if query.descending else position > last)
            ]
        page, more = ordered[: query.limit], len(ordered) > query.limit
        return Page(
            tuple(page),
            position_of(page[-1], query.sort) if more else None,
            Plan("walk", query.sort),
        )

    def fits(self, merchant_id: MerchantId, moves: Sequence[CustomerMove]) -> bool:
        """Tell whether the customers are unchanged since they were read, and identities free."""
        claimed = {identity for before, _ in moves if before for identity in before.identities()}
        for before, after in moves:
            current = self._customers.get((merchant_id, after.id))
            if (current and current.revision) != (before and before.revision):
                return False
            gained = [each for each in after.identities() if each not in claimed]
            holders = self.holders(merchant_id, gained)
            if any(holder != after.id for holder in holders.values()):
                return False
        return True

    def move(self, merchant_id: MerchantId, moves: Sequence[CustomerMove]) -> None:
        """Store the customers after a changeset; the caller checked that it `fits`."""
        claimed = {identity for before, _ in moves if before for identity in before.identities()}
        for _, after in moves:
            for identity in after.identities():
                if identity not in claimed:
                    holders = self._holders.setdefault((merchant_id, identity), [])
                    if after.id not in holders:
                        holders.append(after.id)
                    claimed.add(identity)
            self._customers[merchant_id, after.id] = after

    def claim(self, merchant_id: MerchantId, move: ClaimMove) -> None:
        """Let a customer give up an identity, or queue behind its holder."""
        holders = self._holders.setdefault((merchant_id, move.identity), [])
        if move.how == "leave" and move.customer_id in holders:
            holders.remove(move.customer_id)
        if move.how == "stand behind" and move.customer_id not in holders:
            holders.append(move.customer_id)

    def _refuse_taken(
        self, merchant_id: MerchantId, customer: Customer, identities: Iterable[Identity]
    ) -> None:
        own_ids = {customer.id, *customer.merged_from}
        for identity in identities:
            holders = self._holders.get((merchant_id, identity))
            if holders and holders[0] not in own_ids:
                holder = self._customers[merchant_id, holders[0]]
                holder = self._customers[merchant_id, holder.merged_into or holder.id]
                raise DuplicateCustomer(
                    "duplicate_customer",
                    field=FIELD_OF[identity.kind],
                    existing_customer_id=holder.id,
                    archived=holder.status == "archived",
                )


def _listed(customer: Customer) -> ListedCustomer:
    address = customer.default_address
    return ListedCustomer(
        replace(
            customer,
            note=None,
            addresses=(),
            invoice_profile=None,
            marketing_consent=replace(customer.marketing_consent, evidence=None),
            metrics=replace(customer.metrics, recent_order_days=()),
            provenance={},
            created_by=Author(customer.source, ""),
        ),
        address.line if address else None,
        address.province_code if address else None,
        address.ward_code if address else None,
    )


def _refuse_unknown(group: str | None) -> None:
    """Refuse a group other than the default ones; the fake stores no groups."""
    if group is not None and DEFAULT_GROUPS.find(group) is None:
        raise Invalid("invalid_fields", Problem("group", "group_unknown"))
