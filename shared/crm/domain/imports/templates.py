"""The template that a merchant fills in: columns, their descriptions, and an example row.

The example is a row like any other: if it stays, its import creates one customer, named as an
example. Its phone, e-mail and card belong to nobody, so that it overwrites no real customer.
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

#: A row needs at least one of these (D5).
_NAMING = frozenset({"family_name", "given_name", "full_name", "phone", "email"})
_BY_ID = {column.id: column for column in WRITABLE_COLUMNS}
_LONGEST_NAMED = 40
#: The stored values, from which the words of a list are made.
_VALUES: Mapping[str, Sequence[object]] = {
    "gender": ("male", "female", "other"),
    "marketing_consent": (True, False),
    "invoice_kind": ("individual", "company"),
    "skip_auto_group": (True, False),
}
#: Examples of the template's own, where the guide's might be a real customer's or are localized.
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
    """A column to fill in: its header, description and example, and the words it accepts."""

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
        """The name in the file store: the same for the same content."""
        content = dumps([self.locale, self.columns], ensure_ascii=False)
        return f"{sha256(content.encode()).hexdigest()}.{self.kind}"

    @property
    def saved_as(self) -> str:
        """The name under which the merchant saves the file."""
        stem = "mau-nhap-khach-hang" if self.locale == "vi" else "customer-import-template"
        return f"{stem}.{self.kind}"


def template_of(
    kind: TemplateKind, columns: Sequence[str], locale: Locale, groups: Groups
) -> Template:
    """Return a template of these columns, or of all if none is given; raise `InvalidParameter`."""
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
