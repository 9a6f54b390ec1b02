"""Composes the app, the workers and the command line; nobody imports it."""
