"""Service users: programs with explicit permissions."""

from uuid import uuid4

from crm.domain.kernel.ids import UserId
from crm.domain.kernel.permissions import Permission
from crm.domain.kernel.times import stamp
from crm.domain.merchants.staff import StaffMember
from crm.runtime.adapters.staff import staff
from tests.builders import MERCHANT, moment
from tests.functions.requests import Client, Handler


def a_service(handler: Handler, *permissions: Permission) -> Client:
    """Return a client of a service user with exactly these permissions."""
    user = UserId(uuid4().hex)
    at = stamp(moment())
    member = StaffMember(
        merchant_id=MERCHANT,
        id=user,
        email=f"{user}@moc.example",
        role="service",
        permissions=permissions,
        made_by="test",
        created_at=at,
        updated_at=at,
    )
    staff().add(MERCHANT, member)
    return Client(handler, role="service", claims={"sub": user})
