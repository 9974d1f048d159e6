"""The table of the fields of a customer that callers may write, with every rule about each.

Reading, precedence, merges, masks, answers, outbound events, rows, lists and erasures follow it:
a field is an attribute of `Customer` and a row here. No rule has a default, so mypy finds a row
that lacks one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, NamedTuple

from crm.domain.customers.addresses import (
    addresses_shape,
    decode_addresses,
    masked_addresses,
    read_addresses,
)
from crm.domain.customers.consents import consent_shape, decode_consent, read_consent
from crm.domain.customers.customer import Address, Consent, Customer, IdentityKind, InvoiceProfile
from crm.domain.customers.groups import read_group_code
from crm.domain.customers.invoices import (
    decode_invoice_profile,
    invoice_shape,
    masked_invoice_profile,
    read_invoice_profile,
)
from crm.domain.kernel.texts import read_text
from crm.domain.values.birthdays import masked_birthday, read_birthday
from crm.domain.values.cards import LONGEST_CARD, read_card
from crm.domain.values.emails import LONGEST_EMAIL, masked_email, read_email
from crm.domain.values.external_ids import read_external_ids
from crm.domain.values.genders import read_gender
from crm.domain.values.names import LONGEST_NAME, read_name
from crm.domain.values.phones import masked_phone, read_phone
from crm.domain.values.tags import read_tags

LONGEST_NOTE = 5_000

#: When imports may write a field of an existing customer.
ImportRule = Literal["always", "withdraw only"]
#: When orders and other events may write a field of an existing customer.
EventRule = Literal["always", "when blank", "never"]
#: Which value a merge keeps; the table in `crm.domain.merges.merge` explains each rule.
MergeRule = Literal["chosen", "chosen even if blank", "own first", "both", "stricter"]


class ReadContext(NamedTuple):
    """The date and moment of reading, and the customer as stored, if there is one."""

    today: date
    at: str
    current: Customer | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WritableField:
    """The rules of one field.

    `name` is its attribute of `Customer`, and its name in the API, the history and events.
    `part_of` is the field with which it is read, filled and chosen as one: the full name for the
    parts of a name, else the field itself. `read` turns a value in API form that is not blank
    into a value of the record, or raises `Refused` or `Invalid`; `empty` is a blank one.
    `longest` is the most characters of its text, None if it is no text or has a format.

    `decode` returns a value from its stored JSON, in rows and in the history. `shape` returns a
    value as JSON of the API and of outbound events, whose `changed` names it. `mask` returns
    what callers see who may not manage customers; None if they see the value. `unlisted` is the
    reason why lists lack the field, `no_column` why files of customers do; None if they have it.

    `identity` is the kind of identity that the value claims. `by_import`, `by_event` and
    `in_merge` say who may overwrite the field, and `in_erasure` whether it outlives an erasure.
    """

    name: str
    part_of: str
    read: Callable[[Any, ReadContext], Any]
    empty: Any
    longest: int | None
    decode: Callable[[Any], Any]
    shape: Callable[[Any], Any]
    mask: Callable[[Any], Any] | None
    unlisted: str | None
    no_column: str | None
    identity: IdentityKind | None
    by_import: ImportRule
    by_event: EventRule
    in_merge: MergeRule
    in_erasure: Literal["forgotten", "kept"]


def as_is(value: Any) -> Any:  # noqa: ANN401 - the value of any field
    """Return the value: it is JSON already."""
    return value


def _read_external_ids(raw: Mapping[str, str | None], context: ReadContext) -> dict[str, str]:
    """Return the ids after a merge patch; null removes a platform's id."""
    current = context.current
    merged: dict[str, str | None] = {**(current.external_ids if current else {}), **raw}
    return read_external_ids({name: value for name, value in merged.items() if value})


def _read_consent(raw: Mapping[str, Any], context: ReadContext) -> Consent:
    current = context.current.marketing_consent if context.current else Consent()
    return read_consent(raw, current, context.at)


def _read_addresses(raw: Sequence[Mapping[str, Any]], context: ReadContext) -> tuple[Address, ...]:
    current = context.current.addresses if context.current else ()
    return read_addresses(raw, current, context.at)


def _read_invoice_profile(raw: Mapping[str, Any], context: ReadContext) -> InvoiceProfile:
    current = context.current.invoice_profile if context.current else None
    return read_invoice_profile(raw, current)


#: In the order in which the history lists changes, and previews of merges list fields.
FIELDS = (
    WritableField(
        name="full_name",
        part_of="full_name",
        read=lambda raw, _: read_name(full=raw).full,
        empty=None,
        longest=LONGEST_NAME,
        decode=as_is,
        shape=as_is,
        mask=None,
        unlisted=None,
        no_column=None,
        identity=None,
        by_import="always",
        by_event="when blank",
        in_merge="chosen",
        in_erasure="forgotten",
    ),
    WritableField(
        name="family_name",
        part_of="full_name",
        read=lambda raw, _: read_name(family=raw).family,
        empty=None,
        longest=LONGEST_NAME,
        decode=as_is,
        shape=as_is,
        mask=None,
        unlisted=None,
        no_column=None,
        identity=None,
        by_import="always",
        by_event="when blank",
        in_merge="chosen",
        in_erasure="forgotten",
    ),
    WritableField(
        name="given_name",
        part_of="full_name",
        read=lambda raw, _: read_name(given=raw).given,
        empty=None,
        longest=LONGEST_NAME,
        decode=as_is,
        shape=as_is,
        mask=None,
        unlisted=None,
        no_column=None,
        identity=None,
        by_import="always",
        by_event="when blank",
        in_merge="chosen",
        in_erasure="forgotten",
    ),
    WritableField(
        name="phone",
        part_of="phone",
        read=lambda raw, _: read_phone(raw).e164,
        empty=None,
        longest=None,
        decode=as_is,
        shape=as_is,
        mask=masked_phone,
        unlisted=None,
        no_column=None,
        identity="phone",
        by_import="always",
        by_event="never",
        in_merge="chosen",
        in_erasure="forgotten",
    ),
    WritableField(
        name="email",
        part_of="email",
        read=lambda raw, _: read_email(raw),
        empty=None,
        longest=LONGEST_EMAIL,
        decode=as_is,
        shape=as_is,
        mask=masked_email,
        unlisted=None,
        no_column=None,
        identity="email",
        by_import="always",
        by_event="never",
        in_merge="own first",
        in_erasure="forgotten",
    ),
    WritableField(
        name="birthday",
        part_of="birthday",
        read=lambda raw, context: read_birthday(raw, today=context.today),
        empty=None,
        longest=None,
        decode=as_is,
        shape=as_is,
        mask=masked_birthday,
        unlisted=None,
        no_column=None,
        identity=None,
        by_import="always",
        by_event="when blank",
        in_merge="chosen",
        in_erasure="forgotten",
    ),
    WritableField(
        name="gender",
        part_of="gender",
        read=lambda raw, _: read_gender(raw),
        empty=None,
        longest=None,
        decode=as_is,
        shape=as_is,
        mask=None,
        unlisted=None,
        no_column=None,
        identity=None,
        by_import="always",
        by_event="when blank",
        in_merge="chosen",
        in_erasure="forgotten",
    ),
    WritableField(
        name="group",
        part_of="group",
        read=lambda raw, _: read_group_code(raw),
        empty=None,
        longest=None,
        decode=as_is,
        shape=as_is,
        mask=None,
        unlisted=None,
        no_column=None,
        identity=None,
        by_import="always",
        by_event="never",
        in_merge="chosen",
        in_erasure="forgotten",
    ),
    WritableField(
        name="skip_auto_group",
        part_of="skip_auto_group",
        read=lambda raw, _: bool(raw),
        empty=False,
        longest=None,
        decode=as_is,
        shape=as_is,
        mask=None,
        unlisted=None,
        no_column=None,
        identity=None,
        by_import="always",
        by_event="never",
        in_merge="chosen even if blank",
        in_erasure="forgotten",
    ),
    WritableField(
        name="tags",
        part_of="tags",
        read=lambda raw, _: read_tags(raw),
        empty=(),
        longest=None,
        decode=tuple,
        shape=list,
        mask=None,
        unlisted=None,
        no_column=None,
        identity=None,
        by_import="always",
        by_event="never",
        in_merge="both",
        in_erasure="forgotten",
    ),
    WritableField(
        name="card_code",
        part_of="card_code",
        read=lambda raw, _: read_card(raw),
        empty=None,
        longest=LONGEST_CARD,
        decode=as_is,
        shape=as_is,
        mask=None,
        unlisted=None,
        no_column=None,
        identity="card",
        by_import="always",
        by_event="when blank",
        in_merge="chosen",
        in_erasure="forgotten",
    ),
    WritableField(
        name="external_ids",
        part_of="external_ids",
        read=_read_external_ids,
        empty={},
        longest=None,
        decode=as_is,
        shape=dict,
        mask=None,
        unlisted=None,
        no_column=None,
        identity="ext",
        by_import="always",
        by_event="always",
        in_merge="both",
        in_erasure="forgotten",
    ),
    WritableField(
        name="note",
        part_of="note",
        read=lambda raw, _: read_text(raw, LONGEST_NOTE) or None,
        empty=None,
        longest=LONGEST_NOTE,
        decode=as_is,
        shape=as_is,
        mask=None,
        unlisted="a note may be five times as long as the rest of a list row",
        no_column=None,
        identity=None,
        by_import="always",
        by_event="never",
        in_merge="chosen",
        in_erasure="forgotten",
    ),
    WritableField(
        name="marketing_consent",
        part_of="marketing_consent",
        read=_read_consent,
        empty=Consent(),
        longest=None,
        decode=decode_consent,
        shape=consent_shape,
        mask=None,
        unlisted=None,
        no_column=None,
        identity=None,
        by_import="withdraw only",
        by_event="never",
        in_merge="stricter",
        in_erasure="forgotten",
    ),
    WritableField(
        name="has_account",
        part_of="has_account",
        read=lambda raw, _: bool(raw),
        empty=False,
        longest=None,
        decode=as_is,
        shape=as_is,
        mask=None,
        unlisted=None,
        no_column="platforms know who has an account; a file cannot open one",
        identity=None,
        by_import="always",
        by_event="when blank",
        in_merge="chosen",
        in_erasure="forgotten",
    ),
    WritableField(
        name="addresses",
        part_of="addresses",
        read=_read_addresses,
        empty=(),
        longest=None,
        decode=decode_addresses,
        shape=addresses_shape,
        mask=masked_addresses,
        unlisted="lists show the default address, in one line",
        no_column=None,
        identity=None,
        by_import="always",
        by_event="when blank",
        in_merge="chosen",
        in_erasure="forgotten",
    ),
    WritableField(
        name="invoice_profile",
        part_of="invoice_profile",
        read=_read_invoice_profile,
        empty=None,
        longest=None,
        decode=decode_invoice_profile,
        shape=invoice_shape,
        mask=masked_invoice_profile,
        unlisted="it is read with one customer, to issue an invoice",
        no_column=None,
        identity=None,
        by_import="always",
        by_event="when blank",
        in_merge="chosen",
        in_erasure="forgotten",
    ),
)
FIELD: Mapping[str, WritableField] = {each.name: each for each in FIELDS}
#: The names of the fields; a change to any of them increments the customer's `version`.
WRITABLE = tuple(FIELD)
#: The parts of a name, which are read, filled, chosen and reverted together.
NAME_PARTS = tuple(each.name for each in FIELDS if each.part_of == "full_name")
#: The fields that events fill if they are blank.
FILLED_BY_EVENTS = tuple(each.name for each in FIELDS if each.by_event == "when blank")
#: The fields that provide the identities of each kind.
FIELD_OF: Mapping[IdentityKind, str] = {
    "code": "code",
    **{each.identity: each.name for each in FIELDS if each.identity is not None},
}
