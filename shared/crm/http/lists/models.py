"""Search, bulk edits and facets over HTTP, as models."""

from typing import Annotated, Literal

from pydantic import Field, StrictBool, StrictInt, StrictStr

from crm.domain.lists.search import LONGEST_SEARCH
from crm.domain.values.tags import MOST_TAGS
from crm.http.customers.models import Answer, Body, ListedCustomerAnswer

_MOST_CUSTOMERS = 100
_LONGEST_ID = 40
_MOST_SHOWN = 100

type _Id = Annotated[StrictStr, Field(min_length=1, max_length=_LONGEST_ID)]
type _Tags = Annotated[list[StrictStr], Field(max_length=MOST_TAGS)]


class SearchRequest(Body):
    """What a cashier types: a phone or its end, an e-mail, a code, a card, words of a name."""

    q: StrictStr = Field(min_length=1, max_length=LONGEST_SEARCH, examples=["ánh nguyễn"])
    limit: StrictInt = Field(default=20, ge=1, le=_MOST_SHOWN)


class SearchAnswer(Answer):
    """The customers that were found, the best first."""

    items: list[ListedCustomerAnswer]
    next_cursor: None
    truncated: bool = Field(description="There may be more than these: type more.")


class BulkRequest(Body):
    """What to do to up to a hundred customers."""

    customer_ids: Annotated[list[_Id], Field(min_length=1, max_length=_MOST_CUSTOMERS)]
    add_tags: _Tags | None = None
    remove_tags: _Tags | None = None
    group: StrictStr | None = Field(None, description="Null takes the group away.")
    archive: StrictBool = False


class BulkOutcomeAnswer(Answer):
    """What became of one customer."""

    id: str
    outcome: Literal["updated", "unchanged", "not_found", "refused", "busy"]
    code: str | None
    message: str | None


class BulkAnswer(Answer):
    """An outcome for each customer, in the order asked."""

    items: list[BulkOutcomeAnswer]
    next_cursor: None


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
