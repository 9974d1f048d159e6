"""Models of lists, search and facets over HTTP."""

from typing import Literal

from pydantic import Field, StrictInt, StrictStr

from crm.domain.lists.search import LONGEST_SEARCH
from crm.http.bodies import Answer, Body
from crm.http.customers.models import ListedCustomerAnswer


class PlanAnswer(Answer):
    """How a page was read: the plan, what it was thought to cost, and how many rows it took."""

    name: Literal["range", "facet", "walk", "nothing"]
    sort: str
    facet: str | None = Field(description="The facet whose members were sorted: `tag:sỉ`.")
    estimated_units: float = Field(description="DynamoDB read units.")
    rows_read: int


class CustomerPageAnswer(Answer):
    """Some customers in the order asked for, and where the next ones start."""

    items: list[ListedCustomerAnswer]
    next_cursor: str | None
    plan: PlanAnswer | None = Field(None, description="With `explain=true` only.")


_MOST_SHOWN = 100


class SearchRequest(Body):
    """What a cashier types: a phone or its end, an e-mail, a code, a card, words of a name."""

    q: StrictStr = Field(min_length=1, max_length=LONGEST_SEARCH, examples=["ánh nguyễn"])
    limit: StrictInt = Field(default=20, ge=1, le=_MOST_SHOWN)


class SearchAnswer(Answer):
    """The customers that were found, the best first."""

    items: list[ListedCustomerAnswer]
    next_cursor: None
    truncated: bool = Field(description="There may be more than these: type more.")


class TagAnswer(Answer):
    """A tag, and how many active customers have it."""

    tag: str
    count: int


class TagPageAnswer(Answer):
    """The tags that any active customer has, by name."""

    items: list[TagAnswer]
    next_cursor: str | None


class FacetAnswer(Answer):
    """A value that customers have in common, and how many active ones have it."""

    kind: Literal["tag", "group", "tier", "province"]
    value: str
    name: str | None = Field(description="The name of a province.")
    count: int


class FacetPageAnswer(Answer):
    """Facets by kind and value."""

    items: list[FacetAnswer]
    next_cursor: str | None
