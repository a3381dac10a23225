"""Sign-in pages for every framework, and those of an account. They need no script.

In: a PageRequest. Out: Steps to a PageResponse: pages of templates that can be overridden, sessions in cookies, a way
on to where the visitor came from. Never: a web framework, but in the file that is named after it.

A framework's file has one function, `sign_in_pages(**options)`, which makes `Pages(**options)` and gives what that
framework takes below a path of its own (`/account`), with a route for each of `pages.paths` (path → methods). A route

1. makes a `PageRequest` of what it got, with the Visit of the request's client and the Jar that the framework's own
   file keeps for it (cookies that pages set leave through that jar, as all others do);
2. has `pages.answer(request)` run by a carrier: `await server.waiting.run(…)`, or `server.blocking.run(…)`;
3. makes a response of status, headers and body.

`pages.answer` throws nothing that is a visitor's doing: what is wrong is in its answer. It checks by itself that forms
come from this site, so a framework's own check of that has to leave these routes alone.
"""

from .exchange import LONGEST_FORM, PageRequest, PageResponse, safe_next
from .site import Options, Pages

__all__ = ["LONGEST_FORM", "Options", "PageRequest", "PageResponse", "Pages", "safe_next"]
