"""Models of resources that both answers and outbound events contain."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Resource(BaseModel):
    """A part of an answer or of an event."""

    model_config = ConfigDict(extra="forbid", defer_build=True)


class ConsentAnswer(Resource):
    """Leave to send advertising."""

    accepted: bool
    at: str | None
    source: str | None


class MetricsAnswer(Resource):
    """The figures of a customer's orders; money in VND."""

    order_count: int
    total_spent: int
    average_order_value: int | None
    first_order_at: str | None
    last_order_at: str | None
    open_checkout_count: int
    debt: int
    median_days_between_orders: float | None
    orders_per_active_month: str | None


class PointsAnswer(Resource):
    """The balances of a customer's points."""

    available: int
    pending: int
    used: int
    expired: int


class MembershipAnswer(Resource):
    """A customer's place in the loyalty program."""

    is_member: bool
    joined_at: str | None
    tier: str = Field(description="`unranked` for who is no member.")
    ranking_points: int
    points: PointsAnswer


class CustomerFieldsAnswer(Resource):
    """The fields of a customer that lists and the detail share."""

    id: str
    code: str
    status: Literal["active", "archived", "merged", "erased"]
    full_name: str | None
    family_name: str | None
    given_name: str | None
    display_name: str = Field(description="The name, else the phone, the e-mail, the code.")
    phone: str | None = Field(description="E.164; masked without `customers:manage`.")
    email: str | None
    birthday: str | None
    gender: Literal["male", "female", "other"] | None
    marketing_consent: ConsentAnswer
    has_account: bool
    group: str | None
    skip_auto_group: bool
    tags: list[str]
    card_code: str | None
    external_ids: dict[str, str]
    source: str
    metrics: MetricsAnswer
    membership: MembershipAnswer
    version: int
    revision: int
    created_at: str
    updated_at: str


class AddressAnswer(Resource):
    """A delivery address: what was typed, and the administrative codes of 2025."""

    id: str
    recipient: str | None
    phone: str | None
    line: str | None
    ward: str | None
    ward_code: str | None
    district: str | None
    province: str | None
    province_code: str | None
    country: str
    raw: str | None
    conversion: Literal["typed", "exact", "ambiguous", "none"]
    candidates: list[str]
    is_default: bool


class IndividualInvoiceAnswer(Resource):
    """Whom an invoice to a person names."""

    kind: Literal["individual"]
    name: str | None
    personal_id: str | None
    address: str | None
    email: str | None
    phone: str | None


class CompanyInvoiceAnswer(Resource):
    """Whom an invoice to a company names."""

    kind: Literal["company"]
    company_name: str | None
    tax_code: str | None
    address: str | None
    buyer_name: str | None
    email: str | None


#: The fields that only the detail has, with the field after which documents list each.
_LISTED_AFTER = {
    "note": "external_ids",
    "addresses": "source",
    "invoice_profile": "addresses",
}


def _in_documented_order(schema: dict[str, Any]) -> None:
    """Put the fields that only the detail has between those that it shares with lists."""
    names = [name for name in schema["properties"] if name not in _LISTED_AFTER]
    for name, before in _LISTED_AFTER.items():
        names.insert(names.index(before) + 1, name)
    schema["properties"] = {name: schema["properties"][name] for name in names}
    schema["required"] = [name for name in names if name in schema["required"]]


class CustomerAnswer(CustomerFieldsAnswer):
    """A customer, whole."""

    model_config = ConfigDict(json_schema_extra=_in_documented_order)

    code: str = Field(examples=["KH000123"])
    note: str | None
    addresses: list[AddressAnswer]
    invoice_profile: (
        Annotated[IndividualInvoiceAnswer | CompanyInvoiceAnswer, Field(discriminator="kind")]
        | None
    )


class ResultAnswer(Resource):
    """Rows by outcome; they add up to `progress.total` when the import is finished.

    While a plan waits for its commit, what would become of them.
    """

    created: int
    updated: int
    unchanged: int
    skipped: int
    duplicated: int
    merged_in_file: int
    conflict: int
    invalid: int
