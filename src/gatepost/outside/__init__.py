"""Other people's servers: whose keys are fetched, whom claims are pushed to, who is asked for the claims of a token.

In: settings that name them. Out: bounded exchanges over HTTPS, beside the requests that are served. Never: a redirect
followed, an answer longer or later than its limits, a secret in a log. Loaded where a setting asks for it only.
"""
