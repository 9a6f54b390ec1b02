"""A year of each demo member from the canonical clock on: what they do is data, what follows is the core's answer."""
