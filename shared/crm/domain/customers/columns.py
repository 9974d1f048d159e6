"""The columns of a customer, a row each; views, settings, imports and exports share their ids."""

from collections.abc import Callable, Container, Mapping, Sequence
from typing import Literal

from crm.domain.customers.column import (
    AddressPart,
    CellSource,
    Column,
    Entry,
    Field,
    Guide,
    Identifier,
    InvoicePart,
    OpeningBalance,
    Text,
    Words,
)
from crm.domain.kernel.errors import Invalid, Problem
from crm.domain.values.genders import read_gender


def _line(source: CellSource) -> str | None:
    address = source.address
    return (address.line or address.raw) if address else None


def _ward(source: CellSource) -> str | None:
    address = source.address
    return (address.ward or _unit_name("ward", address.ward_code)) if address else None


def _province(source: CellSource) -> str | None:
    address = source.address
    return (address.province or _unit_name("province", address.province_code)) if address else None


def _unit_name(kind: Literal["ward", "province"], code: str | None) -> str | None:
    if not code:
        return None
    # Imported here because most addresses name their units and need no lookup.
    from crm.domain.values.administrative_units import units  # noqa: PLC0415

    unit = units().ward(code) if kind == "ward" else units().province(code)
    return unit.name if unit else None


#: The columns that imports write, in file order; then those that the system computes.
COLUMNS = (
    Column(
        "code",
        "Mã khách hàng",
        "Customer code",
        guide=Guide(
            "Mã do hệ thống cấp; khi nhập, dùng để nhận ra khách hàng đã có.",
            "Assigned by the system; on import it identifies an existing customer.",
            "KH000123",
        ),
        value=lambda source: source.customer.code,
        kind="text",
        entry=Entry(
            Identifier("code"),
            "customer_code",
            ("ma kh", "ma khach", "code"),
            example=("", ""),
        ),
    ),
    Column(
        "family_name",
        "Họ",
        "Family name",
        guide=Guide("Họ và tên đệm.", "Family name and middle name.", "Nguyễn Thị"),
        value=lambda source: source.customer.family_name,
        kind="text",
        entry=Entry(
            Field("family_name"),
            "name",
            (
                "ho dem",
                "ho va dem",
                "ho va ten dem",
                "ho khach hang",
                "last name",
                "lastname",
                "surname",
            ),
        ),
    ),
    Column(
        "given_name",
        "Tên",
        "Given name",
        guide=Guide("Tên gọi.", "Given name.", "Ánh"),
        value=lambda source: source.customer.given_name,
        kind="text",
        entry=Entry(
            Field("given_name"),
            "name",
            ("ten goi", "first name", "firstname"),
            example=("Ánh (ví dụ)", "Ánh (example)"),
        ),
    ),
    Column(
        "full_name",
        "Họ và tên",
        "Full name",
        guide=Guide(
            "Họ tên đầy đủ như đã nhập.", "The full name as it was typed.", "Nguyễn Thị Ánh"
        ),
        value=lambda source: source.customer.full_name,
        kind="text",
        entry=Entry(
            Field("full_name"),
            "name",
            (
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
            example=("Nguyễn Thị Ánh (ví dụ)", "Nguyễn Thị Ánh (example)"),
        ),
        width=26.0,
    ),
    Column(
        "phone",
        "Số điện thoại",
        "Phone",
        guide=Guide(
            "Một số điện thoại, giữ số 0 ở đầu; số nước ngoài bắt đầu bằng +.",
            "One phone number with its leading zero; a foreign one starts with +.",
            "0912345678",
        ),
        value=lambda source: source.customer.phone,
        kind="phone",
        entry=Entry(
            Field("phone"),
            "phone",
            (
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
            example=("0900 000 000", "0900 000 000"),
        ),
    ),
    Column(
        "email",
        "Email",
        "Email",
        guide=Guide("Một địa chỉ email.", "One e-mail address.", "anh@example.vn"),
        value=lambda source: source.customer.email,
        kind="text",
        entry=Entry(
            Field("email"),
            "email",
            (
                "e mail",
                "dia chi email",
                "thu dien tu",
                "email khach hang",
                "email address",
                "mail",
            ),
            example=("vidu@example.com", "example@example.com"),
        ),
        width=28.0,
    ),
    Column(
        "birthday",
        "Ngày sinh",
        "Birthday",
        guide=Guide(
            "Ngày/tháng/năm; chỉ ngày/tháng nếu không rõ năm.",
            "Day/month/year; only day/month if the year is unknown.",
            "17/05/1990",
        ),
        value=lambda source: source.customer.birthday,
        kind="day",
        entry=Entry(
            Field("birthday"),
            "birthday",
            (
                "ngay thang nam sinh",
                "sinh nhat",
                "ngay sinh nhat",
                "birth date",
                "birthdate",
                "date of birth",
                "dob",
            ),
        ),
    ),
    Column(
        "gender",
        "Giới tính",
        "Gender",
        guide=Guide("Nam, Nữ hoặc Khác.", "Male, Female or Other.", "Nữ"),
        value=lambda source: source.customer.gender,
        kind="word",
        entry=Entry(Field("gender"), "gender", ("phai", "sex")),
        words=Words(
            {"male": ("Nam", "Male"), "female": ("Nữ", "Female"), "other": ("Khác", "Other")},
            read=read_gender,
        ),
    ),
    Column(
        "group",
        "Nhóm khách hàng",
        "Group",
        guide=Guide("Mã nhóm khách hàng.", "The code of a customer group.", "vip"),
        value=lambda source: source.customer.group,
        kind="text",
        entry=Entry(Field("group"), "group", ("nhom", "nhom khach", "nhom kh", "customer group")),
    ),
    Column(
        "tags",
        "Nhãn",
        "Tags",
        guide=Guide(
            "Các nhãn, cách nhau bằng dấu phẩy.", "Tags, separated by commas.", "sỉ, hà nội"
        ),
        value=lambda source: ", ".join(source.customer.tags) or None,
        kind="text",
        entry=Entry(
            Field("tags"),
            "tags",
            ("the tag", "tag", "tags khach hang", "the danh dau", "customer tags"),
        ),
        width=24.0,
    ),
    Column(
        "card_code",
        "Mã thẻ thành viên",
        "Card code",
        guide=Guide("Mã trên thẻ thành viên.", "The code on the member's card.", "TV0001"),
        value=lambda source: source.customer.card_code,
        kind="text",
        entry=Entry(
            Field("card_code"),
            "card_code",
            (
                "ma the",
                "so the",
                "so the thanh vien",
                "the thanh vien",
                "membership card",
                "membership card code",
                "loyalty card",
            ),
            example=("THE-VI-DU", "EXAMPLE-CARD"),
        ),
    ),
    Column(
        "marketing_consent",
        "Nhận email quảng cáo",
        "Accepts marketing",
        guide=Guide(
            "Có hoặc Không; khách đã đồng ý nhận email quảng cáo hay chưa.",
            "Yes or No; whether the customer agreed to advertising e-mail.",
            "Không",
        ),
        value=lambda source: source.customer.marketing_consent.accepted,
        kind="flag",
        entry=Entry(
            Field("marketing_consent"),
            "flag",
            (
                "nhan quang cao",
                "nhan email tiep thi",
                "nhan email marketing",
                "dong y nhan quang cao",
                "nhan tin quang cao",
                "accepts email marketing",
                "email marketing",
            ),
        ),
    ),
    Column(
        "note",
        "Ghi chú",
        "Note",
        guide=Guide("Ghi chú về khách hàng.", "A note about the customer.", "Thích hàng mới"),
        value=lambda source: source.customer.note,
        kind="text",
        entry=Entry(
            Field("note"),
            Text(5_000, lines=True),
            ("ghi chu khach hang", "mo ta", "notes", "customer note"),
        ),
        width=40.0,
    ),
    Column(
        "recipient",
        "Người nhận",
        "Recipient",
        guide=Guide(
            "Người nhận ở địa chỉ mặc định.", "Recipient at the default address.", "Trần Văn Bình"
        ),
        value=lambda source: source.address.recipient if source.address else None,
        kind="text",
        entry=Entry(
            AddressPart("recipient"),
            Text(200),
            ("ten nguoi nhan", "nguoi nhan hang", "ship to", "shipping name"),
        ),
    ),
    Column(
        "address_line",
        "Địa chỉ",
        "Address",
        guide=Guide(
            "Số nhà, đường của địa chỉ mặc định.",
            "House and street of the default address.",
            "12 Lý Thường Kiệt",
        ),
        value=_line,
        kind="text",
        entry=Entry(
            AddressPart("line"),
            Text(300),
            (
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
        ),
        width=34.0,
    ),
    Column(
        "ward",
        "Phường/Xã",
        "Ward",
        guide=Guide("Phường, xã hoặc đặc khu.", "Ward or commune.", "Phường Hoàn Kiếm"),
        value=_ward,
        kind="text",
        entry=Entry(
            AddressPart("ward"), Text(100), ("phuong xa thi tran", "xa phuong", "phuong", "xa")
        ),
    ),
    Column(
        "district",
        "Quận/Huyện",
        "District",
        guide=Guide(
            "Quận, huyện cũ (đã bỏ từ 01/07/2025), nếu có.",
            "The former district (until 1 July 2025), if any.",
            "Quận Hoàn Kiếm",
        ),
        value=lambda source: source.address.district if source.address else None,
        kind="text",
        entry=Entry(
            AddressPart("district"),
            Text(100),
            ("quan", "huyen", "quan huyen thi xa"),
            example=("", ""),
        ),
    ),
    Column(
        "province",
        "Tỉnh/Thành phố",
        "Province",
        guide=Guide("Tỉnh hoặc thành phố.", "Province or city.", "Hà Nội"),
        value=_province,
        kind="text",
        entry=Entry(
            AddressPart("province"),
            Text(100),
            (
                "tinh",
                "thanh pho",
                "tinh thanh",
                "tinh tp",
                "thanh pho tinh",
                "city",
                "default address city",
            ),
        ),
    ),
    Column(
        "country",
        "Quốc gia",
        "Country",
        guide=Guide("Mã quốc gia hai chữ cái.", "Two-letter country code.", "VN"),
        value=lambda source: source.address.country if source.address else None,
        kind="text",
        entry=Entry(
            AddressPart("country"),
            "country",
            ("nuoc", "country code", "default address country code"),
        ),
    ),
    Column(
        "invoice_kind",
        "Loại hóa đơn",
        "Invoice kind",
        guide=Guide("Hóa đơn cho Cá nhân hay Công ty.", "Individual or Company.", "Công ty"),
        value=lambda source: source.invoice.kind if source.invoice else None,
        kind="word",
        entry=Entry(
            InvoicePart("kind", "kind"),
            "buyer_kind",
            ("loai hoa don dien tu", "loai khach", "loai khach hang", "invoice type"),
        ),
        words=Words({"individual": ("Cá nhân", "Individual"), "company": ("Công ty", "Company")}),
    ),
    Column(
        "invoice_name",
        "Tên công ty",
        "Company name",
        guide=Guide(
            "Tên công ty hoặc người mua trên hóa đơn.",
            "The company or person on the invoice.",
            "Công ty TNHH Mộc",
        ),
        value=lambda source: source.invoice.name if source.invoice else None,
        kind="text",
        entry=Entry(
            InvoicePart("name", "company_name"),
            Text(400),
            ("cong ty", "ten don vi", "don vi", "company", "default address company"),
        ),
        width=30.0,
    ),
    Column(
        "invoice_tax_code",
        "Mã số thuế",
        "Tax code",
        guide=Guide(
            "Mã số thuế của công ty, hoặc số định danh của cá nhân.",
            "The company's tax code, or the person's id.",
            "0100233488",
        ),
        value=lambda source: source.invoice.code if source.invoice else None,
        kind="text",
        entry=Entry(
            InvoicePart("personal_id", "tax_code"),
            "tax_code",
            ("mst", "ma so thue khach hang", "tax id", "tax number", "vat number"),
        ),
    ),
    Column(
        "invoice_address",
        "Địa chỉ hóa đơn",
        "Invoice address",
        guide=Guide(
            "Địa chỉ trên hóa đơn.", "The address on the invoice.", "12 Lý Thường Kiệt, Hà Nội"
        ),
        value=lambda source: source.invoice.address if source.invoice else None,
        kind="text",
        entry=Entry(
            InvoicePart("address", "address"),
            Text(400),
            ("dia chi cong ty", "dia chi xuat hoa don", "company address"),
        ),
        width=34.0,
    ),
    Column(
        "invoice_email",
        "Email hóa đơn",
        "Invoice email",
        guide=Guide(
            "Email nhận hóa đơn.", "The e-mail address for the invoice.", "ketoan@example.vn"
        ),
        value=lambda source: source.invoice.email if source.invoice else None,
        kind="text",
        entry=Entry(
            InvoicePart("email", "email"),
            "invoice_email",
            ("email nhan hoa don", "email xuat hoa don", "email cong ty"),
            example=("ketoan@example.com", "accounts@example.com"),
        ),
        width=28.0,
    ),
    Column(
        "skip_auto_group",
        "Bỏ qua cập nhật tự động nhóm",
        "Skip automatic group update",
        guide=Guide(
            "Có: giữ nguyên nhóm và hạng đã đặt tay.",
            "Yes: keep group and tier as set by hand.",
            "Không",
        ),
        value=lambda source: source.customer.skip_auto_group,
        kind="flag",
        entry=Entry(
            Field("skip_auto_group"),
            "flag",
            ("bo qua cap nhat nhom", "bo qua cap nhat tu dong nhom khach hang"),
        ),
    ),
    Column(
        "order_count",
        "Số lượng đơn hàng",
        "Orders",
        guide=Guide("Số đơn hàng, không kể đơn đã hủy.", "Orders, without cancelled ones.", "3"),
        value=lambda source: source.customer.metrics.order_count,
        kind="number",
        entry=OpeningBalance(
            ("so don hang", "so don", "tong so don hang", "orders count", "total orders"),
            most=1_000_000,
        ),
    ),
    Column(
        "total_spent",
        "Tổng chi tiêu",
        "Total spent",
        guide=Guide(
            "Tổng tiền đã mua, trừ tiền hoàn (đồng).",
            "Total spent minus refunds, in VND.",
            "750000",
        ),
        value=lambda source: source.customer.metrics.total_spent,
        kind="money",
        entry=OpeningBalance(
            ("tong ban", "tong chi", "doanh thu", "tong tien mua", "amount spent")
        ),
    ),
    Column(
        "average_order_value",
        "Giá trị đơn trung bình",
        "Average order value",
        guide=Guide(
            "Tổng chi tiêu chia cho số đơn (đồng).", "Total spent ÷ orders, in VND.", "250000"
        ),
        value=lambda source: source.customer.metrics.average_order_value,
        kind="money",
        entry=None,
    ),
    Column(
        "last_order_at",
        "Đơn hàng gần nhất",
        "Latest order",
        guide=Guide(
            "Thời điểm của đơn gần nhất.", "The time of the latest order.", "22/11/2026 10:04:05"
        ),
        value=lambda source: source.customer.metrics.last_order_at,
        kind="moment",
        entry=OpeningBalance(
            ("lan mua cuoi", "ngay mua cuoi", "ngay giao dich cuoi", "last order")
        ),
    ),
    Column(
        "open_checkout_count",
        "Đơn chưa hoàn tất",
        "Incomplete orders",
        guide=Guide("Số đơn khách chưa đặt xong.", "Checkouts that were not completed.", "0"),
        value=lambda source: source.customer.metrics.open_checkout_count,
        kind="number",
        entry=None,
    ),
    Column(
        "debt",
        "Nợ phải thu",
        "Receivable debt",
        guide=Guide("Số tiền khách còn nợ (đồng).", "What the customer owes, in VND.", "0"),
        value=lambda source: source.customer.metrics.debt,
        kind="money",
        entry=OpeningBalance(("cong no", "no can thu hien tai", "no hien tai", "debt")),
    ),
    Column(
        "tier",
        "Hạng thành viên",
        "Tier",
        guide=Guide("Hạng thành viên hiện tại.", "The current membership tier.", "gold"),
        value=lambda source: source.customer.membership.tier,
        kind="word",
        entry=None,
        words=Words({"unranked": ("Chưa xếp hạng", "Unranked")}, is_open=True),
    ),
    Column(
        "points_available",
        "Điểm hiện có",
        "Points",
        guide=Guide("Điểm dùng được ngay.", "Points available now.", "60"),
        value=lambda source: source.customer.membership.points.available,
        kind="number",
        entry=OpeningBalance(
            ("diem", "diem tich luy", "diem hien tai", "tong diem", "point"), most=100_000_000
        ),
    ),
    Column(
        "updated_at",
        "Cập nhật lần cuối",
        "Last updated",
        guide=Guide(
            "Lần cuối hồ sơ thay đổi.",
            "The time of the record's last change.",
            "22/11/2026 10:04:05",
        ),
        value=lambda source: source.customer.updated_at,
        kind="moment",
        entry=None,
    ),
)
COLUMNS_BY_ID: Mapping[str, Column] = {column.id: column for column in COLUMNS}
COLUMN_IDS = tuple(COLUMNS_BY_ID)
#: The columns that imports write, and how.
WRITABLE_COLUMNS = tuple(column for column in COLUMNS if isinstance(column.entry, Entry))
ENTRIES: Mapping[str, Entry] = {
    column.id: column.entry for column in COLUMNS if isinstance(column.entry, Entry)
}
#: The prefix of columns of external ids, one for each platform: "external_ids.haravan".
EXTERNAL = "external_ids."
#: The fields of the customer that some column writes.
WRITTEN_FIELDS = frozenset(
    {
        "external_ids",
        *(each.field for each in ENTRIES.values() if not isinstance(each.target, Identifier)),
    }
)

#: What a list shows beside the name by default (001-05 to 001-14), in this order.
DEFAULT_LIST_COLUMNS = (
    "phone",
    "email",
    "address_line",
    "updated_at",
    "last_order_at",
    "open_checkout_count",
    "order_count",
    "average_order_value",
    "debt",
    "total_spent",
)
_LONGEST_ECHO = 40


def read_columns(raw: Sequence[str], field: str = "columns") -> tuple[str, ...]:
    """Return the chosen columns in order; raise `Invalid` for an unknown or repeated one."""
    problems = choice_problems(raw, COLUMNS_BY_ID, lambda index: f"{field}.{index}")
    if problems:
        raise Invalid("invalid_fields", *problems)
    return tuple(raw)


def choice_problems(
    raw: Sequence[str], known: Container[str], field_of: Callable[[int], str]
) -> list[Problem]:
    """Return a problem for each unknown or repeated column; `field_of` names one by its index."""
    return [
        Problem(
            field_of(index),
            "column_repeated" if name in known else "column_unknown",
            {"column": name[:_LONGEST_ECHO]},
        )
        for index, name in enumerate(raw)
        if name not in known or name in raw[:index]
    ]
