"""Sheets of the workbooks that exports and templates have in common, in both languages."""

from collections.abc import Mapping

from crm.domain.messages.catalogue import Locale

#: The name of the sheet of customers.
CUSTOMERS: Mapping[Locale, str] = {"vi": "Khách hàng", "en": "Customers"}
#: The name of the sheet that explains the columns, its headers, and their widths in characters.
GUIDE: Mapping[Locale, str] = {"vi": "Giải thích các cột", "en": "Column guide"}
GUIDE_HEADERS: Mapping[Locale, tuple[str, str, str]] = {
    "vi": ("Cột", "Nội dung", "Ví dụ"),
    "en": ("Column", "What it holds", "Example"),
}
GUIDE_WIDTHS = (28.0, 70.0, 28.0)
