"""Recognize headers: ours in both languages, and those of other platforms.

Spellings are without tones, case, punctuation and text in brackets. Each column has its own in
`crm.domain.customers.columns`; those of Haravan, Sapo, KiotViet and Shopify are the headers of
their own customer exports.
"""

import re
from collections.abc import Mapping

from crm.domain.customers.column import Column
from crm.domain.customers.columns import WRITABLE_COLUMNS
from crm.domain.kernel.tables import Cell
from crm.domain.values.names import folded

LONGEST_HEADER = 100
_in_brackets = re.compile(r"\([^)]*\)|\[[^\]]*\]")


def spellings_of(column: Column) -> tuple[str, ...]:
    """Return the spellings that name a column: its id, its own headers, and others."""
    others = column.entry.spellings if column.entry else ()
    return (*map(folded, (column.id, column.vi, column.en)), *others)


def spelling_of(cell: Cell) -> str:
    """Return the spelling of a header, blank for a cell that cannot be one."""
    return fold_header(cell) if isinstance(cell, str) and len(cell) <= LONGEST_HEADER else ""


def fold_header(header: str) -> str:
    """Return a header without tones, case, punctuation and text in brackets."""
    return folded(_in_brackets.sub(" ", header))


#: The column of each spelling.
COLUMN_OF: Mapping[str, str] = {
    spelled: column.id for column in WRITABLE_COLUMNS for spelled in spellings_of(column)
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
