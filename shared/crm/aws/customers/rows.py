"""Convert a customer to and from its row, and compute the updates of a row.

All that lists show or filter by is in the map `summary`, the one attribute that the list indexes
project; attributes of the detail and keys of indexes are outside it. Blank, false and zero values
are not stored, so that the projected row stays below one kilobyte.
"""

from collections.abc import Mapping
from typing import Any

from crm.aws.customers.nested_attributes import (
    field_attribute,
    standalone_attribute,
    standalone_of,
    without_blanks,
)
from crm.aws.dynamodb import keys
from crm.aws.dynamodb.attributes import plain_row, row
from crm.aws.dynamodb.table import Row
from crm.domain.customers.customer import (
    Address,
    Consent,
    Customer,
    Expiring,
    Membership,
    Month,
    Points,
    Provenance,
)
from crm.domain.customers.fields import FIELDS, as_is
from crm.domain.customers.listed import NEVER, ListedCustomer
from crm.domain.customers.metrics import Metrics
from crm.domain.customers.shards import shard_of
from crm.domain.kernel.acts import Author
from crm.domain.kernel.ids import CustomerId, MerchantId
from crm.domain.values.names import Name, given_name_key, name_key
from crm.domain.values.phones import phone_suffix_key

#: Fields that the summary has in another form than their values.
_IN_ANOTHER_FORM = frozenset({"family_name", "given_name", "marketing_consent"})
_IN_SUMMARY = tuple(
    each for each in FIELDS if each.unlisted is None and each.name not in _IN_ANOTHER_FORM
)
_SAME_IN_SUMMARY = (
    "code",
    *(each.name for each in _IN_SUMMARY if each.decode is as_is),
    "source",
    "created_at",
    "updated_at",
)
#: The fields of the summary that are not JSON, with what decodes them.
_DECODED = tuple((each.name, each.decode) for each in _IN_SUMMARY if each.decode is not as_is)
#: The fields outside the summary, with what decodes their attributes.
_DETAIL_FIELDS = tuple((each.name, each.decode) for each in FIELDS if each.unlisted is not None)
_KEPT_AT_ZERO = frozenset(
    {"order_count", "total_spent", "debt", "median_days", "version", "revision"}
)
_ADDRESS_BYTES = 160
_SHOWN_POINTS = ("available", "pending", "used", "expired")


def row_of(customer: Customer, shards: int = 1) -> Row:
    """Return the row of a customer, for a list of `shards` shards."""
    attributes = row(
        {
            "id": customer.id,
            "status": customer.status,
            "summary": _summary(customer),
            **_index_keys(customer, shards),
            **_detail(customer),
        }
    )
    return {**keys.of_customer(customer.merchant_id, customer.id), **attributes}


def customer_of(merchant_id: MerchantId, item: Row) -> Customer:
    """Return the customer of a whole row."""
    stored = plain_row(item)
    metrics = {
        name: tuple(stored.get(name, ())) for name in ("recent_order_days", "brought_order_at")
    }
    return _customer(
        merchant_id,
        stored["id"],
        stored["summary"],
        metrics=metrics,
        status=stored["status"],
        status_since=stored.get("status_since"),
        **{name: decode(stored[name]) for name, decode in _DETAIL_FIELDS if name in stored},
        created_by=Author(*stored["created_by"]),
        provenance={
            name: Provenance(*each) for name, each in stored.get("provenance", {}).items()
        },
        merged_into=stored.get("merged_into"),
        siblings=tuple(stored.get("kin", ())),
        returns_to=stored.get("returns_to"),
        merged_from=stored.get("merged_from", {}),
        standalone_values=standalone_of(stored["own"]) if "own" in stored else None,
        restricted_by=stored.get("restricted_by"),
        evidence=stored.get("consent_evidence"),
        ledger={**stored.get("ledger", {}), "review_at": stored.get("due_at")},
    )


def listed_of(merchant_id: MerchantId, item: Row) -> ListedCustomer:
    """Return the customer of a list index's row, which has only keys and `summary`."""
    stored = plain_row(item)
    summary = stored["summary"]
    archived = keys.is_archived(stored["list_partition"])
    customer = _customer(
        merchant_id,
        stored["id"],
        summary,
        metrics={},
        status="archived" if archived else "active",
        created_by=Author(summary["source"], ""),
    )
    return ListedCustomer(
        customer, summary.get("address"), summary.get("province_code"), summary.get("ward_code")
    )


def edit_update(
    before: Customer, after: Customer, shards: int = 1
) -> tuple[str, dict[str, str], dict[str, Any]]:
    """Return expression, names and values of the smallest update for an edit.

    It increments the stored `revision` and leaves the numbers that orders change, so that an order
    may be written between the read and the write of an edit without either being lost. Only the
    standalone values, which have numbers too, are replaced as a whole.
    """
    old, new = _flat(before, shards), _flat(after, shards)
    del old["summary", "revision"], new["summary", "revision"]
    increment = "#summary.#revision = #summary.#revision + :one"
    names = {"#summary": "summary", "#revision": "revision"}
    return _update(old, new, increment, names, {":one": 1})


def changeset_update(
    before: Customer, after: Customer, shards: int = 1
) -> tuple[str, dict[str, str], dict[str, Any]]:
    """Return the update for a changeset, to be conditioned on the revision that was read."""
    old, new = _flat(before, shards), _flat(after, shards)
    del old["summary", "revision"], new["summary", "revision"]
    names = {"#summary": "summary", "#revision": "revision"}
    return _update(old, new, "#summary.#revision = :next", names, {":next": after.revision})


def _update(
    old: Mapping[tuple[str, ...], Any],
    new: Mapping[tuple[str, ...], Any],
    first: str,
    names: dict[str, str],
    values: dict[str, Any],
) -> tuple[str, dict[str, str], dict[str, Any]]:
    sets, removes = [first], []
    for path in sorted(old.keys() | new.keys()):
        if old.get(path) == new.get(path):
            continue
        placeholders = []
        for part in path:
            names[f"#{part}"] = part
            placeholders.append(f"#{part}")
        if path in new:
            values[f":v{len(values)}"] = new[path]
            sets.append(f"{'.'.join(placeholders)} = :v{len(values) - 1}")
        else:
            removes.append(".".join(placeholders))
    expression = "SET " + ", ".join(sets)
    if removes:
        expression += " REMOVE " + ", ".join(removes)
    return expression, names, values


def stored_version(item: Row) -> int:
    """Return the version in a row."""
    return int(item["summary"]["M"]["version"]["N"])


def _flat(customer: Customer, shards: int = 1) -> dict[tuple[str, ...], Any]:
    flat: dict[tuple[str, ...], Any] = {
        ("summary", name): value for name, value in _summary(customer).items()
    }
    outside = {"status": customer.status, **_index_keys(customer, shards), **_detail(customer)}
    flat |= {(name,): value for name, value in outside.items() if value is not None}
    return flat


def _summary(customer: Customer) -> dict[str, Any]:
    metrics, membership, consent = (
        customer.metrics,
        customer.membership,
        customer.marketing_consent,
    )
    address = customer.default_address
    summary = {name: getattr(customer, name) for name in _SAME_IN_SUMMARY}
    summary |= {name: field_attribute(getattr(customer, name)) for name, _ in _DECODED}
    parts = (customer.family_name, customer.given_name)
    summary |= {
        # Only where the last word is not the given name: it costs 40 bytes per list index.
        "name_parts": None
        if parts == _parts_of(customer.full_name)
        else [part or "" for part in parts],
        "consent": without_blanks(
            {"accepted": consent.accepted, "at": consent.at, "source": consent.source}
        ),
        "order_count": metrics.order_count,
        "total_spent": metrics.total_spent,
        "debt": metrics.debt,
        "first_order_at": metrics.first_order_at,
        "last_order_at": metrics.last_order_at,
        "open_checkouts": metrics.open_checkout_count,
        "median_days": metrics.median_days_between_orders,
        "joined_at": membership.joined_at,
        "tier": membership.tier if membership.joined_at else None,
        "ranking_points": membership.ranking_points,
        "points": without_blanks(
            {name: getattr(membership.points, name) for name in _SHOWN_POINTS}
        ),
        "version": customer.version,
        "revision": customer.revision,
    }
    if address is not None:
        summary |= {
            "address": _one_line(address),
            "province_code": address.province_code,
            "ward_code": address.ward_code,
        }
    return {
        name: value
        for name, value in summary.items()
        if value or (value is not None and name in _KEPT_AT_ZERO)
    }


def _parts_of(full: str | None) -> tuple[str | None, str | None]:
    """Return the default family and given name of a full name (D6)."""
    family, _, given = (full or "").rpartition(" ")
    return family or None, given or None


def _index_keys(customer: Customer, shards: int = 1) -> dict[str, Any]:
    """Return the customer's keys in the indexes; a merged or erased one is in none."""
    listed = customer.status in {"active", "archived"}
    active = customer.status == "active"
    metrics, merchant_id = customer.metrics, customer.merchant_id
    address, membership = customer.default_address, customer.membership
    shard = shard_of(customer.id, shards)
    partition = keys.of_list(merchant_id, archived=customer.status == "archived", shard=shard)
    province = address.province_code if address else None
    full = customer.full_name
    name = Name(full, customer.family_name, customer.given_name) if full else None
    return {
        "list_partition": partition if listed else None,
        "updated_at": customer.updated_at,
        "order_count": metrics.order_count,
        "last_order_at": metrics.last_order_at or NEVER,
        "debt": metrics.debt,
        "total_spent": metrics.total_spent,
        "name_key": name_key(name.full) if name else None,
        "given_name_key": given_name_key(name) if name else None,
        "phone_reversed": phone_suffix_key(customer.phone) if customer.phone else None,
        "email": customer.email,
        "group_key": _facet(merchant_id, customer.group if active else None),
        "tier_key": _facet(
            merchant_id, membership.tier if active and membership.joined_at else None
        ),
        "province_key": _facet(merchant_id, province if active else None),
    }


def _facet(merchant_id: MerchantId, value: str | None) -> str | None:
    return keys.of_facet(merchant_id, value) if value else None


def _detail(customer: Customer) -> dict[str, Any]:
    standalone = customer.standalone_values
    return {
        "status_since": customer.status_since,
        **{name: field_attribute(getattr(customer, name)) or None for name, _ in _DETAIL_FIELDS},
        "consent_evidence": customer.marketing_consent.evidence,
        "recent_order_days": list(customer.metrics.recent_order_days) or None,
        "brought_order_at": list(customer.metrics.brought_order_at) or None,
        "created_by": list(customer.created_by),
        "provenance": {name: list(each) for name, each in customer.provenance.items()} or None,
        "merged_into": customer.merged_into,
        "kin": list(customer.siblings) or None,
        "returns_to": customer.returns_to,
        "merged_from": dict(customer.merged_from) or None,
        "own": standalone_attribute(standalone) if standalone else None,
        "restricted_by": customer.restricted_by,
        **_loyalty(customer),
    }


def _loyalty(customer: Customer) -> dict[str, Any]:
    """Return the membership attributes outside `summary`, with the due keys of a review."""
    membership = customer.membership
    ledger = {
        "reversed": membership.points.reversed,
        "live": membership.points.live,
        "told": membership.points.told,
        "expiring": list(membership.expiring) if membership.expiring else None,
        "months": {name: list(each) for name, each in membership.months.items()},
    }
    return {
        "ledger": without_blanks(ledger) or None,
        "due_shard": keys.bucket_of(customer.id) if membership.review_at else None,
        "due_at": membership.review_at,
    }


def _customer(
    merchant_id: MerchantId,
    customer_id: CustomerId,
    summary: Mapping[str, Any],
    *,
    metrics: Mapping[str, Any],
    evidence: str | None = None,
    ledger: Mapping[str, Any] | None = None,
    **detail: Any,  # noqa: ANN401 - the fields of a customer
) -> Customer:
    loyalty = ledger or {}
    unchanged = {name: summary[name] for name in _SAME_IN_SUMMARY if name in summary}
    family, given = summary.get("name_parts") or _parts_of(summary.get("full_name"))
    return Customer(
        merchant_id=merchant_id,
        id=customer_id,
        **unchanged,
        **{name: decode(summary[name]) for name, decode in _DECODED if name in summary},
        family_name=family or None,
        given_name=given or None,
        marketing_consent=Consent(**summary.get("consent", {}), evidence=evidence),
        metrics=Metrics(
            order_count=summary["order_count"],
            total_spent=summary["total_spent"],
            debt=summary["debt"],
            first_order_at=summary.get("first_order_at"),
            last_order_at=summary.get("last_order_at"),
            open_checkout_count=summary.get("open_checkouts", 0),
            median_days_between_orders=summary.get("median_days"),
            **metrics,
        ),
        membership=Membership(
            joined_at=summary.get("joined_at"),
            tier=summary.get("tier", "unranked"),
            ranking_points=summary.get("ranking_points", 0),
            points=Points(
                **summary.get("points", {}),
                reversed=loyalty.get("reversed", 0),
                live=loyalty.get("live", 0),
                told=loyalty.get("told", 0),
            ),
            months={name: Month(*each) for name, each in loyalty.get("months", {}).items()},
            review_at=loyalty.get("review_at"),
            expiring=Expiring(*loyalty["expiring"]) if "expiring" in loyalty else None,
        ),
        version=summary["version"],
        revision=summary["revision"],
        **detail,
    )


def _one_line(address: Address) -> str:
    """Return an address as one line of at most 160 bytes, for lists."""
    parts = (address.line, address.ward, address.district, address.province)
    line = ", ".join(part for part in parts if part) or address.raw or ""
    if len(line.encode()) <= _ADDRESS_BYTES:
        return line
    return line.encode()[: _ADDRESS_BYTES - 3].decode(errors="ignore") + "…"
