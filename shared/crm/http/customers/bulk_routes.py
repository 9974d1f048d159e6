"""The route that applies one edit to many customers."""

from aws_lambda_powertools.event_handler import Response

from crm.domain.kernel.ids import CustomerId
from crm.domain.messages.catalogue import text
from crm.http.api import Api
from crm.http.customers.bulk_models import BulkAnswer, BulkRequest
from crm.http.responses import answer_page
from crm.ports.customers import Customers
from crm.usecases.customers.bulk import edit_customers, read_bulk_edit


def bulk_routes(app: Api, customers: Customers) -> None:
    """Add the route of `/customers/bulk`."""

    @app.post(
        "/customers/bulk",
        permission="customers:manage",
        answers=BulkAnswer,
        failures=(413, 415, 422),
        once=None,
    )
    def bulk(body: BulkRequest) -> Response[str]:
        outcomes = edit_customers(
            app.merchant_id,
            [CustomerId(each) for each in body.customer_ids],
            read_bulk_edit(body.model_dump(exclude_unset=True)),
            act=app.act,
            customers=customers,
        )
        items = [
            {
                "id": each.id,
                "outcome": each.outcome,
                "code": each.code,
                "message": text(each.code, app.caller.locale, each.params) if each.code else None,
            }
            for each in outcomes
        ]
        return answer_page(items)
