"""What happened, newest first: the audit entries."""

import msgspec

from ....exchange import Response
from ... import query, responses
from ...errors import invalid
from ..call import Auth, Call
from .users import PER_PAGE, number

FIELDS = {"author": ["actor_username", "actor_name"], "action": ["action"], "type": ["log_type"]}


async def list_all(auth: Auth, call: Call) -> Response:
    """`GET /admin/audit?query=action:login`: a page at a time."""
    page, per_page = number(call, "page", 1), number(call, "per_page", PER_PAGE)
    wanted = call.parameter("query")
    field, mark, text = wanted.partition(":")
    if wanted and (not mark or field not in FIELDS):
        raise invalid(f"Invalid query scope: {wanted}")
    members = FIELDS[field] if wanted and text else []
    found, total = await auth.scope.run(
        query("list_audit", members, text, per_page, max(0, page - 1) * per_page), query("count_audit", members, text)
    )
    entries = [msgspec.Raw(row[0] or b"null") for row in found.rows]
    count = int((total.rows[0][0] or b"0").decode())
    headers = responses.page_headers(call.request.path, call.parameters(), page, per_page, count)
    return responses.reply(entries, 200, headers)
