"""Fixtures that run every contract test against each implementation of a port."""

import pytest

from crm.aws.customers.activities import DynamoActivities
from crm.aws.customers.customers import DynamoCustomers
from crm.aws.dynamodb.table import Table
from crm.aws.lists.facets import DynamoFacets
from crm.aws.lists.lists import DynamoCustomerLists
from crm.aws.lists.search import DynamoCustomerSearch
from crm.aws.lists.views import DynamoViews
from crm.aws.loyalty.loyalty import DynamoPoints
from crm.aws.merchants.merchants import DynamoMerchants
from crm.aws.merges.merges import DynamoMerges
from crm.aws.orders.changesets import DynamoChangesets
from crm.aws.orders.orders import DynamoOrders
from tests.builders import MERCHANT, Ids
from tests.engines.fixtures import NewTables
from tests.fakes.customers import InMemoryCustomers
from tests.fakes.facets import InMemoryFacets
from tests.fakes.history import InMemoryHistory
from tests.fakes.merchants import InMemoryMerchants
from tests.fakes.search import InMemorySearch
from tests.fakes.views import InMemoryViews
from tests.order_builders import HOA, Backend, a_backend

PROVIDERS = ("in memory", "moto", "dynamodb local")


@pytest.fixture(params=PROVIDERS)
def engine(request: pytest.FixtureRequest, new_tables: NewTables) -> Table | None:
    """Return an empty table in each engine, or None for the in-memory implementations."""
    if request.param == "in memory":
        return None
    fixture = "moto_client" if request.param == "moto" else "dynamodb_local_client"
    client = request.getfixturevalue(fixture)
    return Table(client, new_tables(client).main)


@pytest.fixture
def memory() -> InMemoryCustomers:
    """Return one in-memory store, shared by the customers and their lists."""
    return InMemoryCustomers()


@pytest.fixture
def customers(
    engine: Table | None, memory: InMemoryCustomers
) -> InMemoryCustomers | DynamoCustomers:
    """Return `ports.Customers`."""
    return memory if engine is None else DynamoCustomers(engine)


@pytest.fixture
def lists(
    engine: Table | None, memory: InMemoryCustomers
) -> InMemoryCustomers | DynamoCustomerLists:
    """Return `ports.CustomerLists` of the same customers."""
    return memory if engine is None else DynamoCustomerLists(engine)


@pytest.fixture
def merchants(engine: Table | None) -> InMemoryMerchants | DynamoMerchants:
    """Return `ports.Merchants`."""
    return InMemoryMerchants() if engine is None else DynamoMerchants(engine)


@pytest.fixture
def facets(engine: Table | None) -> InMemoryFacets | DynamoFacets:
    """Return `ports.Facets`."""
    return InMemoryFacets() if engine is None else DynamoFacets(engine)


@pytest.fixture
def activities(
    engine: Table | None, memory: InMemoryCustomers
) -> InMemoryHistory | DynamoActivities:
    """Return `ports.Activities` of the same customers."""
    return memory.history if engine is None else DynamoActivities(engine)


@pytest.fixture
def backend(engine: Table | None) -> Backend:
    """Return the ports through which events change a merchant's customers."""
    return a_backend() if engine is None else a_dynamodb_backend(engine)


def a_dynamodb_backend(table: Table) -> Backend:
    """Return the backend of a new merchant in a table."""
    DynamoMerchants(table).add(MERCHANT, HOA)
    return dynamodb_backend_of(table)


def dynamodb_backend_of(table: Table) -> Backend:
    """Return the backend of a table."""
    orders = DynamoOrders(table)
    return Backend(
        DynamoCustomers(table),
        DynamoMerchants(table),
        DynamoChangesets(table),
        orders,
        orders,
        DynamoActivities(table),
        Ids(),
        DynamoMerges(table),
        DynamoPoints(table),
    )


@pytest.fixture
def search(
    engine: Table | None, memory: InMemoryCustomers
) -> InMemorySearch | DynamoCustomerSearch:
    """Return `ports.CustomerSearch` of the same customers."""
    return InMemorySearch(memory) if engine is None else DynamoCustomerSearch(engine)


@pytest.fixture
def views(engine: Table | None) -> InMemoryViews | DynamoViews:
    """Return `ports.Views`."""
    return InMemoryViews() if engine is None else DynamoViews(engine)
