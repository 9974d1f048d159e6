"""The query of `GET /customers`, read from its parameters."""

from dataclasses import replace
from typing import get_args

from crm.domain.errors import InvalidParameter, Problem
from crm.domain.ids import MerchantId
from crm.domain.lists import ListQuery, SortKey
from crm.http.cursors import Cursors

_SORT_KEYS: dict[str, SortKey] = {key: key for key in get_args(SortKey)}


def list_query(
    merchant_id: MerchantId,
    cursors: Cursors,
    *,
    sort: str,
    limit: int,
    archived: bool,
    cursor: str,
) -> ListQuery:
    """Return the query, or raise `InvalidParameter` for a sort or cursor that is none of ours."""
    sort_key = _SORT_KEYS.get(sort.removeprefix("-"))
    if sort_key is None:
        allowed = ", ".join(_SORT_KEYS)
        problem = Problem("sort", "sort_unknown", {"expected": allowed})
        raise InvalidParameter("invalid_parameters", problem)
    query = ListQuery(
        sort=sort_key, descending=sort.startswith("-"), archived=archived, limit=limit
    )
    if not cursor:
        return query
    return replace(query, after=cursors.read(merchant_id, query.binding(), cursor))
