"""Messages about events sent through the API, in Vietnamese and English."""

from collections.abc import Mapping

#: Code → (Vietnamese, English), as in `crm.domain.messages.catalogue`.
EVENT_TEXTS: Mapping[str, tuple[str, str]] = {
    "service_users_only": (
        "Chỉ tài khoản dịch vụ mới gửi được sự kiện.",
        "Only service users may send events.",
    ),
    "event_field_invalid": (
        "Thiếu hoặc sai giá trị; xem lược đồ của sự kiện ở docs/events/inbound.",
        "This is missing or wrong; see the event's schema in docs/events/inbound.",
    ),
    "event_too_large": (
        "Sự kiện quá lớn: nhiều nhất {limit} byte.",
        "The event is too large: at most {limit} bytes.",
    ),
    "source_not_connected": (
        "Nguồn này chưa được kết nối với cửa hàng; xem `connections` trong cài đặt.",
        "This source is not connected to the merchant; see the setting `connections`.",
    ),
    "opening_not_found": ("Không có số dư đầu kỳ này.", "There is no such opening balance."),
}
