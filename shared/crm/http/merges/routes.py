"""Routes of merges: preview, merge, list, get and undo."""

from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from crm.domain.customers.activities import plain_changes
from crm.domain.customers.customer import FieldChange
from crm.domain.customers.representation import listed_shape
from crm.domain.idempotency.requests import Attempt
from crm.domain.kernel.ids import CustomerId
from crm.domain.kernel.paging import Cursor
from crm.domain.merges.merge import Choice, Merge
from crm.http.api import Api
from crm.http.caller import MerchantContext
from crm.http.cursors import Cursors
from crm.http.customers.activity_answers import changes_answer
from crm.http.declarations import ACTION, READ
from crm.http.merges.models import MergeAnswer, MergePageAnswer, MergePreviewAnswer, MergeWrite
from crm.http.parameters import CursorQuery, Limit
from crm.http.responses import answer, answer_page
from crm.http.small_pages import answer_small_page
from crm.usecases.merges.merges import (
    MergePorts,
    Partner,
    active_merges,
    get_merge,
    list_merges,
    merge_customers,
    preview_merge,
    undo_merge,
)

MergePath = Annotated[str, Path(description="The id of a merge.")]
OfCustomer = Annotated[
    str, Query(description="Only those that made this customer's records one and still stand.")
]


def merge_routes(app: Api, *, ports: MergePorts, cursors: Cursors) -> None:
    """Add the routes of `/merges`."""

    @app.get("/merges/<merge_id>", permission="customers:merge", answers=MergeAnswer)
    def get(merge_id: MergePath) -> Response[str]:
        return answer(merge_answer(get_merge(app.merchant_id, merge_id, merges=ports.merges)))

    @app.get("/merges", permission="customers:merge", answers=MergePageAnswer, failures=READ)
    def newest(
        customer_id: OfCustomer = "", limit: Limit = 50, cursor: CursorQuery = ""
    ) -> Response[str]:
        if customer_id:
            active = active_merges(app.merchant_id, CustomerId(customer_id), ports=ports)
            return answer_small_page(
                cursors.of(app.merchant_id, {"collection": f"merges {customer_id}"}),
                active,
                lambda each: each.id,
                merge_answer,
                limit=limit,
                cursor=cursor,
            )
        page_cursors = cursors.of(app.merchant_id, {"list": "merges"})
        last = page_cursors.read(cursor)
        page = list_merges(
            app.merchant_id,
            limit=limit,
            before=last.tiebreak if last else None,
            merges=ports.merges,
        )
        following = page_cursors.after(
            page.items, lambda each: Cursor(each.at, each.id), more=page.more
        )
        return answer_page([merge_answer(each) for each in page.items], following)

    @app.post(
        "/merges/preview",
        permission="customers:merge",
        answers=MergePreviewAnswer,
        failures=ACTION,
        once=None,
    )
    def preview(body: MergeWrite) -> Response[str]:
        seen = preview_merge(
            app.merchant_id,
            CustomerId(body.survivor_id),
            _partner(body),
            body.keep,
            now=app.now(),
            ports=ports,
        )
        shape = listed_shape(seen.merged)
        return answer(
            {
                "survivor_id": seen.merged.id,
                "loser_id": seen.loser_id,
                "records": len(seen.merged.merged_from) + 1,
                "fields": [_choice_answer(each, app.caller) for each in seen.choices],
                "metrics": shape["metrics"],
                "membership": shape["membership"],
            }
        )

    @app.post(
        "/merges",
        permission="customers:merge",
        answers=MergeAnswer,
        status=HTTPStatus.CREATED,
        failures=ACTION,
        once=get,
    )
    def merge(attempt: Attempt, body: MergeWrite) -> Response[str]:
        made = merge_customers(
            app.merchant_id,
            attempt.created_id,
            CustomerId(body.survivor_id),
            _partner(body),
            body.keep,
            act=attempt.act,
            ports=ports,
        )
        return answer(merge_answer(made), HTTPStatus.CREATED, location=f"/merges/{made.id}")

    @app.post(
        "/merges/<merge_id>/undo",
        permission="customers:merge",
        answers=MergeAnswer,
        once=get,
        creates=False,
    )
    def undo(attempt: Attempt, merge_id: MergePath) -> Response[str]:
        undone = undo_merge(app.merchant_id, merge_id, act=attempt.act, ports=ports)
        return answer(merge_answer(undone))


def merge_answer(merge: Merge) -> dict[str, Any]:
    """Return a merge as `MergeAnswer` documents it."""
    return {
        "id": merge.id,
        "status": merge.status,
        "survivor_id": merge.survivor_id,
        "loser_id": merge.loser_id,
        "keep": dict(merge.keep),
        "at": merge.at,
        "by": merge.by.actor,
        "undo_until": merge.undo_until,
        "undone_at": merge.undone_at,
        "undone_by": merge.undone_by.actor if merge.undone_by else None,
    }


def _partner(body: MergeWrite) -> Partner:
    loser = None if body.loser is None else body.loser.model_dump(exclude_none=True)
    return Partner(CustomerId(body.loser_id) if body.loser_id else None, loser)


def _choice_answer(choice: Choice, caller: MerchantContext) -> dict[str, Any]:
    pairs = plain_changes(
        [
            FieldChange(choice.field, choice.survivor, choice.loser),
            FieldChange(choice.field, None, choice.result),
        ]
    )
    both, result = changes_answer(pairs, caller)
    return {
        "field": choice.field,
        "survivor": both["old"],
        "loser": both["new"],
        "default": choice.default,
        "result": result["new"],
        "choosable": choice.choosable,
    }
