"""Which writer may overwrite which field: every writer against every field, blank or not."""

import itertools
from typing import Any, get_args

import pytest

from crm.domain.customers.customer import Consent
from crm.domain.customers.fields import WRITABLE
from crm.domain.customers.precedence import RULES, Writer, permitted
from tests.builders import a_customer
from tests.field_samples import value_of

BLANK = a_customer(full_name=None, family_name=None, given_name=None)
VALUES: dict[str, Any] = {name: value_of(name) for name in WRITABLE}
FULL = a_customer(**{**VALUES, "external_ids": {"haravan": "1"}})
#: The fields of an existing customer that orders and sync may fill if blank.
FILLED = {
    "full_name",
    "family_name",
    "given_name",
    "birthday",
    "gender",
    "card_code",
    "has_account",
    "addresses",
    "invoice_profile",
    "external_ids",
}


def test_every_writer_has_a_rule_for_every_field() -> None:
    for writer in get_args(Writer):
        assert set(RULES[writer]) == set(WRITABLE)


@pytest.mark.req("D4", "B-13")
@pytest.mark.parametrize("field", WRITABLE)
def test_an_edit_may_write_anything(field: str) -> None:
    for customer in (BLANK, FULL):
        assert permitted("edit", customer, {field: VALUES[field]}) == {field: VALUES[field]}


@pytest.mark.req("D4", "B-13")
@pytest.mark.parametrize("field", sorted(set(WRITABLE) - {"marketing_consent"}))
def test_an_import_that_overwrites_may_write_anything_but_consent(field: str) -> None:
    for customer in (BLANK, FULL):
        assert permitted("import", customer, {field: VALUES[field]}) == {field: VALUES[field]}


@pytest.mark.req("D3", "000-11")
def test_an_import_may_withdraw_consent_and_never_give_it() -> None:
    given, withdrawn = Consent(accepted=True), Consent()

    assert permitted("import", FULL, {"marketing_consent": given}) == {}
    assert permitted("import", FULL, {"marketing_consent": withdrawn}) == {
        "marketing_consent": withdrawn
    }


@pytest.mark.req("D4", "002-09", "002-10", "002-11", "002-13", "B-13")
@pytest.mark.parametrize(("writer", "field"), [*itertools.product(("order", "sync"), WRITABLE)])
def test_orders_and_sync_fill_blanks_and_never_touch_identity(writer: Writer, field: str) -> None:
    values = {field: VALUES[field]}

    assert permitted(writer, BLANK, values) == (values if field in FILLED else {})
    expected = {"external_ids": {"haravan": "1", "sapo": "2"}} if field == "external_ids" else {}
    assert permitted(writer, FULL, values) == expected


def test_sync_never_replaces_an_existing_external_id() -> None:
    allowed = permitted("sync", FULL, {"external_ids": {"haravan": "9"}})

    assert allowed == {"external_ids": {"haravan": "1"}}


def test_a_name_is_filled_whole_or_not_at_all() -> None:
    named_by_family = a_customer(full_name="Trần Cúc", family_name=None, given_name=None)

    assert permitted("order", named_by_family, {"family_name": "Lê", "given_name": "Bình"}) == {}
