"""Cursors as clients hold them: signed, and valid for one merchant and one query."""

import binascii
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from hashlib import sha256
from hmac import compare_digest, new

from crm.domain.kernel.errors import InvalidParameter, Problem
from crm.domain.kernel.ids import MerchantId
from crm.domain.kernel.paging import Cursor

_SIGNATURE_BYTES = 16


class Cursors:
    """Writes and reads cursors with one secret."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

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


def _refusal() -> InvalidParameter:
    return InvalidParameter("invalid_parameters", Problem("cursor", "cursor_invalid"))
