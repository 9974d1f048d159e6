"""Settings, display preferences and groups over HTTP."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import pytest

from crm.domain.customers.changes import CustomerChange
from crm.domain.customers.columns import COLUMN_IDS, DEFAULT_LIST_COLUMNS
from crm.domain.kernel.ids import MerchantId
from crm.domain.kernel.times import stamp
from crm.domain.merchants.merchant import Merchant
from crm.http.merchants.models import GroupAnswer, GroupPageAnswer, MeAnswer, SettingsAnswer
from crm.runtime.adapters.facets import facets
from crm.runtime.adapters.merchants import merchants
from functions.settings_api.handler import lambda_handler
from tests.builders import MERCHANT, OTHER_MERCHANT, a_customer, moment
from tests.functions.faults import lost
from tests.functions.requests import Answered, Client

LAN = {"sub": "user-lan"}


@pytest.fixture(autouse=True)
def two_merchants(tables: None) -> None:
    """Add two merchants."""
    del tables
    for merchant_id in (MERCHANT, OTHER_MERCHANT):
        _add_merchant(merchant_id)


def _add_merchant(merchant_id: MerchantId) -> None:
    merchants().add(
        merchant_id,
        Merchant(
            id=merchant_id,
            name="Cửa hàng Hoa",
            email="hoa@example.vn",
            created_at=stamp(moment()),
        ),
    )


@pytest.fixture
def owner() -> Client:
    return Client(lambda_handler, role="owner")


def _refused(answer: Answered, status: int, *codes: str) -> None:
    assert answer.status == status, answer.body
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert [each["code"] for each in answer.body["errors"]] == list(codes)


@pytest.mark.req("001-23", "D11", "D19", "004-10")
def test_a_new_merchant_has_our_defaults(owner: Client) -> None:
    answer = owner.send("GET", "/settings")

    SettingsAnswer.model_validate(answer.body)
    assert answer.headers["ETag"] == '"1"'
    assert answer.body == {
        "id": "m-1",
        "name": "Cửa hàng Hoa",
        "email": "hoa@example.vn",
        "locale": "vi",
        "zone": "Asia/Ho_Chi_Minh",
        "connections": [],
        "import_options": {"mode": "overwrite", "dry_run": False},
        "automatic_invoices": False,
        "list_columns": list(DEFAULT_LIST_COLUMNS),
        "detail_fields": list(COLUMN_IDS),
        "version": 1,
        "created_at": stamp(moment()),
    }


@pytest.mark.req("001-03", "001-04", "001-23", "004-02", "004-03", "D11", "D19")
@pytest.mark.parametrize(
    ("fields", "kept"),
    [
        ({"name": "  Hoa   Sen "}, {"name": "Hoa Sen"}),
        ({"email": "Sen@Example.vn"}, {"email": "sen@example.vn"}),
        ({"locale": "en"}, {"locale": "en"}),
        ({"zone": "Asia/Bangkok"}, {"zone": "Asia/Bangkok"}),
        ({"connections": ["Sapo", "haravan", "sapo"]}, {"connections": ["haravan", "sapo"]}),
        ({"connections": ["sapo", "*"]}, {"connections": ["*"]}),
        (
            {"import_options": {"dry_run": True}},
            {"import_options": {"mode": "overwrite", "dry_run": True}},
        ),
        ({"automatic_invoices": True}, {"automatic_invoices": True}),
        ({"list_columns": ["debt", "phone"]}, {"list_columns": ["debt", "phone"]}),
        ({"list_columns": []}, {"list_columns": []}),
        (
            {"detail_fields": ["note", "phone"]},
            {
                "detail_fields": [
                    "note",
                    "phone",
                    *(each for each in COLUMN_IDS if each not in {"note", "phone"}),
                ]
            },
        ),
    ],
)
def test_a_patch_changes_only_the_given_settings(
    owner: Client, fields: Mapping[str, Any], kept: Mapping[str, Any]
) -> None:
    before = owner.send("GET", "/settings").body

    answer = owner.send("PATCH", "/settings", fields, If_Match='"1"')

    assert answer.status == 200, answer.body
    assert answer.headers["ETag"] == '"2"'
    assert answer.body == {**before, **kept, "version": 2}
    assert owner.send("GET", "/settings").body == answer.body


def test_null_resets_a_setting_to_its_default(owner: Client) -> None:
    before = owner.send("GET", "/settings").body
    changed = {
        "locale": "en",
        "connections": ["sapo"],
        "list_columns": ["phone"],
        "detail_fields": ["note"],
        "import_options": {"mode": "skip"},
    }
    owner.send("PATCH", "/settings", changed, If_Match='"1"')

    answer = owner.send("PATCH", "/settings", dict.fromkeys(changed), If_Match='"2"')

    assert answer.body == {**before, "version": 3}


def test_an_edit_that_changes_nothing_keeps_the_version(owner: Client) -> None:
    answer = owner.send(
        "PATCH", "/settings", {"locale": "vi", "name": "Cửa hàng Hoa"}, If_Match='"1"'
    )

    assert (answer.status, answer.headers["ETag"]) == (200, '"1"')


@pytest.mark.parametrize(
    ("fields", "codes"),
    [
        ({"name": "  "}, ["merchant_name_blank"]),
        ({"name": None, "email": None}, ["required", "required"]),
        ({"email": "hoa"}, ["email_invalid"]),
        ({"locale": "fr"}, ["not_one_of"]),
        ({"zone": "Mars/Olympus"}, ["zone_unknown"]),
        ({"zone": "../../etc/passwd"}, ["zone_unknown"]),
        ({"zone": ""}, ["zone_unknown"]),
        ({"connections": ["có dấu"]}, ["platform_invalid"]),
        ({"connections": ["s"] * 51}, ["too_many"]),
        ({"import_options": {"mode": "guess"}}, ["not_one_of"]),
        ({"automatic_invoices": "yes"}, ["wrong_type"]),
        ({"list_columns": ["phone", "shoe_size"]}, ["column_unknown"]),
        ({"detail_fields": ["phone", "phone"]}, ["column_repeated"]),
        ({"logo": "x"}, ["unknown_field"]),
    ],
)
def test_an_invalid_setting_is_reported_and_nothing_changes(
    owner: Client, fields: Mapping[str, Any], codes: list[str]
) -> None:
    _refused(owner.send("PATCH", "/settings", fields, If_Match='"1"'), 422, *codes)
    assert owner.send("GET", "/settings").headers["ETag"] == '"1"'


@pytest.mark.req("B-17")
def test_settings_are_changed_only_with_the_current_etag(owner: Client) -> None:
    _refused(owner.send("PATCH", "/settings", {"locale": "en"}), 428)
    owner.send("PATCH", "/settings", {"locale": "en"}, If_Match='"1"')

    _refused(owner.send("PATCH", "/settings", {"locale": "vi"}, If_Match='"1"'), 412)


@pytest.mark.req("002-01")
def test_settings_of_one_merchant_do_not_affect_another(owner: Client) -> None:
    stranger = Client(lambda_handler, role="owner", merchant_id="m-2")
    stranger.send("PATCH", "/settings", {"name": "Sen"}, If_Match='"1"')
    stranger.send("POST", "/groups", {"name": "Khách sỉ"})
    stranger.send("PATCH", "/me", {"list_columns": ["debt"]}, If_Match='"0"')

    assert owner.send("GET", "/settings").body["name"] == "Cửa hàng Hoa"
    assert owner.send("GET", "/groups/khach-si").status == 404
    assert owner.send("GET", "/me").body["own"]["list_columns"] is None


def test_settings_of_an_unknown_merchant_are_not_found() -> None:
    nobody = Client(lambda_handler, role="owner", merchant_id="m-9")

    _refused(nobody.send("GET", "/settings"), 404)


@pytest.mark.req("D15")
def test_me_returns_the_caller_and_their_display() -> None:
    answer = Client(lambda_handler, claims=LAN).send("GET", "/me")

    MeAnswer.model_validate(answer.body)
    assert answer.headers["ETag"] == '"0"'
    assert answer.body["user_id"] == "user-lan"
    assert answer.body["merchant_id"] == "m-1"
    assert answer.body["merchant_name"] == "Cửa hàng Hoa"
    assert "customers:manage" in answer.body["permissions"]
    assert "privacy:erase" not in answer.body["permissions"]


@pytest.mark.req("D11", "004-03")
def test_a_users_display_overrides_the_merchants_which_overrides_ours(
    owner: Client,
) -> None:
    lan = Client(lambda_handler, role="viewer", claims=LAN)
    minh = Client(lambda_handler, role="viewer", claims={"sub": "user-minh"})
    everybody = {"list_columns": ["email"], "detail_fields": ["email"]}
    owner.send("PATCH", "/settings", everybody, If_Match='"1"')

    chosen = lan.send("PATCH", "/me", {"list_columns": ["debt", "phone"]}, If_Match='"0"')

    assert chosen.status == 200, chosen.body
    assert chosen.headers["ETag"] == '"1"'
    assert chosen.body["own"] == {"list_columns": ["debt", "phone"], "detail_fields": None}
    for person, columns in ((lan, ["debt", "phone"]), (minh, ["email"])):
        seen = person.send("GET", "/me").body
        assert seen["list_columns"] == columns
        assert seen["detail_fields"][0] == "email"

    back = lan.send("PATCH", "/me", {"list_columns": None}, If_Match='"1"')
    assert back.body["list_columns"] == ["email"]


@pytest.mark.req("D11", "B-17")
def test_a_display_is_changed_only_with_the_current_etag() -> None:
    lan = Client(lambda_handler, claims=LAN)
    _refused(lan.send("PATCH", "/me", {"list_columns": []}), 428)
    lan.send("PATCH", "/me", {"list_columns": []}, If_Match='"0"')

    _refused(lan.send("PATCH", "/me", {"list_columns": []}, If_Match='"0"'), 412)
    unknown = lan.send("PATCH", "/me", {"detail_fields": ["x"]}, If_Match='"1"')
    _refused(unknown, 422, "column_unknown")
    assert lan.send("GET", "/me").body["list_columns"] == []


@pytest.mark.req("003-02", "D7")
def test_a_new_merchant_has_four_groups(owner: Client) -> None:
    answer = owner.send("GET", "/groups")

    GroupPageAnswer.model_validate(answer.body)
    assert [each["code"] for each in answer.body["items"]] == ["vip", "loyal", "new", "potential"]
    assert [each["name"] for each in answer.body["items"]] == [
        "VIP",
        "Thân thiết",
        "Mới",
        "Tiềm năng",
    ]
    assert answer.body["next_cursor"] is None


def test_groups_are_paged(owner: Client) -> None:
    first = owner.send("GET", "/groups", query={"limit": "3"}).body
    second = owner.send(
        "GET", "/groups", query={"limit": "3", "cursor": first["next_cursor"]}
    ).body

    assert [each["code"] for each in second["items"]] == ["potential"]
    assert second["next_cursor"] is None
    _refused(owner.send("GET", "/groups", query={"cursor": "x"}), 400, "cursor_invalid")


@pytest.mark.req("003-07", "D7")
def test_a_group_is_created_renamed_and_removed(owner: Client) -> None:
    made = owner.send("POST", "/groups", {"name": "Khách sỉ"})

    GroupAnswer.model_validate(made.body)
    assert (made.status, made.headers["Location"]) == (201, "/groups/khach-si")
    expected = {"id": "khach-si", "code": "khach-si", "name": "Khách sỉ"}
    assert made.body == {**expected, "customer_count": 0, "version": 1}

    renamed = owner.send("PATCH", "/groups/khach-si", {"name": "Đại lý"}, If_Match='"1"')
    assert renamed.body == {**made.body, "name": "Đại lý", "version": 2}
    assert owner.send("GET", "/groups/khach-si").body == renamed.body
    _refused(owner.send("PATCH", "/groups/khach-si", {"name": "X"}, If_Match='"1"'), 412)
    _refused(owner.send("DELETE", "/groups/khach-si"), 428)

    assert owner.send("DELETE", "/groups/khach-si", If_Match='"2"').status == 200
    _refused(owner.send("GET", "/groups/khach-si"), 404)


@pytest.mark.parametrize(
    ("fields", "status", "codes"),
    [
        ({"name": " "}, 422, ["group_name_blank", "group_code_invalid"]),
        ({"name": "客人"}, 422, ["group_code_invalid"]),
        ({"name": "Sỉ", "code": "có dấu"}, 422, ["group_code_invalid"]),
        ({"code": "si"}, 422, ["required"]),
        ({"name": "VIP"}, 409, []),
        ({"name": "Khác", "code": "VIP"}, 409, []),
    ],
)
def test_an_invalid_group_is_not_created(
    owner: Client, fields: Mapping[str, str], status: int, codes: list[str]
) -> None:
    _refused(owner.send("POST", "/groups", fields), status, *codes)


@pytest.mark.req("003-02")
def test_a_group_with_customers_cannot_be_removed(owner: Client) -> None:
    anh = a_customer(group="vip")
    facets().move(MERCHANT, [CustomerChange(MERCHANT, anh.id, "0a", "1".zfill(40), None, anh)])

    assert owner.send("GET", "/groups/vip").body["customer_count"] == 1
    refused = owner.send("DELETE", "/groups/vip", If_Match='"1"')
    _refused(refused, 409)
    assert "1 customers" in refused.body["detail"]


@pytest.mark.req("B-17")
@pytest.mark.parametrize("answer", [True, False], ids=["answer lost", "call lost"])
def test_a_group_is_created_once_after_a_lost_call_or_answer(
    owner: Client,
    answer: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    key, fields = uuid4().hex, {"name": "Khách sỉ"}
    with lost("PutItem", answer=answer):
        owner.send("POST", "/groups", fields, Idempotency_Key=key)

    retried = owner.send("POST", "/groups", fields, Idempotency_Key=key)

    # An attempt that never reported its end counts as in progress until it times out.
    assert retried.status in {201, 409}
    codes = [each["code"] for each in owner.send("GET", "/groups").body["items"]]
    assert codes.count("khach-si") <= 1
    again = owner.send("POST", "/groups", {"name": "Khách lẻ"}, Idempotency_Key="2")
    replayed = owner.send("POST", "/groups", {"name": "Khách lẻ"}, Idempotency_Key="2")
    assert (again.body, replayed.headers["Idempotency-Replayed"]) == (replayed.body, "true")


@pytest.mark.req("D15")
@pytest.mark.parametrize("role", ["manager", "staff", "viewer"])
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "/settings", {"locale": "en"}),
        ("POST", "/groups", {"name": "Sỉ"}),
        ("PATCH", "/groups/vip", {"name": "Quý"}),
        ("DELETE", "/groups/vip", None),
    ],
)
def test_only_owners_change_settings_and_groups(
    role: str, method: str, path: str, body: Mapping[str, str] | None
) -> None:
    _refused(Client(lambda_handler, role=role).send(method, path, body, If_Match='"1"'), 403)
