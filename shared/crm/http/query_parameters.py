"""Query parameters: collected into a dataclass; unknown ones are refused."""

from collections.abc import Callable
from functools import wraps
from inspect import signature

from aws_lambda_powertools.event_handler import ApiGatewayResolver, Response
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware
from aws_lambda_powertools.event_handler.openapi.dependant import get_flat_params

from crm.domain.kernel.errors import InvalidParameter, Problem

type _Route[Query] = Callable[[Query], Response[str]]


def with_query_parameters[Query](
    parameters: Callable[..., Query],
) -> Callable[[_Route[Query]], Callable[..., Response[str]]]:
    """Pass a route its query parameters as one dataclass with a field for each."""

    def decorated(route: _Route[Query]) -> Callable[..., Response[str]]:
        @wraps(route)
        def gathering(**given: object) -> Response[str]:
            return route(parameters(**given))

        own = signature(parameters).replace(return_annotation=Response[str])
        gathering.__signature__ = own  # type: ignore[attr-defined]
        return gathering

    return decorated


def refuse_unknown_parameters(
    app: ApiGatewayResolver, next_middleware: NextMiddleware
) -> Response[str]:
    """Raise `InvalidParameter` for a query parameter the route does not have."""
    given = app.current_event.query_string_parameters or {}
    if given:
        known = {each.alias for each in get_flat_params(app.context["_route"].dependant)}
        unknown = [Problem(name, "unknown_parameter") for name in given if name not in known]
        if unknown:
            raise InvalidParameter("invalid_parameters", *unknown)
    return next_middleware(app)
