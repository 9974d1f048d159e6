"""Known spellings of column headers: ours in both languages, and those of other platforms.

Spellings are without tones, case, punctuation and text in brackets. Those of Haravan, Sapo,
KiotViet and Shopify are the headers of their own customer exports.
"""

from collections.abc import Mapping

from crm.domain.customers.columns import WRITABLE_COLUMNS
from crm.domain.values.names import folded

_SPELLINGS: Mapping[str, tuple[str, ...]] = {
    "code": ("ma kh", "ma khach", "code"),
    "family_name": (
        "ho dem",
        "ho va dem",
        "ho va ten dem",
        "ho khach hang",
        "last name",
        "lastname",
        "surname",
    ),
    "given_name": ("ten goi", "first name", "firstname"),
    "full_name": (
        "ho ten",
        "ho va ten khach hang",
        "ho ten khach hang",
        "ten khach hang",
        "ten day du",
        "ten kh",
        "fullname",
        "name",
        "customer name",
    ),
    "phone": (
        "so dien thoai khach hang",
        "dien thoai",
        "dien thoai di dong",
        "so di dong",
        "di dong",
        "so dt",
        "sdt",
        "dtdd",
        "phone number",
        "mobile",
        "mobile phone",
        "mobile number",
        "cell phone",
        "tel",
        "telephone",
    ),
    "email": (
        "e mail",
        "dia chi email",
        "thu dien tu",
        "email khach hang",
        "email address",
        "mail",
    ),
    "birthday": (
        "ngay thang nam sinh",
        "sinh nhat",
        "ngay sinh nhat",
        "birth date",
        "birthdate",
        "date of birth",
        "dob",
    ),
    "gender": ("phai", "sex"),
    "group": ("nhom", "nhom khach", "nhom kh", "customer group"),
    "tags": ("the tag", "tag", "tags khach hang", "the danh dau", "customer tags"),
    "card_code": (
        "ma the",
        "so the",
        "so the thanh vien",
        "the thanh vien",
        "membership card",
        "membership card code",
        "loyalty card",
    ),
    "marketing_consent": (
        "nhan quang cao",
        "nhan email tiep thi",
        "nhan email marketing",
        "dong y nhan quang cao",
        "nhan tin quang cao",
        "accepts email marketing",
        "email marketing",
    ),
    "note": ("ghi chu khach hang", "mo ta", "notes", "customer note"),
    "recipient": ("ten nguoi nhan", "nguoi nhan hang", "ship to", "shipping name"),
    "address_line": (
        "dia chi 1",
        "dia chi cu the",
        "dia chi khach hang",
        "dia chi giao hang",
        "so nha",
        "so nha duong",
        "address1",
        "address 1",
        "address line",
        "street",
        "default address address1",
    ),
    "ward": ("phuong xa thi tran", "xa phuong", "phuong", "xa"),
    "district": ("quan", "huyen", "quan huyen thi xa"),
    "province": (
        "tinh",
        "thanh pho",
        "tinh thanh",
        "tinh tp",
        "thanh pho tinh",
        "city",
        "default address city",
    ),
    "country": ("nuoc", "country code", "default address country code"),
    "invoice_kind": ("loai hoa don dien tu", "loai khach", "loai khach hang", "invoice type"),
    "invoice_name": (
        "cong ty",
        "ten don vi",
        "don vi",
        "company",
        "default address company",
    ),
    "invoice_tax_code": ("mst", "ma so thue khach hang", "tax id", "tax number", "vat number"),
    "invoice_address": ("dia chi cong ty", "dia chi xuat hoa don", "company address"),
    "invoice_email": ("email nhan hoa don", "email xuat hoa don", "email cong ty"),
    "skip_auto_group": ("bo qua cap nhat nhom", "bo qua cap nhat tu dong nhom khach hang"),
}

#: The column of each spelling, including a column's id and its own headers.
COLUMN_OF: Mapping[str, str] = {
    spelled: column.id
    for column in WRITABLE_COLUMNS
    for spelled in (
        folded(column.id),
        folded(column.vi),
        folded(column.en),
        *_SPELLINGS[column.id],
    )
}

#: Headers that may name several columns: the merchant's mapping decides which.
AMBIGUOUS: Mapping[str, tuple[str, ...]] = {
    "ma": ("code", "card_code"),
    "ma so": ("code", "card_code", "invoice_tax_code"),
    "khach hang": ("full_name", "code"),
    "customer": ("full_name", "code"),
    "lien he": ("phone", "email"),
    "contact": ("phone", "email"),
    "hoa don": ("invoice_name", "invoice_tax_code"),
}
