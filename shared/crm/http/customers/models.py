"""Pydantic models of customers: they validate requests and document answers."""

from typing import Annotated, Any, Literal

from pydantic import Field, StrictBool, StrictStr

from crm.bus.resources import (
    AddressAnswer,
    CompanyInvoiceAnswer,
    CustomerFieldsAnswer,
    IndividualInvoiceAnswer,
)
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


class ListedCustomerAnswer(CustomerFieldsAnswer):
    """A customer as lists show it."""

    default_address: str | None
    province_code: str | None


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
