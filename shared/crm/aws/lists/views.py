"""`ports.Views`: one row for each saved view."""

from crm.aws.dynamodb import keys
from crm.aws.dynamodb.attributes import plain_row, row
from crm.aws.dynamodb.table import Cancelled, Row, Table, starting_with
from crm.domain.kernel.errors import NotFound, Stale
from crm.domain.kernel.ids import MerchantId
from crm.domain.lists.filters import filter_from_json
from crm.domain.lists.views import View


class DynamoViews:
    """The saved views of merchants."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def all(self, merchant_id: MerchantId) -> list[View]:
        """Return all views of a merchant, oldest first."""
        rows = self._table.query_all(
            **starting_with(keys.of_merchant(merchant_id), keys.VIEW),
            ConsistentRead=True,
        )
        return [_view_of(item) for item in rows]

    def get(self, merchant_id: MerchantId, view_id: str) -> View:
        """Return a view, or raise `NotFound`."""
        item = self._table.get(keys.of_view(merchant_id, view_id))
        if item is None:
            raise NotFound("view_not_found")
        return _view_of(item)

    def add(self, merchant_id: MerchantId, view: View) -> None:
        """Add a new view."""
        self._table.put(_row_of(merchant_id, view))

    def replace(self, merchant_id: MerchantId, before: View, after: View) -> None:
        """Replace a view if its version is `before.version`, else raise `Stale`."""
        seen = {":seen": before.version}
        try:
            self._table.write(
                self._table.putting(_row_of(merchant_id, after), "version = :seen", seen)
            )
        except Cancelled as cancelled:
            raise _stale(cancelled) from cancelled

    def remove(self, merchant_id: MerchantId, view: View) -> None:
        """Remove a view if its version is unchanged, else raise `Stale`."""
        key = keys.of_view(merchant_id, view.id)
        try:
            self._table.write(
                self._table.deleting(key, "version = :seen", {":seen": view.version})
            )
        except Cancelled as cancelled:
            raise _stale(cancelled) from cancelled


def _stale(cancelled: Cancelled) -> Exception:
    item = cancelled.refused[0]
    if not item:
        return NotFound("view_not_found")
    return Stale("stale", current_version=int(item["version"]["N"]))


def _row_of(merchant_id: MerchantId, view: View) -> Row:
    return {
        **keys.of_view(merchant_id, view.id),
        **row(
            {
                "id": view.id,
                "name": view.name,
                "filter": view.filter.to_json(),
                "sort": view.sort,
                "columns": view.columns,
                "shared": view.shared,
                "owner": view.owner,
                "version": view.version,
                "created_at": view.created_at,
                "updated_at": view.updated_at,
            }
        ),
    }


def _view_of(item: Row) -> View:
    stored = plain_row(item)
    values = {name: value for name, value in stored.items() if name not in {"pk", "sk"}}
    return View(
        **{
            **values,
            "filter": filter_from_json(stored["filter"]),
            "columns": tuple(stored["columns"]),
        }
    )
