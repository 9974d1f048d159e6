"""The columns of a customer; views, settings, imports and exports share their ids."""

from collections.abc import Sequence
from typing import NamedTuple

from crm.domain.kernel.errors import Invalid, Problem


class Column(NamedTuple):
    """A column: its id, its header in Vietnamese and English, and its path in an API answer."""

    id: str
    vi: str
    en: str
    path: str


#: The columns of a customer file, in file order.
WRITABLE_COLUMNS = (
    Column("code", "Mã khách hàng", "Customer code", "code"),
    Column("family_name", "Họ", "Family name", "family_name"),
    Column("given_name", "Tên", "Given name", "given_name"),
    Column("full_name", "Họ và tên", "Full name", "full_name"),
    Column("phone", "Số điện thoại", "Phone", "phone"),
    Column("email", "Email", "Email", "email"),
    Column("birthday", "Ngày sinh", "Birthday", "birthday"),
    Column("gender", "Giới tính", "Gender", "gender"),
    Column("group", "Nhóm khách hàng", "Group", "group"),
    Column("tags", "Nhãn", "Tags", "tags"),
    Column("card_code", "Mã thẻ thành viên", "Card code", "card_code"),
    Column(
        "marketing_consent",
        "Nhận email quảng cáo",
        "Accepts marketing",
        "marketing_consent.accepted",
    ),
    Column("note", "Ghi chú", "Note", "note"),
    Column("recipient", "Người nhận", "Recipient", "addresses.recipient"),
    Column("address_line", "Địa chỉ", "Address", "default_address"),
    Column("ward", "Phường/Xã", "Ward", "addresses.ward"),
    Column("district", "Quận/Huyện", "District", "addresses.district"),
    Column("province", "Tỉnh/Thành phố", "Province", "addresses.province"),
    Column("country", "Quốc gia", "Country", "addresses.country"),
    Column("invoice_kind", "Loại hóa đơn", "Invoice kind", "invoice_profile.kind"),
    Column("invoice_name", "Tên công ty", "Company name", "invoice_profile.company_name"),
    Column("invoice_tax_code", "Mã số thuế", "Tax code", "invoice_profile.tax_code"),
    Column("invoice_address", "Địa chỉ hóa đơn", "Invoice address", "invoice_profile.address"),
    Column("invoice_email", "Email hóa đơn", "Invoice email", "invoice_profile.email"),
    Column(
        "skip_auto_group",
        "Bỏ qua cập nhật tự động nhóm",
        "Skip automatic group update",
        "skip_auto_group",
    ),
)
#: The columns that the system computes.
COUNTED_COLUMNS = (
    Column("order_count", "Số lượng đơn hàng", "Orders", "metrics.order_count"),
    Column("total_spent", "Tổng chi tiêu", "Total spent", "metrics.total_spent"),
    Column(
        "average_order_value",
        "Giá trị đơn trung bình",
        "Average order value",
        "metrics.average_order_value",
    ),
    Column("last_order_at", "Đơn hàng gần nhất", "Latest order", "metrics.last_order_at"),
    Column(
        "open_checkout_count",
        "Đơn chưa hoàn tất",
        "Incomplete orders",
        "metrics.open_checkout_count",
    ),
    Column("debt", "Nợ phải thu", "Receivable debt", "metrics.debt"),
    Column("tier", "Hạng thành viên", "Tier", "membership.tier"),
    Column("points_available", "Điểm hiện có", "Points", "membership.points.available"),
    Column("updated_at", "Cập nhật lần cuối", "Last updated", "updated_at"),
)
COLUMNS = (*WRITABLE_COLUMNS, *COUNTED_COLUMNS)
COLUMN_IDS = tuple(column.id for column in COLUMNS)

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
    problems = [
        Problem(f"{field}.{index}", code, {"column": name[:_LONGEST_ECHO]})
        for index, name in enumerate(raw)
        if (code := _refusal(raw, index))
    ]
    if problems:
        raise Invalid("invalid_fields", *problems)
    return tuple(raw)


def _refusal(raw: Sequence[str], index: int) -> str | None:
    if raw[index] not in COLUMN_IDS:
        return "column_unknown"
    return "column_repeated" if raw[index] in raw[:index] else None
