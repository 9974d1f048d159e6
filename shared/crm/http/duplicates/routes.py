"""Routes of possible duplicates: list, merge one or many, dismiss, reopen."""

from typing import Annotated, Any, Literal

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from crm.domain.customers.customer import Customer
from crm.domain.duplicates.scoring import (
    POINTS,
    PairId,
    PairQuery,
    Reason,
    default_survivor,
    format_pair_id,
    parse_pair_id,
    strength_of,
)
from crm.domain.kernel.errors import Invalid, NotFound, Problem
from crm.domain.kernel.ids import CustomerId
from crm.domain.messages.catalogue import text
from crm.http.api import Api
from crm.http.caller import MerchantContext
from crm.http.cursors import Cursors
from crm.http.customers.answers import customer_answer
from crm.http.declarations import ACTION
from crm.http.duplicates.models import (
    AcceptManyWrite,
    AcceptWrite,
    PairAnswer,
    PairOutcomesAnswer,
    PairPageAnswer,
)
from crm.http.merges.models import MergeAnswer
from crm.http.merges.routes import merge_answer
from crm.http.parameters import CursorQuery, Limit
from crm.http.responses import answer, answer_page
from crm.usecases.duplicates.pairs import (
    Duplicates,
    PairOutcome,
    ShownPair,
    accept_pair,
    accept_pairs,
    dismiss_pair,
    list_pairs,
    reopen_pair,
)

PairPath = Annotated[str, Path(description="The id of a pair.")]
Status = Annotated[
    Literal["open", "dismissed"], Query(description="Dismissed pairs, or the others.")
]
Least = Annotated[int, Query(ge=0, le=100, description="60 for likely pairs, 95 for exact ones.")]
Why = Annotated[Reason | None, Query(description="Only pairs that have this reason.")]

_CUSTOMER_FIELDS = (
    "id",
    "code",
    "display_name",
    "full_name",
    "phone",
    "email",
    "birthday",
    "gender",
    "card_code",
    "source",
    "created_at",
)
_METRIC_FIELDS = ("order_count", "total_spent", "last_order_at")


def duplicate_routes(app: Api, *, duplicates: Duplicates, cursors: Cursors) -> None:
    """Add the routes of `/duplicates`."""

    @app.get("/duplicates", permission="customers:merge", answers=PairPageAnswer)
    def likeliest(
        status: Status = "open",
        min_score: Least = 0,
        reason: Why = None,
        limit: Limit = 50,
        cursor: CursorQuery = "",
    ) -> Response[str]:
        binding = {"list": "duplicates", "status": status, "least": str(min_score)}
        binding |= {"reason": reason or ""}
        page_cursors = cursors.of(app.merchant_id, binding)
        query = PairQuery(status, min_score, reason, limit, page_cursors.read(cursor))
        page = list_pairs(app.merchant_id, query, duplicates=duplicates)
        items = [_pair_answer(each, app.caller) for each in page.items]
        return answer_page(items, page_cursors.write(page.following))

    @app.post(
        "/duplicates/accept",
        permission="customers:merge",
        answers=PairOutcomesAnswer,
        failures=ACTION,
        once=None,
    )
    def accept_many(body: AcceptManyWrite) -> Response[str]:
        if (body.ids is None) != body.exact:
            raise Invalid("invalid_fields", Problem("ids", "pairs_ids_or_exact"))
        named = None if body.ids is None else [(each, parse_pair_id(each)) for each in body.ids]
        outcomes = accept_pairs(
            app.merchant_id,
            None if named is None else [pair for _, pair in named if pair],
            act=app.act,
            duplicates=duplicates,
        )
        items = [_outcome_answer(each, app.caller) for each in outcomes]
        items += [
            _not_found_answer(spelled, app.caller) for spelled, pair in named or () if not pair
        ]
        return answer_page(items)

    @app.post(
        "/duplicates/<pair_id>/accept",
        permission="customers:merge",
        answers=MergeAnswer,
        once=None,
    )
    def accept(pair_id: PairPath, body: AcceptWrite | None = None) -> Response[str]:
        survivor = body.survivor_id if body else None
        merge = accept_pair(
            app.merchant_id,
            _read_pair_id(pair_id),
            CustomerId(survivor) if survivor else None,
            body.keep if body else {},
            act=app.act,
            duplicates=duplicates,
        )
        return answer(merge_answer(merge))

    @app.post(
        "/duplicates/<pair_id>/dismiss",
        permission="customers:merge",
        answers=PairAnswer,
        once=None,
    )
    def dismiss(pair_id: PairPath) -> Response[str]:
        shown = dismiss_pair(
            app.merchant_id, _read_pair_id(pair_id), act=app.act, duplicates=duplicates
        )
        return answer(_pair_answer(shown, app.caller))

    @app.post(
        "/duplicates/<pair_id>/reopen", permission="customers:merge", answers=PairAnswer, once=None
    )
    def reopen(pair_id: PairPath) -> Response[str]:
        shown = reopen_pair(
            app.merchant_id, _read_pair_id(pair_id), now=app.now(), duplicates=duplicates
        )
        return answer(_pair_answer(shown, app.caller))


def _read_pair_id(spelled: str) -> PairId:
    pair = parse_pair_id(spelled)
    if pair is None:
        raise NotFound("pair_not_found")
    return pair


def _pair_answer(shown: ShownPair, caller: MerchantContext) -> dict[str, Any]:
    pair, customers = shown
    return {
        "id": format_pair_id(pair.id),
        "status": pair.status,
        "score": pair.score,
        "strength": strength_of(pair.score),
        "reasons": [
            {
                "kind": kind,
                "points": POINTS[kind],
                "message": text(f"reason_{kind}", caller.locale),
            }
            for kind in pair.reasons
        ],
        "found_at": pair.found_at,
        "decided_at": pair.decided_at,
        "decided_by": pair.decided_by,
        "default_survivor_id": default_survivor(*customers),
        "customers": [_customer_summary(each, caller) for each in customers],
    }


def _customer_summary(customer: Customer, caller: MerchantContext) -> dict[str, Any]:
    full = customer_answer(customer, caller)
    home: dict[str, Any] = next((it for it in full["addresses"] if it["is_default"]), {})
    return {
        **{name: full[name] for name in _CUSTOMER_FIELDS},
        **{name: full["metrics"][name] for name in _METRIC_FIELDS},
        "address": home.get("line") or home.get("raw"),
    }


def _outcome_answer(outcome: PairOutcome, caller: MerchantContext) -> dict[str, Any]:
    code = outcome.code
    return {
        "id": format_pair_id(outcome.id),
        "outcome": outcome.outcome,
        "merge": merge_answer(outcome.merge) if outcome.merge else None,
        "code": code,
        "message": text(code, caller.locale, outcome.params) if code else None,
    }


def _not_found_answer(spelled: str, caller: MerchantContext) -> dict[str, Any]:
    return {
        "id": spelled,
        "outcome": "not_found",
        "merge": None,
        "code": "pair_not_found",
        "message": text("pair_not_found", caller.locale),
    }
