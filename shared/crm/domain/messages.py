"""What we say to people, in Vietnamese and English, by the code of the message."""

from collections.abc import Mapping
from typing import Literal

Locale = Literal["vi", "en"]

#: Code → (Vietnamese, English). Placeholders are the message's params.
TEXTS: Mapping[str, tuple[str, str]] = {
    "not_found": ("Không tìm thấy.", "There is no such thing."),
    # Phone numbers.
    "phone_invalid": (
        (
            "Không đọc được số điện thoại. Nhập 10 số (0912 345 678), số cố định có mã vùng 02x,"
            " hoặc số nước ngoài bắt đầu bằng +."
        ),
        (
            "This is no phone number we can read. Give 10 digits (0912 345 678), a landline with its"
            " 02x area code, or a foreign number that starts with +."
        ),
    ),
    "phone_hotline": (
        "Đây là số tổng đài (1800, 1900…), không phải số của khách. Nhập số riêng của khách hàng.",
        "This is a hotline (1800, 1900…) and nobody's own number. Give the customer's own number.",
    ),
    "phone_too_long": (
        "Quá nhiều chữ số cho một số điện thoại. Mỗi ô chỉ nhập một số, nhiều nhất 15 chữ số.",
        "Too long for one phone number. Give one number of at most 15 digits.",
    ),
    "phone_several": (
        "Có nhiều hơn một số điện thoại. Chỉ nhập một số.",
        "There is more than one phone number here. Give one.",
    ),
    "phone_rounded": (
        (
            "Bảng tính đã làm tròn số này (dạng 9.12E+08) và mất chữ số."
            " Định dạng cột thành Văn bản rồi nhập lại đủ số."
        ),
        (
            "The spreadsheet rounded this number (as in 9.12E+08) and lost digits."
            " Format the column as text and type the number in full."
        ),
    ),
    "phone_old_landline": (
        (
            "Đây giống số cố định kiểu cũ, không còn dùng từ 2017. Nhập lại với mã vùng mới"
            " (ví dụ 024 3822 1234)."
        ),
        (
            "This looks like a landline from before 2017, which no longer works. Give it with today's"
            " area code (as in 024 3822 1234)."
        ),
    ),
    "phone_unallocated": (
        "Đầu số này hình như chưa được cấp. Hãy kiểm tra lại; số vẫn được lưu như đã nhập.",
        "This range does not seem to be in use. Please check it; the number is kept as typed.",
    ),
    "phone_maybe_old_landline": (
        (
            "Có thể là số cố định kiểu cũ (trước 2017) chứ không phải di động."
            " Hãy kiểm tra lại; số vẫn được lưu như đã nhập."
        ),
        (
            "This may be a landline from before 2017 and not a mobile."
            " Please check it; the number is kept as typed."
        ),
    ),
    "phone_extension_dropped": (
        "Số máy lẻ không được lưu cùng số điện thoại. Nếu cần, ghi vào ghi chú.",
        "The extension is not kept with the number. If it matters, put it in the note.",
    ),
    "masked_value": (
        "Giá trị này đã bị che (như 09xx xxx 678). Nhập giá trị đầy đủ hoặc để trống.",
        "This value is masked (as in 09xx xxx 678). Give it in full or leave it blank.",
    ),
    # Text and names.
    "text_too_long": (
        "Quá dài: nhiều nhất {limit} ký tự.",
        "Too long: at most {limit} characters.",
    ),
    "text_control_character": (
        "Có ký tự điều khiển không hiển thị được. Xóa rồi nhập lại.",
        "It holds control characters that cannot be shown. Remove them and type it again.",
    ),
    "name_required": (
        "Nhập họ tên của khách hàng.",
        "Give the customer's name.",
    ),
}


def text(code: str, locale: Locale, params: Mapping[str, object] | None = None) -> str:
    """Return the message of a code in one language, its placeholders filled."""
    vietnamese, english = TEXTS[code]
    return (vietnamese if locale == "vi" else english).format_map(params or {})
