"""Requests and answers of bulk changes to customers."""

from typing import Annotated, Literal

from pydantic import Field, StrictBool, StrictStr

from crm.domain.values.tags import MOST_TAGS
from crm.http.bodies import Answer, Body

_MOST_CUSTOMERS = 100
_LONGEST_ID = 40

type _Id = Annotated[StrictStr, Field(min_length=1, max_length=_LONGEST_ID)]
type _Tags = Annotated[list[StrictStr], Field(max_length=MOST_TAGS)]


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
