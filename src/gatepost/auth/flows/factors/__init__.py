"""A user's second factors: enrol an authenticator app, challenge it, verify a code, take it away."""
