"""Conversation files (DESIGN 8): read, played through the real stack, and held against what came of them."""
