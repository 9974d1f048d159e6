"""Cursors as clients hold them: signed, and valid for one merchant and one query."""

import binascii
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from hmac import compare_digest, new
from typing import NamedTuple

from crm.domain.kernel.errors import InvalidParameter, Problem
from crm.domain.kernel.ids import MerchantId
from crm.domain.kernel.paging import Cursor

_SIGNATURE_BYTES = 16


class Cursors:
    """Writes and reads cursors with one secret."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def of(self, merchant_id: MerchantId, binding: Mapping[str, str]) -> "ListCursors":
        """Return the cursors of the merchant's list that `binding` describes."""
        return ListCursors(self, merchant_id, binding)

    def write(self, merchant_id: MerchantId, binding: Mapping[str, str], last: Cursor) -> str:
        """Return a cursor as signed text, for the list that `binding` describes."""
        payload = json.dumps(list(last), separators=(",", ":")).encode()
        signature = self._signature(merchant_id, binding, payload)
        return urlsafe_b64encode(signature + payload).rstrip(b"=").decode()

    def read(self, merchant_id: MerchantId, binding: Mapping[str, str], text: str) -> Cursor:
        """Return the cursor in a text; raise `InvalidParameter` if it is foreign or altered."""
        try:
            signed = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
        except (UnicodeEncodeError, binascii.Error) as error:
            raise _refusal() from error
        signature, payload = signed[:_SIGNATURE_BYTES], signed[_SIGNATURE_BYTES:]
        if not compare_digest(signature, self._signature(merchant_id, binding, payload)):
            raise _refusal()
        return Cursor(*json.loads(payload))

    def _signature(
        self, merchant_id: MerchantId, binding: Mapping[str, str], payload: bytes
    ) -> bytes:
        bound = json.dumps([merchant_id, sorted(binding.items())], ensure_ascii=False).encode()
        return new(self._secret, bound + b"\x00" + payload, sha256).digest()[:_SIGNATURE_BYTES]


class ListCursors(NamedTuple):
    """Writes and reads the cursors of one list of a merchant."""

    cursors: Cursors
    merchant_id: MerchantId
    binding: Mapping[str, str]

    def read(self, text: str) -> Cursor | None:
        """Return the cursor in a text, or None for the first page."""
        return self.cursors.read(self.merchant_id, self.binding, text) if text else None

    def write(self, last: Cursor | None) -> str | None:
        """Return the cursor of the next page, or None if there is none."""
        return last and self.cursors.write(self.merchant_id, self.binding, last)

    def after[Item](
        self, page: Sequence[Item], cursor_of: Callable[[Item], Cursor], *, more: bool
    ) -> str | None:
        """Return the cursor of the items that follow a page, or None if there are none."""
        return self.write(cursor_of(page[-1]) if more else None)


def _refusal() -> InvalidParameter:
    return InvalidParameter("invalid_parameters", Problem("cursor", "cursor_invalid"))
