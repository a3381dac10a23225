"""Who may do what, as a file that is compared: asked of the database (`probes`), written and read again (`text`),
differences in words (`changes`).
"""
