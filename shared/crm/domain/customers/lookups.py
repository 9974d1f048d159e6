"""Read the one identity by which a caller looks up a customer."""

from collections.abc import Callable, Mapping

from crm.domain.customers.customer import Identity, IdentityKind
from crm.domain.kernel.errors import Invalid, read_field
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


def identity_of(lookup: Mapping[str, str]) -> Identity:
    """Return the normalised identity of a lookup like {"phone": "0912…"}, or raise `Invalid`."""
    if len(lookup) != 1:
        raise Invalid("one_identity_needed")
    ((field, raw),) = lookup.items()
    kind, read = _READERS[field]
    return Identity(kind, read_field(field, lambda: read(raw)))
