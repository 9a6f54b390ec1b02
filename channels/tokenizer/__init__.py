"""The sandbox's card form: an origin and a process of its own, as a real processor's is. Never in production."""
