"""Routes of tags and facets with their counts."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, get_args

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from crm.domain.kernel.ids import MerchantId
from crm.domain.lists.facets import FacetKind
from crm.domain.values.administrative_units import units
from crm.http.api import Api, answer
from crm.http.cursors import Cursors
from crm.http.lists.models import FacetPageAnswer, TagPageAnswer
from crm.http.parameters import CursorQuery
from crm.http.small_pages import small_page
from crm.ports.lists import Facets

Limit = Annotated[int, Query(ge=1, le=100)]
Kind = Annotated[FacetKind | None, Query(description="Facets of one kind alone.")]


def facet_routes(app: Api, *, facets: Facets, cursors: Cursors) -> None:
    """Add the routes of `/tags` and `/facets`."""

    @app.get("/tags", permission="customers:read", answers=TagPageAnswer)
    def tags(limit: Limit = 100, cursor: CursorQuery = "") -> Response[str]:
        counted = sorted(facets.counts(app.merchant_id, "tag").items())
        page = small_page(
            app.merchant_id,
            cursors,
            "tags",
            [(tag, {"tag": tag, "count": count}) for tag, count in counted],
            limit=limit,
            cursor=cursor,
        )
        return answer({"items": list(page.items), "next_cursor": page.next_cursor})

    @app.get("/facets", permission="customers:read", answers=FacetPageAnswer)
    def all_facets(
        kind: Kind = None, limit: Limit = 100, cursor: CursorQuery = ""
    ) -> Response[str]:
        page = small_page(
            app.merchant_id,
            cursors,
            f"facets {kind or ''}",
            list(_counted(app.merchant_id, kind, facets)),
            limit=limit,
            cursor=cursor,
        )
        return answer({"items": list(page.items), "next_cursor": page.next_cursor})


def _counted(
    merchant_id: MerchantId, kind: FacetKind | None, facets: Facets
) -> Iterator[tuple[str, dict[str, Any]]]:
    kinds: Sequence[FacetKind] = (kind,) if kind else sorted(get_args(FacetKind))
    for each in kinds:
        for value, count in sorted(facets.counts(merchant_id, each).items()):
            shown = {"kind": each, "value": value, "name": _name(each, value), "count": count}
            yield f"{each}#{value}", shown


def _name(kind: FacetKind, value: str) -> str | None:
    province = units().province(value) if kind == "province" else None
    return province.name if province else None
