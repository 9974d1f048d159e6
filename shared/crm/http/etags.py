"""Versions as ETags, and the `If-Match` that a change must carry."""

from crm.domain.kernel.errors import IfMatchRequired, InvalidParameter, Problem


def etag(version: int) -> str:
    """Format a version as an ETag, quotes included: "7"."""
    return f'"{version}"'


def seen_version(if_match: str) -> int:
    """Parse the version in `If-Match`, which must be one strong ETag of ours."""
    if not if_match.strip():
        raise IfMatchRequired("if_match_required")
    quoted = if_match.strip()
    digits = quoted[1:-1]
    if quoted[0] != '"' or quoted[-1] != '"' or not (digits.isascii() and digits.isdigit()):
        raise InvalidParameter("invalid_parameters", Problem("If-Match", "if_match_invalid"))
    return int(digits)
