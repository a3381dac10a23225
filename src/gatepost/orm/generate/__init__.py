"""What a schema's arguments and results look like, for whoever describes them: Python's types, OpenAPI.

In: a schema. Out: shapes; text made of them. Never: a shape that the client would refuse.
"""
