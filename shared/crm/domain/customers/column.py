"""One column of customers: everything that views, exports, imports and templates know about it."""

from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

from crm.domain.customers.customer import Address, Customer, InvoiceProfile
from crm.domain.messages.catalogue import Locale

#: A cell that does not depend on language, time zone or program; None is blank.
type Plain = str | int | bool | None
#: How cells are written to files and read back: see `spreadsheets.cells`.
Kind = Literal["text", "phone", "day", "moment", "number", "money", "flag", "word"]


class CellSource(NamedTuple):
    """A customer with the parts that are looked up once per row."""

    customer: Customer
    address: Address | None
    invoice: InvoiceProfile | None


class Guide(NamedTuple):
    """A column's description in Vietnamese and English, and an example that imports accept."""

    vi: str
    en: str
    example: str

    def of(self, locale: Locale) -> str:
        """Return the description in a language."""
        return self.vi if locale == "vi" else self.en


class Words(NamedTuple):
    """The words of a column of the kind "word": value → (Vietnamese, English).

    Values of an `is_open` column that are not among them are written as they are. `read` replaces
    the comparison with the words when cells are read.
    """

    spelled: Mapping[str, tuple[str, str]]
    read: Callable[[str | float], str] | None = None
    is_open: bool = False


class Field(NamedTuple):
    """A field of the customer, which imports write."""

    name: str


class Identifier(NamedTuple):
    """A field that identifies a customer, which imports look up and never write."""

    name: str


class AddressPart(NamedTuple):
    """A part of the default address, by its name in the address."""

    name: str


class InvoicePart(NamedTuple):
    """A part of the invoice profile, by its name in the profile of each kind of buyer."""

    individual: str
    company: str


class Text(NamedTuple):
    """Text of one line, or of several `lines`, in a field of at most `longest` characters."""

    longest: int
    lines: bool = False


#: How imports read a cell by itself: `imports.rows` has a converter for each, and
#: `imports.fast_rows` the fast path.
type CellReading = (
    Text
    | Literal[
        "buyer_kind",
        "card_code",
        "country",
        "email",
        "flag",
        "gender",
        "invoice_email",
        "name",
        "tags",
        "tax_code",
    ]
)
#: Readings that depend on the sheet or the merchant's groups too, or add a notice to the row.
type RowReading = Literal["birthday", "customer_code", "group", "phone"]
type Reading = CellReading | RowReading


class Entry(NamedTuple):
    """How an import reads a column, and what it writes; these columns make up a template.

    `spellings` are further headers, folded. `example` is the template's (Vietnamese, English), if
    the guide's might be a real customer's.
    """

    target: Field | Identifier | AddressPart | InvoicePart
    reading: Reading
    spellings: tuple[str, ...]
    example: tuple[str, str] | None = None

    @property
    def field(self) -> str:
        """The field of the customer that holds the cell."""
        match self.target:
            case Field(name) | Identifier(name):
                return name
            case AddressPart():
                return "addresses"
            case InvoicePart():
                return "invoice_profile"


class OpeningBalance(NamedTuple):
    """A computed column that imports read if they request opening balances.

    `spellings` are further headers, folded; a number is at most `most`.
    """

    spellings: tuple[str, ...]
    most: int | None = None


class Column(NamedTuple):
    """A column of views, exports and imports.

    `vi` and `en` are its headers. `value` returns a customer's plain cell, where moments are in
    UTC. `entry` is None if imports never read the column. `width`, in characters, is None for the
    usual one of the kind.
    """

    id: str
    vi: str
    en: str
    guide: Guide
    value: Callable[[CellSource], Plain]
    kind: Kind
    entry: Entry | OpeningBalance | None
    words: Words | None = None
    width: float | None = None

    def header(self, locale: Locale) -> str:
        """Return the header in a language."""
        return self.vi if locale == "vi" else self.en
