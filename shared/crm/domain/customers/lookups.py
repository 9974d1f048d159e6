"""The one identity that a caller names to find a customer."""

from collections.abc import Callable, Mapping

from crm.domain.customers.customer import Identity, IdentityKind
from crm.domain.kernel.errors import Invalid, Problem, Refused
from crm.domain.values.cards import read_card
from crm.domain.values.codes import read_code
from crm.domain.values.emails import read_email
from crm.domain.values.external_ids import read_external_id
from crm.domain.values.phones import read_phone

_READERS: Mapping[str, tuple[IdentityKind, Callable[[str], str]]] = {
    "phone": ("phone", lambda raw: read_phone(raw).e164),
    "email": ("email", read_email),
    "card_code": ("card", read_card),
    "code": ("code", read_code),
    "external_id": ("ext", lambda raw: ":".join(read_external_id(raw))),
}


def identity_of(named: Mapping[str, str]) -> Identity:
    """Return the identity of {"phone": "0912…"} and the like, normalised, or raise `Invalid`."""
    if len(named) != 1:
        raise Invalid("one_identity_needed")
    ((field, raw),) = named.items()
    kind, read = _READERS[field]
    try:
        return Identity(kind, read(raw))
    except Refused as refused:
        problem = Problem(field, refused.code, refused.params)
        raise Invalid("invalid_fields", problem) from refused
