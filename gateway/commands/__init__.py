"""What `duely` does, one module a command; `gateway.cli` names them."""
