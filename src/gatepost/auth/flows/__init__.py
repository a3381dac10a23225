"""One flow a file: what happens at an endpoint of the auth surface, from its body to its Response."""
