"""Pydantic models of customers: they validate requests and document answers."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, StrictBool, StrictStr

from crm.domain.customers.activities import ActivityKind
from crm.http.bodies import Answer, Body

ActivityKindName = ActivityKind


class ConsentWrite(Body):
    """Leave to send advertising; to give it, say where the customer agreed."""

    accepted: StrictBool | None = None
    source: StrictStr | None = Field(None, examples=["form"])
    evidence: StrictStr | None = None


class AddressWrite(Body):
    """A delivery address. Codes are found from the names, of today or of before 2025."""

    recipient: StrictStr | None = None
    phone: StrictStr | None = None
    line: StrictStr | None = Field(None, examples=["12 Lý Thường Kiệt"])
    ward: StrictStr | None = Field(None, examples=["Phường Hàng Bài"])
    ward_code: StrictStr | None = Field(None, examples=["00070"])
    district: StrictStr | None = Field(None, examples=["Quận Hoàn Kiếm"])
    province: StrictStr | None = Field(None, examples=["Hà Nội"])
    province_code: StrictStr | None = Field(None, examples=["01"])
    country: StrictStr | None = Field(None, examples=["VN"])
    raw: StrictStr | None = Field(None, description="The whole address, as it was typed.")
    is_default: StrictBool | None = None


class AddressInListWrite(AddressWrite):
    """An address of the whole list; with the id of one that is there, that one is changed."""

    id: StrictStr | None = None


class InvoiceProfilePatch(Body):
    """Whom an invoice names: fields of an individual or of a company, by `kind`."""

    kind: Literal["individual", "company"] | None = None
    name: StrictStr | None = None
    personal_id: StrictStr | None = Field(None, examples=["001090012345"])
    company_name: StrictStr | None = None
    tax_code: StrictStr | None = Field(None, examples=["0100233488"])
    address: StrictStr | None = None
    buyer_name: StrictStr | None = None
    email: StrictStr | None = None
    phone: StrictStr | None = None


class InvoiceProfileWrite(InvoiceProfilePatch):
    """Whom an invoice names, whole."""

    kind: Literal["individual", "company"]


class CustomerLookup(Body):
    """Exactly one identity, typed in any way."""

    phone: StrictStr | None = Field(None, examples=["0912 345 678"])
    email: StrictStr | None = None
    card_code: StrictStr | None = None
    code: StrictStr | None = Field(None, examples=["KH000123"])
    external_id: StrictStr | None = Field(None, examples=["haravan:1009"])


class NoteWrite(Body):
    """A note for a customer's history."""

    text: StrictStr = Field(examples=["Thích giao buổi sáng"])
    source: StrictStr | None = Field(None, examples=["harasocial"])


class CustomerWrite(Body):
    """The fields of a customer that a caller may write. Null empties a field."""

    full_name: StrictStr | None = Field(None, examples=["Nguyễn Thị Ánh"])
    family_name: StrictStr | None = Field(None, examples=["Nguyễn Thị"])
    given_name: StrictStr | None = Field(None, examples=["Ánh"])
    phone: StrictStr | None = Field(None, examples=["0912 345 678"])
    email: StrictStr | None = Field(None, examples=["anh@example.vn"])
    birthday: StrictStr | None = Field(
        None,
        description="`yyyy-mm-dd`, or `--mm-dd` where the year is not known.",
        examples=["1990-05-17"],
    )
    gender: StrictStr | None = Field(None, examples=["female"])
    group: StrictStr | None = Field(None, examples=["vip"])
    skip_auto_group: StrictBool | None = Field(
        None,
        description="The group and tier stay as they are, whatever is bought; with `false` in a "
        "PATCH a member gets the tier and group that the record comes to at once.",
    )
    tags: list[StrictStr] | None = Field(None, max_length=100, examples=[["sỉ", "hà nội"]])
    card_code: StrictStr | None = Field(None, examples=["TV0001"])
    external_ids: dict[StrictStr, StrictStr | None] | None = Field(
        None, examples=[{"haravan": "1009"}]
    )
    note: StrictStr | None = Field(None, description="One pinned text, at most 5,000 characters.")
    marketing_consent: ConsentWrite | None = None
    has_account: StrictBool | None = None
    addresses: list[AddressInListWrite] | None = Field(None, max_length=100)
    invoice_profile: InvoiceProfilePatch | None = None


class CustomerCreate(CustomerWrite):
    """A new customer: a name, and whatever else is known."""


class CustomerPatch(CustomerWrite):
    """A JSON merge patch (RFC 7396): what is not named stays as it is."""


class ConsentAnswer(Answer):
    """Leave to send advertising."""

    accepted: bool
    at: str | None
    source: str | None


class MetricsAnswer(Answer):
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


class PointsAnswer(Answer):
    """The balances of a customer's points."""

    available: int
    pending: int
    used: int
    expired: int


class MembershipAnswer(Answer):
    """A customer's place in the loyalty program."""

    is_member: bool
    joined_at: str | None
    tier: str = Field(description="`unranked` for who is no member.")
    ranking_points: int
    points: PointsAnswer


class CustomerFieldsAnswer(Answer):
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


class ListedCustomerAnswer(CustomerFieldsAnswer):
    """A customer as lists show it."""

    default_address: str | None
    province_code: str | None


class AddressAnswer(Answer):
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


class IndividualInvoiceAnswer(Answer):
    """Whom an invoice to a person names."""

    kind: Literal["individual"]
    name: str | None
    personal_id: str | None
    address: str | None
    email: str | None
    phone: str | None


class CompanyInvoiceAnswer(Answer):
    """Whom an invoice to a company names."""

    kind: Literal["company"]
    company_name: str | None
    tax_code: str | None
    address: str | None
    buyer_name: str | None
    email: str | None


class AddressesAnswer(Answer):
    """All addresses of a customer."""

    items: list[AddressAnswer]
    next_cursor: None


class InvoiceAnswer(Answer):
    """The invoice data of a customer, if there are any."""

    invoice_profile: (
        Annotated[IndividualInvoiceAnswer | CompanyInvoiceAnswer, Field(discriminator="kind")]
        | None
    )


class ChangeAnswer(Answer):
    """One field before and after."""

    field: str
    old: Any
    new: Any


class ActivityAnswer(Answer):
    """A line of a customer's history."""

    id: str
    at: str
    kind: ActivityKindName
    actor: str
    source: str
    text: str | None
    changes: list[ChangeAnswer]


class ActivityPageAnswer(Answer):
    """Some lines of a history, newest first."""

    items: list[ActivityAnswer]
    next_cursor: str | None


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
