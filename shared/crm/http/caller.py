"""The caller: merchant, person and permissions, taken only from the verified token."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from crm.domain.kernel.acts import Author
from crm.domain.kernel.errors import Forbidden, Unauthenticated
from crm.domain.kernel.ids import MerchantId, UserId
from crm.domain.kernel.permissions import Permission, permissions_of
from crm.domain.messages.catalogue import Locale


@dataclass(frozen=True, slots=True, kw_only=True)
class MerchantContext:
    """The caller of a request, as verified by the authorizer."""

    merchant_id: MerchantId
    user_id: UserId
    email: str | None
    permissions: frozenset[Permission]
    locale: Locale
    is_service: bool = False

    @property
    def author(self) -> Author:
        """The author recorded for changes through the API."""
        return Author("web", self.user_id)

    def require(self, permission: Permission) -> None:
        """Raise `Forbidden` unless the caller has the permission."""
        if permission not in self.permissions:
            raise Forbidden("permission_missing", permission=permission)

    def require_service(self) -> None:
        """Raise `Forbidden` unless the caller is a program that may send events."""
        if not self.is_service:
            raise Forbidden("service_users_only")


#: Returns the stored permissions of a `service` user; an empty set for anybody else.
type Granted = Callable[[MerchantId, UserId], frozenset[Permission]]

_SERVICE = "service"


def context_of(event: Mapping[str, Any], granted: Granted) -> MerchantContext:
    """Read the caller from an API Gateway event; the one place that reads `custom:merchant_id`."""
    authorizer = event.get("requestContext", {}).get("authorizer") or {}
    claims = authorizer.get("claims") or {}
    if claims.get("token_use") != "id":
        raise Unauthenticated("id_token_required")
    merchant_id = claims.get("custom:merchant_id")
    if not merchant_id:
        raise Unauthenticated("no_merchant")
    merchant, user = MerchantId(merchant_id), UserId(claims["sub"])
    groups = groups_of(claims.get("cognito:groups"))
    permissions = permissions_of(groups)
    if _SERVICE in groups:
        permissions |= granted(merchant, user)
    return MerchantContext(
        merchant_id=merchant,
        user_id=user,
        email=claims.get("email"),
        permissions=permissions,
        locale=locale_of(event),
        is_service=_SERVICE in groups,
    )


def groups_of(claim: str | list[str] | None) -> list[str]:
    """Read the groups of a token: "a,b" on AWS, "[a b]" on the local engine, or a list."""
    if isinstance(claim, list):
        return claim
    return [group for group in re.split(r"[\s,\[\]]+", claim or "") if group]


def locale_of(event: Mapping[str, Any]) -> Locale:
    """Return the supported language that `Accept-Language` prefers; Vietnamese by default."""
    wanted: list[tuple[float, int, Locale]] = []
    for place, part in enumerate(header_of(event, "accept-language").split(",")):
        tag, _, quality = part.strip().partition(";q=")
        language = tag.split("-")[0].lower()
        if language in {"vi", "en"} and _quality(quality) > 0:
            wanted.append((-_quality(quality), place, "vi" if language == "vi" else "en"))
    return min(wanted)[2] if wanted else "vi"


def header_of(event: Mapping[str, Any], name: str) -> str:
    """Return a header of a request, case-insensitively, or "" if it is missing."""
    headers: Mapping[str, str] = event.get("headers") or {}
    return next((value for key, value in headers.items() if key.lower() == name), "") or ""


def _quality(text: str) -> float:
    try:
        return float(text) if text else 1.0
    except ValueError:
        return 0.0
