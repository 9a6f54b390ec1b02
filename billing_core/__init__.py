"""Billing rules, money and the ledger of Duely; what other rooms may use is listed here."""
