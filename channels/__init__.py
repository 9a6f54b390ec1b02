"""How texts come in and replies go out: SMS, web chat, identity, screening, turns, outbox."""
