"""Parts of a customer over HTTP: addresses, tags, invoice profile, lookup."""

from typing import Any

import pytest

from crm.bus.resources import AddressAnswer, CustomerAnswer
from crm.http.customers.models import AddressesAnswer, InvoiceAnswer
from functions.customers_api.handler import lambda_handler
from tests.functions.requests import Answered, Client

HOME = {
    "recipient": "Chị Ánh",
    "line": "12 Lý Thường Kiệt",
    "ward": "Phường Hoàn Kiếm",
    "province": "Hà Nội",
}
COMPANY = {
    "kind": "company",
    "company_name": "Công ty Hoa",
    "tax_code": "0100233488",
    "address": "1 Tràng Tiền",
}


@pytest.fixture
def client() -> Client:
    return Client(lambda_handler)


def _create(client: Client, **fields: Any) -> str:
    answer = client.send("POST", "/customers", {"full_name": "Nguyễn Thị Ánh", **fields})
    assert answer.status == 201, answer.body
    return f"/customers/{answer.body['id']}"


def _codes(answer: Answered) -> list[tuple[str, str]]:
    return [(each["field"], each["code"]) for each in answer.body["errors"]]


@pytest.mark.req("001-22", "001-24", "003-07", "000-19", "002-07", "D19", "001-23")
@pytest.mark.req("000-04", "000-12", "002-17")
def test_a_customer_is_created_with_every_field_at_once(client: Client) -> None:
    fields = {
        "phone": "0912345678",
        "group": "VIP",
        "skip_auto_group": True,
        "tags": ["Sỉ", "hà nội", "sỉ"],
        "card_code": "tv 0001",
        "external_ids": {"Haravan": "1009"},
        "note": "Thích màu xanh",
        "marketing_consent": {"accepted": True, "source": "form", "evidence": "tick"},
        "has_account": True,
        "addresses": [HOME],
        "invoice_profile": COMPANY,
    }

    created = client.send("GET", _create(client, **fields)).body

    CustomerAnswer.model_validate(created)
    assert created["group"] == "vip"
    assert created["tags"] == ["sỉ", "hà nội"]
    assert created["card_code"] == "TV0001"
    assert created["has_account"] is True
    assert set(created["metrics"]) >= {"order_count", "total_spent", "average_order_value"}
    assert created["external_ids"] == {"haravan": "1009"}
    assert created["marketing_consent"]["accepted"] is True
    assert created["marketing_consent"]["at"] == created["created_at"]
    (address,) = created["addresses"]
    assert (address["ward_code"], address["is_default"]) == ("00070", True)
    assert created["invoice_profile"]["tax_code"] == "0100233488"


@pytest.mark.req("000-14", "003-09")
def test_a_merge_patch_merges_objects_and_null_clears_fields(client: Client) -> None:
    path = _create(
        client,
        external_ids={"haravan": "1", "sapo": "2"},
        invoice_profile=COMPANY,
        note="cũ",
        tags=["sỉ"],
    )

    answer = client.send(
        "PATCH",
        path,
        {
            "external_ids": {"haravan": None, "kiotviet": "3"},
            "invoice_profile": {"buyer_name": "Anh Bình"},
            "note": None,
            "tags": None,
        },
        If_Match='"1"',
    )

    assert answer.body["external_ids"] == {"kiotviet": "3", "sapo": "2"}
    assert answer.body["invoice_profile"]["company_name"] == "Công ty Hoa"
    assert answer.body["invoice_profile"]["buyer_name"] == "Anh Bình"
    assert (answer.body["note"], answer.body["tags"]) == (None, [])


def test_refused_parts_are_named_by_their_path(client: Client) -> None:
    answer = client.send(
        "POST",
        "/customers",
        {
            "full_name": "Ánh",
            "addresses": [{}, {"phone": "1"}],
            "invoice_profile": {"kind": "company"},
            "marketing_consent": {"accepted": True},
            "tags": ["x" * 41],
        },
    )

    assert answer.status == 422
    assert _codes(answer) == [
        ("tags", "too_long"),
        ("marketing_consent.source", "consent_source_required"),
        ("addresses.1.phone", "phone_invalid"),
        ("invoice_profile.company_name", "required"),
        ("invoice_profile.tax_code", "required"),
        ("invoice_profile.address", "required"),
    ]


@pytest.mark.req("000-13", "000-15", "B-17")
def test_addresses_are_added_edited_and_removed_under_the_customers_etag(client: Client) -> None:
    path = _create(client)

    home = client.send("POST", f"{path}/addresses", HOME)
    work = client.send("POST", f"{path}/addresses", {"line": "5 Hàng Bài"})
    assert (home.status, home.headers["ETag"], work.headers["ETag"]) == (201, '"2"', '"3"')
    AddressAnswer.model_validate(home.body)
    assert home.body["is_default"] is True
    assert work.body["is_default"] is False

    edited = client.send(
        "PATCH",
        f"{path}/addresses/{work.body['id']}",
        {"is_default": True, "recipient": "Anh Bình"},
        If_Match='"3"',
    )
    assert (edited.status, edited.headers["ETag"]) == (200, '"4"')
    assert edited.body["line"] == "5 Hàng Bài"

    listed = client.send("GET", f"{path}/addresses")
    AddressesAnswer.model_validate(listed.body)
    assert [each["is_default"] for each in listed.body["items"]] == [False, True]

    removed = client.send("DELETE", f"{path}/addresses/{work.body['id']}", If_Match='"4"')
    assert [each["id"] for each in removed.body["items"]] == [home.body["id"]]
    assert removed.body["items"][0]["is_default"] is True


def test_an_address_change_needs_the_etag_and_an_address_that_exists(client: Client) -> None:
    path = _create(client, addresses=[HOME])
    (address,) = client.send("GET", path).body["addresses"]
    own, other = f"{path}/addresses/{address['id']}", f"{path}/addresses/none"

    for method, body in (("PATCH", {"line": "x"}), ("DELETE", None)):
        assert client.send(method, own, body).status == 428
        assert client.send(method, own, body, If_Match='"9"').status == 412
        assert client.send(method, other, body, If_Match='"1"').status == 404
    assert _codes(client.send("PATCH", own, {"phone": "1"}, If_Match='"1"')) == [
        ("phone", "phone_invalid")
    ]


@pytest.mark.req("000-19", "000-20")
def test_a_tag_is_added_and_removed_once_without_an_etag(client: Client) -> None:
    path = _create(client)

    for _ in range(2):
        put = client.send("PUT", f"{path}/tags/H%C3%A0%20N%E1%BB%99i")
        assert (put.status, put.body["tags"], put.headers["ETag"]) == (200, ["hà nội"], '"2"')
    for _ in range(2):
        taken = client.send("DELETE", f"{path}/tags/hà nội")
        assert (taken.status, taken.body["tags"], taken.headers["ETag"]) == (200, [], '"3"')


def test_a_tag_that_is_too_long_or_one_too_many_is_422(client: Client) -> None:
    path = _create(client, tags=[f"nhãn {number}" for number in range(30)])

    assert client.send("PUT", f"{path}/tags/{'x' * 41}").status == 422
    assert client.send("PUT", f"{path}/tags/một nữa").status == 422


@pytest.mark.req("003-11", "003-12", "003-13")
def test_invoice_data_is_put_read_and_removed(client: Client) -> None:
    path = _create(client)
    where = f"{path}/invoice-profile"

    put = client.send("PUT", where, COMPANY, If_Match='"1"')
    InvoiceAnswer.model_validate(put.body)
    assert (put.status, put.headers["ETag"]) == (200, '"2"')
    person = {"kind": "individual", "name": "Ánh", "personal_id": "001190012345"}
    client.send("PUT", where, person, If_Match='"2"')
    read = client.send("GET", where).body["invoice_profile"]
    assert read == {**person, "address": None, "email": None, "phone": None}

    gone = client.send("DELETE", where, If_Match='"3"')
    assert gone.body == {"invoice_profile": None}


@pytest.mark.req("002-01", "D15")
def test_a_viewer_sees_neither_address_nor_invoice_ids(client: Client) -> None:
    path = _create(client, addresses=[HOME], invoice_profile=COMPANY, phone="0912345678")
    seen = Client(lambda_handler, role="viewer").send("GET", path)

    assert "Lý Thường Kiệt" not in str(seen.body)
    assert "Chị Ánh" not in str(seen.body)
    assert "0100233488" not in str(seen.body)
    assert seen.body["addresses"][0]["province_code"] == "01"
    CustomerAnswer.model_validate(seen.body)


@pytest.mark.req("B-09")
@pytest.mark.parametrize(
    "lookup",
    [
        {"phone": "+84 91 234 56 78"},
        {"phone": "912345678"},
        {"email": "ANH@example.vn "},
        {"card_code": "tv-0001"},
        {"code": "kh 1"},
        {"external_id": "HARAVAN:1009"},
    ],
)
def test_a_customer_is_found_by_any_identity_in_any_notation(
    client: Client, lookup: dict[str, str]
) -> None:
    path = _create(
        client,
        phone="0912345678",
        email="anh@example.vn",
        card_code="TV-0001",
        external_ids={"haravan": "1009"},
    )

    found = client.send("POST", "/customers/lookup", lookup)

    assert (found.status, f"/customers/{found.body['id']}") == (200, path)
    assert found.headers["ETag"] == '"1"'
    stranger = Client(lambda_handler, merchant_id="m-2", role="owner")
    assert stranger.send("POST", "/customers/lookup", lookup).status == 404


@pytest.mark.req("B-09")
def test_an_old_phone_number_finds_the_customer_with_its_new_form(client: Client) -> None:
    path = _create(client, phone="0329333999")

    found = client.send("POST", "/customers/lookup", {"phone": "0162 9333 999"})

    assert f"/customers/{found.body['id']}" == path


@pytest.mark.parametrize("lookup", [{}, {"phone": "0912345678", "email": "a@example.vn"}])
def test_a_lookup_takes_exactly_one_identity(client: Client, lookup: dict[str, str]) -> None:
    assert client.send("POST", "/customers/lookup", lookup).status == 422


def test_a_lookup_of_an_unknown_identity_is_404_and_of_an_invalid_one_422(client: Client) -> None:
    assert client.send("POST", "/customers/lookup", {"phone": "0912345678"}).status == 404
    assert client.send("POST", "/customers/lookup", {"phone": "x"}).status == 422


@pytest.mark.req("D1")
def test_an_archived_customer_is_restored_and_nothing_is_lost(client: Client) -> None:
    path = _create(client, phone="0912345678", tags=["sỉ"])
    before = client.send("GET", path).body
    client.send("DELETE", path, If_Match='"1"')

    answer = client.send("POST", f"{path}/restore")

    assert (answer.status, answer.headers["ETag"]) == (200, '"3"')
    moved = {"version": 3, "revision": 3, "updated_at": answer.body["updated_at"]}
    assert answer.body == {**before, **moved}
    assert client.send("POST", f"{path}/restore").headers["ETag"] == '"3"'
