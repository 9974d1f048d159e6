"""Every field accepts valid input and refuses invalid input, even hostile text."""

import json
from datetime import date
from itertools import product
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.aws.customers.rows import customer_of, row_of
from crm.domain.customers.customer import Customer
from crm.domain.customers.fields import WRITABLE
from crm.domain.customers.reading import read_fields
from crm.domain.customers.representation import customer_shape
from crm.domain.kernel.errors import Invalid, Problem
from crm.domain.kernel.times import stamp
from crm.domain.messages.catalogue import TEXTS, Locale, text
from local.demo_people import people
from tests.builders import MERCHANT, a_customer, moment
from tests.field_samples import SAMPLES

TODAY = date(2026, 11, 22)
AT = stamp(moment())

HOSTILE = (
    "",
    " ",
    "\x00",
    "a\x00b",
    "😀",
    "👨‍👩‍👧",
    "\u202eabc",
    "\u200b",
    "a\u0302\u0301",
    "x" * 10_000,
    "'; DROP TABLE customers; --",
    "=1+1",
    "<script>alert(1)</script>",
    "{}",
    "\ud800",
    "٠٩١٢٣٤٥٦٧٨",
    "Ｎｇｕｙễｎ",
    "\r\n\t",
    "#",
    "__CLEAR__",
)
TYPED = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(max_size=60),
    st.text(alphabet="0123456789+-. ()", max_size=16),
    st.text(alphabet="aăâbcdđeêghiklmnoôơpqrstuưvxy ̣́̀̉̃", max_size=30),
)
TEXT_FIELDS = tuple(name for name, sample in SAMPLES.items() if isinstance(sample.raw, str))
ADDRESS = st.dictionaries(
    st.sampled_from(["recipient", "phone", "line", "ward", "district", "province", "country"]),
    TYPED,
)
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(TEXT_FIELDS, TYPED),
        "tags": st.lists(TYPED, max_size=3),
        "external_ids": st.dictionaries(TYPED, TYPED, max_size=2),
        "addresses": st.lists(ADDRESS, max_size=2),
        "marketing_consent": st.fixed_dictionaries(
            {"accepted": st.booleans()}, optional={"source": TYPED, "evidence": TYPED}
        ),
        "invoice_profile": st.fixed_dictionaries(
            {"kind": st.sampled_from(["individual", "company"])},
            optional=dict.fromkeys(
                ["name", "personal_id", "company_name", "tax_code", "address", "email"], TYPED
            ),
        ),
    },
)


def _read(fields: dict[str, Any], current: Customer | None = None) -> dict[str, Any]:
    return read_fields(fields, today=TODAY, at=AT, current=current)


@given(FIELDS)
def test_any_input_is_stored_faithfully_or_refused_with_a_message(
    fields: dict[str, Any],
) -> None:
    refused: tuple[Problem, ...] = ()
    values: dict[str, Any] = {}
    try:
        values = _read(fields)
    except Invalid as invalid:
        refused = invalid.problems
    for problem, locale in product(refused, get_args(Locale)):
        assert problem.field.split(".")[0] in fields
        assert text(problem.code, locale, problem.params)
    customer = a_customer(**{"full_name": None, "family_name": None, "given_name": None, **values})
    assert customer_of(MERCHANT, row_of(customer)) == customer
    json.dumps(customer_shape(customer), ensure_ascii=False).encode()


@given(FIELDS)
def test_reading_normalised_values_again_changes_nothing(fields: dict[str, Any]) -> None:
    try:
        values = _read(fields)
    except Invalid:
        return
    blank = {"full_name": None, "family_name": None, "given_name": None}
    customer = a_customer(**{**blank, **values})
    shape = customer_shape(customer)
    again = {name: shape[name] for name in values if shape[name] not in (None, [], {})}
    again.pop("marketing_consent", None)
    if "addresses" in again:
        again["addresses"] = [
            {name: each[name] for name in ("id", "line", "recipient", "phone", "country")}
            for each in again["addresses"]
        ]

    assert customer.changes(_read(again, customer)) == ()


@pytest.mark.req("001-21", "003-07")
def test_every_generated_vietnamese_name_is_accepted_unchanged() -> None:
    for person in people(300):
        fields = {name: value for name, value in person.items() if value}
        values = _read(fields)
        assert values["full_name"] == fields["full_name"]


def test_null_clears_every_field() -> None:
    full = a_customer(
        **_read({"tags": ["sỉ"], "note": "x", "group": "vip", "phone": "0912345678"})
    )
    cleared = _read(dict.fromkeys(WRITABLE), full)

    customer = a_customer(**cleared)
    assert (customer.tags, customer.note, customer.group, customer.phone) == ((), None, None, None)
    assert customer.marketing_consent.accepted is False


def test_every_message_exists_in_both_languages() -> None:
    for code, (vietnamese, english) in TEXTS.items():
        assert vietnamese.strip(), code
        assert english.strip(), code
