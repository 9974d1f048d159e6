"""The file that a merchant fills in: its columns, what each holds, and a row as an example.

The example is a row like any other: an import reads it and makes one customer of it, whose name
says what it is. Its phone, e-mail and card are nobody's, so that it overwrites no real customer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from json import dumps
from typing import Literal, NamedTuple

from crm.domain.customers.columns import WRITABLE_COLUMNS
from crm.domain.customers.groups import Groups
from crm.domain.kernel.errors import InvalidParameter, Problem
from crm.domain.messages.catalogue import Locale
from crm.domain.spreadsheets.cells import written_for_csv
from crm.domain.spreadsheets.column_guides import GUIDES

type TemplateKind = Literal["xlsx", "csv"]

#: Without any of these a row is nobody (D5).
_NAMING = frozenset({"family_name", "given_name", "full_name", "phone", "email"})
_BY_ID = {column.id: column for column in WRITABLE_COLUMNS}
_LONGEST_NAMED = 40
#: What an export would write; the words of a list are made of these.
_VALUES: Mapping[str, Sequence[object]] = {
    "gender": ("male", "female", "other"),
    "marketing_consent": (True, False),
    "invoice_kind": ("individual", "company"),
    "skip_auto_group": (True, False),
}
#: Where the example of the guide names somebody who may be there, and where it is a word.
_EXAMPLES: Mapping[str, tuple[str, str]] = {
    "code": ("", ""),
    "given_name": ("Ánh (ví dụ)", "Ánh (example)"),
    "full_name": ("Nguyễn Thị Ánh (ví dụ)", "Nguyễn Thị Ánh (example)"),
    "phone": ("0900 000 000", "0900 000 000"),
    "email": ("vidu@example.com", "example@example.com"),
    "card_code": ("THE-VI-DU", "EXAMPLE-CARD"),
    "gender": ("Nữ", "Female"),
    "marketing_consent": ("Không", "No"),
    "district": ("", ""),
    "invoice_kind": ("Công ty", "Company"),
    "invoice_email": ("ketoan@example.com", "accounts@example.com"),
    "skip_auto_group": ("Không", "No"),
}


class TemplateColumn(NamedTuple):
    """A column to fill in: its header, what it holds, an example, and the words it takes."""

    id: str
    header: str
    guide: str
    example: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Template:
    """A file to fill in, in one language."""

    kind: TemplateKind
    locale: Locale
    columns: tuple[TemplateColumn, ...]

    @property
    def name(self) -> str:
        """What it is kept as: the same for the same content."""
        said = dumps([self.locale, self.columns], ensure_ascii=False)
        return f"{sha256(said.encode()).hexdigest()}.{self.kind}"

    @property
    def saved_as(self) -> str:
        """What it is called where it is saved."""
        stem = "mau-nhap-khach-hang" if self.locale == "vi" else "customer-import-template"
        return f"{stem}.{self.kind}"


def template_of(
    kind: TemplateKind, columns: Sequence[str], locale: Locale, groups: Groups
) -> Template:
    """Return the file of these columns, all of them if none is named; raise `InvalidParameter`."""
    problems = [
        Problem("columns", code, {"column": name[:_LONGEST_NAMED]})
        for place, name in enumerate(columns)
        if (code := _refusal(columns, place))
    ]
    chosen = tuple(columns) or tuple(_BY_ID)
    if not problems and _NAMING.isdisjoint(chosen):
        problems.append(Problem("columns", "template_names_nobody"))
    if problems:
        raise InvalidParameter("invalid_parameters", *problems)
    return Template(kind, locale, tuple(_column(each, locale, groups) for each in chosen))


def _refusal(columns: Sequence[str], place: int) -> str | None:
    if columns[place] not in _BY_ID:
        return "column_unknown"
    return "column_repeated" if columns[place] in columns[:place] else None


def _column(name: str, locale: Locale, groups: Groups) -> TemplateColumn:
    column, guide = _BY_ID[name], GUIDES[name]
    vietnamese = locale == "vi"
    words = _words(name, locale, groups)
    if name == "group":
        example = words[0] if words else ""
    elif name in _EXAMPLES:
        example = _EXAMPLES[name][0 if vietnamese else 1]
    else:
        example = guide.example
    header = column.vi if vietnamese else column.en
    return TemplateColumn(name, header, guide.of(locale), example, words)


def _words(name: str, locale: Locale, groups: Groups) -> tuple[str, ...]:
    if name == "group":
        return tuple(each.name for each in groups.items)
    spelled = written_for_csv(name, locale)
    return tuple(str(spelled(each)) for each in _VALUES.get(name, ())) if spelled else ()
