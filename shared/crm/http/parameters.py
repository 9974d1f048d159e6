"""Path parameters and headers that many routes share."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Header, Path

CustomerPath = Annotated[str, Path(description="The id of a customer.")]
IfMatch = Annotated[str, Header(alias="If-Match", description="The ETag of your last read.")]
