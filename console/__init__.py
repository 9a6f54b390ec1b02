"""The back office for support and product teams (DESIGN 1): reads conversations and the core, helps people."""
