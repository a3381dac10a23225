"""The tenancy module, by SQL."""
