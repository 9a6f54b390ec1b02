"""Reviewing turns: what teaches most is read first, by two people, and what they agree on can be taught."""
