"""Numbers of the conversations and the money, each with its table: `asked` is for what, `figures` what is counted."""
