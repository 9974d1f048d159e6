"""Models of saved views over HTTP."""

from typing import Annotated

from pydantic import Field, StrictBool, StrictInt, StrictStr

from crm.domain.customers.columns import COLUMN_IDS
from crm.domain.lists.filters import Segment
from crm.domain.lists.views import LONGEST_VIEW_NAME
from crm.domain.values.genders import Gender
from crm.http.bodies import Answer, Body

_LONGEST_TEXT = 200
_MOST_VND = 10**15

type _Text = Annotated[StrictStr, Field(max_length=_LONGEST_TEXT)] | None
type _Amount = Annotated[StrictInt, Field(ge=-_MOST_VND, le=_MOST_VND)] | None
type _Count = Annotated[StrictInt, Field(ge=0, le=_MOST_VND)] | None
type _Day = Annotated[StrictStr, Field(examples=["2026-11-22"])] | None


class FilterWrite(Body):
    """Which customers, in the query names of `GET /customers`; all that is named must hold."""

    tag: list[StrictStr] | None = None
    group: _Text = None
    tier: _Text = None
    member: StrictBool | None = None
    segment: Segment | None = None
    gender: Gender | None = None
    birthday_month: Annotated[StrictInt, Field(ge=1, le=12)] | None = None
    province_code: _Text = None
    ward_code: _Text = None
    marketing_consent: StrictBool | None = None
    has_account: StrictBool | None = None
    source: _Text = None
    archived: StrictBool | None = None
    min_total_spent: _Amount = None
    max_total_spent: _Amount = None
    min_order_count: _Count = None
    max_order_count: _Count = None
    min_debt: _Amount = None
    max_debt: _Amount = None
    last_order_from: _Day = None
    last_order_to: _Day = None
    created_from: _Day = None
    created_to: _Day = None
    updated_from: _Day = None
    updated_to: _Day = None


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
