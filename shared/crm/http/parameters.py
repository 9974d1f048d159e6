"""Parameters and headers that many routes share."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Header, Path, Query

CustomerPath = Annotated[str, Path(description="The id of a customer.")]
CursorQuery = Annotated[str, Query(description="`next_cursor` of the page before.")]
Limit = Annotated[int, Query(ge=1, le=100)]
IfMatch = Annotated[str, Header(alias="If-Match", description="The ETag of your last read.")]
