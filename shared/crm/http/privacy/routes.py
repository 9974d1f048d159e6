"""Routes of personal data, privacy requests and erasure."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path

from crm.domain.idempotency.requests import Attempt
from crm.domain.kernel.ids import CustomerId
from crm.domain.kernel.paging import Cursor
from crm.domain.kernel.times import stamp
from crm.domain.privacy.requests import PrivacyRequest
from crm.http.api import Api
from crm.http.cursors import Cursors
from crm.http.declarations import CREATE
from crm.http.parameters import CursorQuery, CustomerPath, Limit
from crm.http.privacy.answers import personal_data_answer, request_answer
from crm.http.privacy.models import (
    ErasureCreate,
    PersonalDataAnswer,
    PrivacyRequestAnswer,
    PrivacyRequestCreate,
    PrivacyRequestPageAnswer,
    PrivacyRequestPatch,
)
from crm.http.responses import answer, answer_page
from crm.usecases.privacy.erasure import ErasureStartPorts, erase_customer
from crm.usecases.privacy.personal_data import PersonalDataPorts, extract_personal_data
from crm.usecases.privacy.requests import (
    Decision,
    NewRequest,
    RequestPorts,
    create_privacy_request,
    get_privacy_request,
    list_privacy_requests,
    update_privacy_request,
)

RequestPath = Annotated[str, Path(description="The id of a request.")]


def person_routes(
    app: Api,
    *,
    ports: PersonalDataPorts,
    erasure: ErasureStartPorts,
    cursors: Cursors,
) -> None:
    """Add the routes of a customer's `…/personal-data` and `…/erase`."""

    @app.get(
        "/customers/<customer_id>/personal-data",
        permission="privacy:erase",
        answers=PersonalDataAnswer,
    )
    def personal_data(
        customer_id: CustomerPath, limit: Limit = 100, cursor: CursorQuery = ""
    ) -> Response[str]:
        page_cursors = cursors.of(
            app.merchant_id, {"list": "personal-data", "customer": customer_id}
        )
        extract = extract_personal_data(
            app.merchant_id,
            CustomerId(customer_id),
            after=page_cursors.read(cursor),
            limit=limit,
            now=app.now(),
            ports=ports,
        )
        following = page_cursors.write(extract.next)
        return answer(personal_data_answer(extract, stamp(app.now()), following))

    @app.post(
        "/customers/<customer_id>/erase",
        permission="privacy:erase",
        answers=PrivacyRequestAnswer,
        status=HTTPStatus.ACCEPTED,
        once=None,
    )
    def erase(customer_id: CustomerPath, body: ErasureCreate | None = None) -> Response[str]:
        request = erase_customer(
            app.merchant_id,
            CustomerId(customer_id),
            request_id=body.request_id if body else None,
            act=app.act,
            ports=erasure,
        )
        return _shown(request, app, HTTPStatus.ACCEPTED)


def request_routes(
    app: Api,
    *,
    ports: RequestPorts,
    cursors: Cursors,
) -> None:
    """Add the routes of `/privacy-requests` and `/privacy-requests/{request_id}`."""

    @app.get(
        "/privacy-requests/<request_id>", permission="privacy:erase", answers=PrivacyRequestAnswer
    )
    def get(request_id: RequestPath) -> Response[str]:
        request = get_privacy_request(app.merchant_id, request_id, privacy=ports.requests)
        return _shown(request, app)

    @app.post(
        "/privacy-requests",
        permission="privacy:erase",
        answers=PrivacyRequestAnswer,
        status=HTTPStatus.CREATED,
        failures=(*CREATE, HTTPStatus.NOT_FOUND),
        once=get,
    )
    def ask(attempt: Attempt, body: PrivacyRequestCreate) -> Response[str]:
        request = create_privacy_request(
            app.merchant_id,
            attempt.created_id,
            NewRequest(
                customer_id=CustomerId(body.customer_id),
                kind=body.kind,
                received_at=body.received_at,
                third_party=body.third_party,
            ),
            act=attempt.act,
            ports=ports,
        )
        return _shown(request, app, HTTPStatus.CREATED)

    @app.get("/privacy-requests", permission="privacy:erase", answers=PrivacyRequestPageAnswer)
    def newest(limit: Limit = 50, cursor: CursorQuery = "") -> Response[str]:
        page_cursors = cursors.of(app.merchant_id, {"list": "privacy-requests"})
        last = page_cursors.read(cursor)
        before = last.tiebreak if last else None
        page = list_privacy_requests(
            app.merchant_id, limit=limit, before=before, privacy=ports.requests
        )
        now = stamp(app.now())
        items = [request_answer(each, now) for each in page.items]
        following = page_cursors.after(
            page.items, lambda each: Cursor(each.created_at, each.id), more=page.more
        )
        return answer_page(items, following)

    @app.patch(
        "/privacy-requests/<request_id>",
        permission="privacy:erase",
        answers=PrivacyRequestAnswer,
        if_match=True,
    )
    def decide(request_id: RequestPath, body: PrivacyRequestPatch) -> Response[str]:
        request = update_privacy_request(
            app.merchant_id,
            request_id,
            Decision(
                state=body.state,
                reason=body.reason,
                days_more=body.days_more,
                lifted=body.lifted is True,
            ),
            seen_version=app.seen_version,
            act=app.act,
            ports=ports,
        )
        return _shown(request, app)


def _shown(request: PrivacyRequest, app: Api, status: HTTPStatus = HTTPStatus.OK) -> Response[str]:
    location = None if status is HTTPStatus.OK else f"/privacy-requests/{request.id}"
    body = request_answer(request, stamp(app.now()))
    return answer(body, status, version=request.revision, location=location)
