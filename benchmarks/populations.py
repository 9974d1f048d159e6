"""Generate realistic, reproducible customers of a merchant and load them into tables."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import batched
from random import Random
from typing import TYPE_CHECKING, Any

from crm.aws.dynamodb import keys
from crm.aws.dynamodb.attributes import row
from crm.domain.customers.addresses import with_one_default
from crm.domain.customers.customer import Address, Consent, Customer, Membership, Points
from crm.domain.customers.metrics import Metrics
from crm.domain.customers.reading import read_fields
from crm.domain.kernel.acts import Author
from crm.domain.kernel.ids import CustomerId, MerchantId, derived_ulid
from crm.domain.kernel.times import day_of, stamp
from crm.domain.values.names import read_name
from crm.domain.values.phones import read_phone
from local.demo_people import people
from tests.engines.tables import definitions

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MERCHANT = MerchantId("m-1")
NOW = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
RARE_TAG, RARE = "sỉ lớn", 50
_ROWS_A_WRITE = 25


def population(count: int, seed: int = 7) -> Iterator[Customer]:
    """Yield customers with most fields set.

    Two thirds have orders, a few have debts, some have tags.
    """
    random = Random(seed)  # noqa: S311 - generated data
    rare = set(random.sample(range(count), min(RARE, count)))
    for number, person in enumerate(people(count)):
        at = NOW - timedelta(minutes=random.randrange(500_000))
        orders = max(0, int(random.gauss(2, 3)))
        name = read_name(full=person["full_name"])
        tags = ["khách quen"] if random.random() < 0.3 else []  # noqa: PLR2004
        yield Customer(
            merchant_id=MERCHANT,
            id=CustomerId(derived_ulid(at, str(number))),
            code=f"KH{number + 1:06}",
            full_name=name.full,
            family_name=name.family,
            given_name=name.given,
            phone=read_phone(person["phone"]).e164,
            email=person.get("email"),
            birthday=person.get("birthday"),
            gender=person.get("gender"),  # type: ignore[arg-type]
            group=random.choice((None, "vip", "new", "loyal")),
            tags=tuple([*tags, RARE_TAG] if number in rare else tags),
            source="import",
            card_code=f"TV{number:06}",
            external_ids={"haravan": str(1_000_000 + number)},
            marketing_consent=Consent(accepted=True, at=stamp(at), source="pos"),
            has_account=True,
            membership=Membership(stamp(at), "gold", 75, Points(60, 15, 30, 5)),
            addresses=(
                Address(
                    id="a",
                    line=f"{number % 300} Lý Thường Kiệt",
                    ward="Phường Cửa Nam",
                    ward_code="00082",
                    province="Hà Nội",
                    province_code="01",
                    is_default=True,
                ),
            ),
            metrics=Metrics(
                order_count=orders,
                total_spent=orders * random.randrange(50_000, 900_000, 1_000),
                open_checkout_count=orders % 2,
                median_days_between_orders=12 if orders > 1 else None,
                first_order_at=stamp(at) if orders else None,
                last_order_at=stamp(at + (NOW - at) * random.random()) if orders else None,
                debt=random.randrange(0, 900_000, 1_000) if random.random() < 0.1 else 0,  # noqa: PLR2004
            ),
            created_at=stamp(at),
            updated_at=stamp(at + timedelta(minutes=random.randrange(1_000))),
            created_by=Author("import", "01J"),
        )


def exported(count: int) -> Iterator[Customer]:
    """Yield customers with realistic values in all 34 columns of an export."""
    chance = Random(8)  # noqa: S311 - customers for a benchmark
    for number, person in enumerate(people(count), 1):
        address = Address(
            id="a",
            recipient=person["full_name"],
            line=f"{chance.randint(1, 400)} Lý Thường Kiệt",
            ward="Phường Hoàn Kiếm",
            province="Hà Nội",
        )
        yield Customer(
            merchant_id=MERCHANT,
            id=CustomerId(f"{number:026}"),
            code=f"KH{number:06}",
            **read_fields(person, today=day_of(stamp(NOW)), at=stamp(NOW)),
            group=chance.choice(("vip", "new", "loyal")),
            tags=("sỉ", "hà nội"),
            note="Thích hàng mới về, gọi trước khi giao.",
            addresses=with_one_default([address]),
            source="web",
            metrics=Metrics(
                chance.randint(0, 20), chance.randint(0, 10**8), last_order_at=stamp(NOW), debt=0
            ),
            membership=Membership(joined_at=stamp(NOW), tier="gold", points=Points(60)),
            created_at=stamp(NOW),
            updated_at=stamp(NOW),
            created_by=Author("web", "u"),
        )


def rows_beside(customers: Sequence[Customer]) -> Iterator[Any]:
    """Yield the rows beside customers: tag members, counts, claims, the last code."""
    counts: dict[str, int] = {}
    for each in customers:
        for tag in each.tags:
            counts[tag] = counts.get(tag, 0) + 1
            yield {**keys.of_tag_member(MERCHANT, tag, each.id), **row({"id": each.id})}
        for identity in each.identities():
            yield {**keys.of_claim(MERCHANT, identity), **row({"holder": each.id})}
    for tag, count in counts.items():
        yield {**keys.of_count(MERCHANT, "tag", tag), **row({"n": count})}
    yield {**keys.of_code_counter(MERCHANT), **row({"last": len(customers)})}


def write_all(
    client: "DynamoDBClient", rows: Sequence[tuple[str, Any]], pool: ThreadPoolExecutor
) -> None:
    """Write rows, each with its table name, in parallel batches."""

    def write(some: Sequence[tuple[str, Any]]) -> None:
        waiting: dict[str, Any] = {}
        for name, item in some:
            waiting.setdefault(name, []).append({"PutRequest": {"Item": item}})
        while waiting:
            waiting = client.batch_write_item(RequestItems=waiting)["UnprocessedItems"]

    list(pool.map(write, batched(rows, _ROWS_A_WRITE, strict=False)))


def make_table(client: "DynamoDBClient", *indexes: str, name: str) -> None:
    """Create the template's table with only these indexes."""
    definition = dict(definitions()["Table"])
    kept = [each for each in definition["GlobalSecondaryIndexes"] if each["IndexName"] in indexes]
    named = {key["AttributeName"] for each in kept for key in each["KeySchema"]} | {"pk", "sk"}
    if kept:
        definition["GlobalSecondaryIndexes"] = kept
    else:
        del definition["GlobalSecondaryIndexes"]
    definition["AttributeDefinitions"] = [
        each for each in definition["AttributeDefinitions"] if each["AttributeName"] in named
    ]
    client.create_table(TableName=name, **definition)
