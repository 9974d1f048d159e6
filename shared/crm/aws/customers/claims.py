"""Identities given up and shared: what becomes of a claim when a customer shows it no more."""

from collections.abc import Iterable

from crm.aws.dynamodb import keys
from crm.aws.dynamodb.attributes import plain_row, row
from crm.aws.dynamodb.table import Action, Row, Table
from crm.domain.customers.customer import Identity
from crm.domain.kernel.ids import CustomerId, MerchantId

_FREE_OR_MINE = "attribute_not_exists(pk) OR holder = :me"


def claiming(
    table: Table, merchant_id: MerchantId, customer_id: CustomerId, identity: Identity
) -> Action:
    """Claim an identity that nobody holds; one held all along keeps those who stand behind."""
    place = keys.of_claim(merchant_id, identity)
    return table.updating(place, "SET holder = :me", _FREE_OR_MINE, {":me": customer_id})


def releasing(
    table: Table, merchant_id: MerchantId, customer_id: CustomerId, identity: Identity
) -> list[Action]:
    """Give up an identity, in the ordinary case that nobody stands behind its holder."""
    return [
        table.deleting(
            keys.of_claim(merchant_id, identity),
            "holder = :me AND (attribute_not_exists(also) OR also = :none)",
            {":me": customer_id, ":none": 0},
        )
    ]


def succession(
    table: Table, merchant_id: MerchantId, customer_id: CustomerId, identity: Identity
) -> list[Action]:
    """Give up an identity that is shared: the oldest further holder takes it over.

    What another record of the same person holds is not given up at all.
    """
    rows = [plain_row(item) for item in _rows(table, merchant_id, identity)]
    claim = next((each for each in rows if each["sk"] == "CLAIM"), None)
    if claim is None:
        return []
    others = sorted((each for each in rows if each is not claim), key=lambda each: each["at"])
    place = keys.of_claim(merchant_id, identity)
    mine = keys.of_further_holder(merchant_id, identity, customer_id)
    if claim["holder"] != customer_id:
        if mine["sk"]["S"] not in {each["sk"] for each in others}:
            return []
        seen = {":holder": claim["holder"], ":count": claim["also"]}
        return [
            table.updating(
                place,
                "SET also = :fewer",
                "holder = :holder AND also = :count",
                {**seen, ":fewer": claim["also"] - 1},
            ),
            table.deleting(mine, "attribute_exists(pk)"),
        ]
    if not others:
        return releasing(table, merchant_id, customer_id, identity)
    heir = CustomerId(others[0]["sk"].removeprefix(keys.ALSO))
    seen = {":holder": customer_id, ":count": claim["also"]}
    return [
        table.updating(
            place,
            "SET holder = :heir, also = :fewer",
            "holder = :holder AND also = :count",
            {**seen, ":heir": heir, ":fewer": claim["also"] - 1},
        ),
        table.deleting(
            keys.of_further_holder(merchant_id, identity, heir), "attribute_exists(pk)"
        ),
    ]


def standing_behind(
    table: Table, merchant_id: MerchantId, customer_id: CustomerId, identity: Identity, at: str
) -> list[Action]:
    """Stand behind the holder of an identity, if the customer does not do so already."""
    rows = [plain_row(item) for item in _rows(table, merchant_id, identity)]
    claim = next((each for each in rows if each["sk"] == "CLAIM"), None)
    mine = keys.of_further_holder(merchant_id, identity, customer_id)
    known = {each["sk"] for each in rows}
    if claim is None or claim["holder"] == customer_id or mine["sk"]["S"] in known:
        return []
    return [
        table.updating(
            keys.of_claim(merchant_id, identity),
            "ADD also :one",
            "holder = :holder",
            {":one": 1, ":holder": claim["holder"]},
        ),
        table.putting({**mine, **row({"at": at})}, "attribute_not_exists(pk)"),
    ]


def _rows(table: Table, merchant_id: MerchantId, identity: Identity) -> Iterable[Row]:
    return table.query_all(
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": keys.of_identity(merchant_id, identity)}},
        ConsistentRead=True,
    )
