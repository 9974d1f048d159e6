"""Descriptions of the columns of files of customers, for readers and for templates."""

from collections.abc import Mapping
from typing import NamedTuple

from crm.domain.messages.catalogue import Locale


class Guide(NamedTuple):
    """A column's description in Vietnamese and English, and an example that imports accept."""

    vi: str
    en: str
    example: str

    def of(self, locale: Locale) -> str:
        """Return the description in a language."""
        return self.vi if locale == "vi" else self.en


GUIDES: Mapping[str, Guide] = {
    "code": Guide(
        "Mã do hệ thống cấp; khi nhập, dùng để nhận ra khách hàng đã có.",
        "Assigned by the system; on import it identifies an existing customer.",
        "KH000123",
    ),
    "family_name": Guide("Họ và tên đệm.", "Family name and middle name.", "Nguyễn Thị"),
    "given_name": Guide("Tên gọi.", "Given name.", "Ánh"),
    "full_name": Guide(
        "Họ tên đầy đủ như đã nhập.", "The full name as it was typed.", "Nguyễn Thị Ánh"
    ),
    "phone": Guide(
        "Một số điện thoại, giữ số 0 ở đầu; số nước ngoài bắt đầu bằng +.",
        "One phone number with its leading zero; a foreign one starts with +.",
        "0912345678",
    ),
    "email": Guide("Một địa chỉ email.", "One e-mail address.", "anh@example.vn"),
    "birthday": Guide(
        "Ngày/tháng/năm; chỉ ngày/tháng nếu không rõ năm.",
        "Day/month/year; only day/month if the year is unknown.",
        "17/05/1990",
    ),
    "gender": Guide("Nam, Nữ hoặc Khác.", "Male, Female or Other.", "Nữ"),
    "group": Guide("Mã nhóm khách hàng.", "The code of a customer group.", "vip"),
    "tags": Guide(
        "Các nhãn, cách nhau bằng dấu phẩy.", "Tags, separated by commas.", "sỉ, hà nội"
    ),
    "card_code": Guide("Mã trên thẻ thành viên.", "The code on the member's card.", "TV0001"),
    "marketing_consent": Guide(
        "Có hoặc Không; khách đã đồng ý nhận email quảng cáo hay chưa.",
        "Yes or No; whether the customer agreed to advertising e-mail.",
        "Không",
    ),
    "note": Guide("Ghi chú về khách hàng.", "A note about the customer.", "Thích hàng mới"),
    "recipient": Guide(
        "Người nhận ở địa chỉ mặc định.", "Recipient at the default address.", "Trần Văn Bình"
    ),
    "address_line": Guide(
        "Số nhà, đường của địa chỉ mặc định.",
        "House and street of the default address.",
        "12 Lý Thường Kiệt",
    ),
    "ward": Guide("Phường, xã hoặc đặc khu.", "Ward or commune.", "Phường Hoàn Kiếm"),
    "district": Guide(
        "Quận, huyện cũ (đã bỏ từ 01/07/2025), nếu có.",
        "The former district (until 1 July 2025), if any.",
        "Quận Hoàn Kiếm",
    ),
    "province": Guide("Tỉnh hoặc thành phố.", "Province or city.", "Hà Nội"),
    "country": Guide("Mã quốc gia hai chữ cái.", "Two-letter country code.", "VN"),
    "invoice_kind": Guide("Hóa đơn cho Cá nhân hay Công ty.", "Individual or Company.", "Công ty"),
    "invoice_name": Guide(
        "Tên công ty hoặc người mua trên hóa đơn.",
        "The company or person on the invoice.",
        "Công ty TNHH Mộc",
    ),
    "invoice_tax_code": Guide(
        "Mã số thuế của công ty, hoặc số định danh của cá nhân.",
        "The company's tax code, or the person's id.",
        "0100233488",
    ),
    "invoice_address": Guide(
        "Địa chỉ trên hóa đơn.", "The address on the invoice.", "12 Lý Thường Kiệt, Hà Nội"
    ),
    "invoice_email": Guide(
        "Email nhận hóa đơn.", "The e-mail address for the invoice.", "ketoan@example.vn"
    ),
    "skip_auto_group": Guide(
        "Có: giữ nguyên nhóm và hạng đã đặt tay.",
        "Yes: keep group and tier as set by hand.",
        "Không",
    ),
    "order_count": Guide(
        "Số đơn hàng, không kể đơn đã hủy.", "Orders, without cancelled ones.", "3"
    ),
    "total_spent": Guide(
        "Tổng tiền đã mua, trừ tiền hoàn (đồng).", "Total spent minus refunds, in VND.", "750000"
    ),
    "average_order_value": Guide(
        "Tổng chi tiêu chia cho số đơn (đồng).", "Total spent ÷ orders, in VND.", "250000"
    ),
    "last_order_at": Guide(
        "Thời điểm của đơn gần nhất.", "The time of the latest order.", "22/11/2026 10:04:05"
    ),
    "open_checkout_count": Guide(
        "Số đơn khách chưa đặt xong.", "Checkouts that were not completed.", "0"
    ),
    "debt": Guide("Số tiền khách còn nợ (đồng).", "What the customer owes, in VND.", "0"),
    "tier": Guide("Hạng thành viên hiện tại.", "The current membership tier.", "gold"),
    "points_available": Guide("Điểm dùng được ngay.", "Points available now.", "60"),
    "updated_at": Guide(
        "Lần cuối hồ sơ thay đổi.", "The time of the record's last change.", "22/11/2026 10:04:05"
    ),
}
