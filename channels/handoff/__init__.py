"""Bringing in a person (DESIGN 3, steps 6 and 9; USER_ASKS 23).

Slack, the console and `duely handoffs` all work through the functions of `desk` and hear its `errors`.
"""
