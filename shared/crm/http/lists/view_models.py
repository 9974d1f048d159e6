"""Models of saved views over HTTP."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, StrictBool, StrictInt, StrictStr, create_model

from crm.domain.customers.columns import COLUMN_IDS
from crm.domain.lists.filters import FILTERS, FilterKind, FilterSpec
from crm.domain.lists.views import LONGEST_VIEW_NAME
from crm.http.bodies import Answer, Body
from crm.http.lists.queries import BOUNDS

type _Text = Annotated[StrictStr, Field(**BOUNDS["text"])] | None
type _Amount = Annotated[StrictInt, Field(**BOUNDS["amount"])] | None
type _Count = Annotated[StrictInt, Field(**BOUNDS["count"])] | None
type _Day = Annotated[StrictStr, Field(examples=["2026-11-22"])] | None

_TYPES: Mapping[FilterKind, Any] = {
    "tags": list[StrictStr] | None,
    "text": _Text,
    "place": _Text,
    "flag": StrictBool | None,
    "month": Annotated[StrictInt, Field(**BOUNDS["month"])] | None,
    "amount": _Amount,
    "count": _Count,
    "day": _Day,
}


def _body_type(spec: FilterSpec) -> Any:  # noqa: ANN401 - a type
    choices: Any = spec.choices
    return choices | None if choices else _TYPES[spec.kind]


_CRITERIA: dict[str, Any] = {spec.name: (_body_type(spec), None) for spec in FILTERS}
_Criteria: Any = create_model("_Criteria", __base__=Body, **_CRITERIA)


class FilterWrite(_Criteria):
    """Which customers, in the query names of `GET /customers`; all that is named must hold."""


type _Name = Annotated[StrictStr, Field(min_length=1, max_length=LONGEST_VIEW_NAME)]
type _Columns = Annotated[
    list[StrictStr],
    Field(max_length=len(COLUMN_IDS), description="Ids of columns, in the order shown."),
]


class ViewCreate(Body):
    """A new view: what it is called, and what it shows."""

    name: _Name
    filter: FilterWrite = Field(default_factory=FilterWrite)
    sort: StrictStr = "-updated_at"
    columns: _Columns | None = None
    shared: StrictBool = Field(
        default=False, description="Everybody of the merchant sees it; takes `customers:manage`."
    )


class ViewPatch(Body):
    """A JSON merge patch of a view; a filter is replaced as a whole."""

    name: _Name | None = None
    filter: FilterWrite | None = None
    sort: StrictStr | None = None
    columns: _Columns | None = None
    shared: StrictBool | None = None


class ViewAnswer(Answer):
    """A saved view."""

    id: str
    name: str
    filter: FilterWrite
    sort: str
    columns: list[str]
    shared: bool
    is_default: bool = Field(description="Every merchant has it, and it stays as it is.")
    is_mine: bool
    version: int
    created_at: str | None
    updated_at: str | None


class ViewPageAnswer(Answer):
    """The views that the caller sees: the default ones first, then the oldest."""

    items: list[ViewAnswer]
    next_cursor: str | None
