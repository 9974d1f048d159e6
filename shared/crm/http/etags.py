"""Versions as ETags, and the `If-Match` that a change must carry."""

from crm.domain.kernel.errors import IfMatchRequired, InvalidParameter, Problem


def etag(version: int) -> str:
    """Spell a version as an ETag: "7", quotes included."""
    return f'"{version}"'


def seen_version(if_match: str) -> int:
    """Read the version that the caller saw from `If-Match`: one strong ETag of ours."""
    if not if_match.strip():
        raise IfMatchRequired("if_match_required")
    quoted = if_match.strip()
    digits = quoted[1:-1]
    if quoted[0] != '"' or quoted[-1] != '"' or not (digits.isascii() and digits.isdigit()):
        raise InvalidParameter("invalid_parameters", Problem("If-Match", "if_match_invalid"))
    return int(digits)
