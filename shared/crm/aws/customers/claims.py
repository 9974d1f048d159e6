"""Claims of identities: take, release and share them."""

from collections.abc import Iterable

from crm.aws.dynamodb import keys
from crm.aws.dynamodb.attributes import plain_row, row
from crm.aws.dynamodb.table import Action, Row, Table, in_partition
from crm.domain.customers.customer import Identity
from crm.domain.kernel.ids import CustomerId, MerchantId

_FREE_OR_MINE = "attribute_not_exists(pk) OR holder = :me"


def claiming(
    table: Table, merchant_id: MerchantId, customer_id: CustomerId, identity: Identity
) -> Action:
    """Return the action that claims a free identity; a held one keeps its further holders."""
    key = keys.of_claim(merchant_id, identity)
    return table.updating(key, "SET holder = :me", _FREE_OR_MINE, {":me": customer_id})


def releasing(
    table: Table, merchant_id: MerchantId, customer_id: CustomerId, identity: Identity
) -> list[Action]:
    """Return the action that releases an identity without further holders."""
    return [
        table.deleting(
            keys.of_claim(merchant_id, identity),
            "holder = :me AND (attribute_not_exists(also) OR also = :none)",
            {":me": customer_id, ":none": 0},
        )
    ]


def releasing_shared(
    table: Table, merchant_id: MerchantId, customer_id: CustomerId, identity: Identity
) -> list[Action]:
    """Return the actions that release a shared identity; its oldest further holder takes it over.

    If the customer is a further holder itself, it only leaves. If another record of the person
    holds the identity, there are no actions.
    """
    items = [plain_row(item) for item in _items(table, merchant_id, identity)]
    claim = next((each for each in items if each["sk"] == keys.CLAIM), None)
    if claim is None:
        return []
    others = sorted((each for each in items if each is not claim), key=lambda each: each["at"])
    key = keys.of_claim(merchant_id, identity)
    own_key = keys.of_further_holder(merchant_id, identity, customer_id)
    if claim["holder"] != customer_id:
        if own_key["sk"]["S"] not in {each["sk"] for each in others}:
            return []
        current = {":holder": claim["holder"], ":count": claim["also"]}
        return [
            table.updating(
                key,
                "SET also = :fewer",
                "holder = :holder AND also = :count",
                {**current, ":fewer": claim["also"] - 1},
            ),
            table.deleting(own_key, "attribute_exists(pk)"),
        ]
    if not others:
        return releasing(table, merchant_id, customer_id, identity)
    heir = keys.customer_beside(others[0]["sk"])
    current = {":holder": customer_id, ":count": claim["also"]}
    return [
        table.updating(
            key,
            "SET holder = :heir, also = :fewer",
            "holder = :holder AND also = :count",
            {**current, ":heir": heir, ":fewer": claim["also"] - 1},
        ),
        table.deleting(
            keys.of_further_holder(merchant_id, identity, heir), "attribute_exists(pk)"
        ),
    ]


def adding_further_holder(
    table: Table, merchant_id: MerchantId, customer_id: CustomerId, identity: Identity, at: str
) -> list[Action]:
    """Return the actions that make the customer a further holder, unless it is one already."""
    items = [plain_row(item) for item in _items(table, merchant_id, identity)]
    claim = next((each for each in items if each["sk"] == keys.CLAIM), None)
    own_key = keys.of_further_holder(merchant_id, identity, customer_id)
    existing = {each["sk"] for each in items}
    if claim is None or claim["holder"] == customer_id or own_key["sk"]["S"] in existing:
        return []
    return [
        table.updating(
            keys.of_claim(merchant_id, identity),
            "ADD also :one",
            "holder = :holder",
            {":one": 1, ":holder": claim["holder"]},
        ),
        table.putting({**own_key, **row({"at": at})}, "attribute_not_exists(pk)"),
    ]


def _items(table: Table, merchant_id: MerchantId, identity: Identity) -> Iterable[Row]:
    return table.query_all(
        **in_partition(keys.of_identity(merchant_id, identity)),
        ConsistentRead=True,
    )
