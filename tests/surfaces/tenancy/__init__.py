"""The tenancy module, over HTTP."""
