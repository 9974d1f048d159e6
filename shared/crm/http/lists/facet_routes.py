"""Routes of tags and facets with their counts."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, get_args

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from crm.domain.kernel.ids import MerchantId
from crm.domain.lists.facets import FacetKind
from crm.domain.values.administrative_units import units
from crm.http.api import Api
from crm.http.cursors import Cursors
from crm.http.lists.models import FacetPageAnswer, TagPageAnswer
from crm.http.parameters import CursorQuery, Limit
from crm.http.small_pages import answer_small_page
from crm.ports.lists import Facets

Kind = Annotated[FacetKind | None, Query(description="Facets of one kind alone.")]


def facet_routes(app: Api, *, facets: Facets, cursors: Cursors) -> None:
    """Add the routes of `/tags` and `/facets`."""

    @app.get("/tags", permission="customers:read", answers=TagPageAnswer)
    def tags(limit: Limit = 100, cursor: CursorQuery = "") -> Response[str]:
        counted = sorted(facets.counts(app.merchant_id, "tag").items())
        return answer_small_page(
            cursors.of(app.merchant_id, {"collection": "tags"}),
            counted,
            lambda each: each[0],
            lambda each: {"tag": each[0], "count": each[1]},
            limit=limit,
            cursor=cursor,
        )

    @app.get("/facets", permission="customers:read", answers=FacetPageAnswer)
    def all_facets(
        kind: Kind = None, limit: Limit = 100, cursor: CursorQuery = ""
    ) -> Response[str]:
        return answer_small_page(
            cursors.of(app.merchant_id, {"collection": f"facets {kind or ''}"}),
            list(_counted(app.merchant_id, kind, facets)),
            lambda each: f"{each['kind']}#{each['value']}",
            lambda each: each,
            limit=limit,
            cursor=cursor,
        )


def _counted(
    merchant_id: MerchantId, kind: FacetKind | None, facets: Facets
) -> Iterator[dict[str, Any]]:
    kinds: Sequence[FacetKind] = (kind,) if kind else sorted(get_args(FacetKind))
    for each in kinds:
        for value, count in sorted(facets.counts(merchant_id, each).items()):
            yield {"kind": each, "value": value, "name": _name(each, value), "count": count}


def _name(kind: FacetKind, value: str) -> str | None:
    province = units().province(value) if kind == "province" else None
    return province.name if province else None
