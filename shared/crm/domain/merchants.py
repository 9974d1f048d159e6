"""A merchant: whose book it is, in which language and zone, and where mails go."""

from dataclasses import dataclass

from crm.domain.ids import MerchantId
from crm.domain.messages import Locale
from crm.domain.times import DEFAULT_ZONE

#: The connection that lets events of every source in.
ANY_SOURCE = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Merchant:
    """What a merchant has set for everyone who works for it."""

    id: MerchantId
    name: str
    email: str
    locale: Locale = "vi"
    zone: str = DEFAULT_ZONE
    connections: tuple[str, ...] = ()
    created_at: str

    def hears(self, source: str) -> bool:
        """Tell whether events of a source may change this merchant's book."""
        return source in self.connections or ANY_SOURCE in self.connections
