"""SURFACE: pages for people at their own machine.

In: requests from a browser on this machine. Out: pages and the JSON behind them.
Never: an answer to another machine, or to another site's script.
"""
