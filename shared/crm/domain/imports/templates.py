"""The template that a merchant fills in: columns, their descriptions, and an example row.

The example is a row like any other: if it stays, its import creates one customer, named as an
example. Its phone, e-mail and card belong to nobody, so that it overwrites no real customer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from json import dumps
from typing import Literal, NamedTuple

from crm.domain.customers.columns import COLUMNS_BY_ID, ENTRIES, choice_problems
from crm.domain.customers.groups import Groups
from crm.domain.kernel.errors import InvalidParameter, Problem
from crm.domain.messages.catalogue import Locale
from crm.domain.spreadsheets.cells import read_cell, written_for_csv

type TemplateKind = Literal["xlsx", "csv"]

#: A row needs at least one of these (D5).
_NAMING = frozenset(
    name for name, entry in ENTRIES.items() if entry.reading in {"name", "phone", "email"}
)


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
    problems = choice_problems(columns, ENTRIES, lambda _: "columns")
    chosen = tuple(columns) or tuple(ENTRIES)
    if not problems and _NAMING.isdisjoint(chosen):
        problems.append(Problem("columns", "template_names_nobody"))
    if problems:
        raise InvalidParameter("invalid_parameters", *problems)
    return Template(kind, locale, tuple(_column(each, locale, groups) for each in chosen))


def _column(name: str, locale: Locale, groups: Groups) -> TemplateColumn:
    column, entry = COLUMNS_BY_ID[name], ENTRIES[name]
    words: tuple[str, ...] = ()
    example = column.guide.example
    if entry.reading == "group":
        words = tuple(each.name for each in groups.items)
        example = words[0] if words else ""
    elif column.kind in {"flag", "word"} and (spelled := written_for_csv(name, locale)):
        values = column.words.spelled if column.words else (True, False)
        words = tuple(str(spelled(each)) for each in values)
        example = str(spelled(read_cell(name, example)))
    elif entry.example:
        vi, en = entry.example
        example = vi if locale == "vi" else en
    return TemplateColumn(name, column.header(locale), column.guide.of(locale), example, words)
