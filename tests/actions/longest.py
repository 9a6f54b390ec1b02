"""The longest values a sentence may tell, by language: every reply has to fit an SMS with them."""

from __future__ import annotations

LONGEST = {
    "what": "September dental premium",
    "parts": "September $1,318.40, October $1,318.40 and November $1,318.40",
    "method": "American Express ending 0005",
    "old": "American Express ending 0005",
    "new": "American Express ending 0005",
    "methods": "American Express ending 0005, checking ending 6789 and Visa ending 4242",
    "phone": "the number on your ID card",
    "hours": "hours not known to me",
    "portal": "https://member.duely.example/billing",
    "issuer": "MA Health Connector",
    "bank_date": " (bank date September 28)",
    "bank": " (your bank may show September 28)",
    "email": "a.member@example.com",
    "confirmation": "7F3K-9QXM",
    "month": "September",
    "from_month": "September",
    "plan": "Silver Advantage",
    "expires": "12/2026",
    "when": "on September 28, 2026",
    "reason": "The bank declined this payment without giving us a reason we can share.",
    "step": "Use another payment method now, or call the number on the back of the card and ask the bank to allow it.",
    "word": "CHANGE LATER",
    "stop": " Your bank can stop it if told by September 28.",
    "delivery": "e-mail",
    "by_post": "cashier's check, check and money order",
    "address": "Duely Health NC Payment Center, PO Box 123456, Winston-Salem NC 27105-3456",
    "opens": " It is possible from September 28, 2026.",
    "count": "4",
    "why": "the premium went up, your tax credit went down and 5 people are covered, before it was 4",
    "months": "September, October, November and December",
    "payments": "; ".join(["September 28 $1,318.40, American Express ending 0005, sent back by the bank"] * 3),
    "programs": "ConnectorCare hardship waiver",
    "ending": "01",
    "amount": "$1,318.40",
    "days": "September 28, 2026 and September 28, 2026",
    "lead": "19",
    "notice": "5",
    "changed": "10",
    "terms": "x" * 305,
    "rule": "from 10 days before a bill is made to 10 days after",
    "before": "10",
    "after": "10",
    "again": "once the draft in progress is over",
    "done": "turned off",
    "from_day": "September 17",
    "to_day": "September 28",
    "draft": "September 28",
    "authorization": "x" * 290,
}

# What is not here is the same in both languages.
LONGEST_ES = {
    "what": "prima dental de septiembre",
    "parts": "septiembre $1,318.40, octubre $1,318.40 y noviembre $1,318.40",
    "method": "American Express terminada en 0005",
    "old": "American Express terminada en 0005",
    "new": "American Express terminada en 0005",
    "methods": "American Express terminada en 0005, cuenta corriente terminada en 6789 y Visa terminada en 4242",
    "phone": "el número de su tarjeta de miembro",
    "hours": "no conozco el horario",
    "bank_date": " (banco: 28 de septiembre)",
    "bank": " (su banco puede mostrar el 28 de septiembre)",
    "month": "septiembre",
    "from_month": "septiembre",
    "when": "el 28 de septiembre de 2026",
    "reason": "El banco rechazó este pago sin darnos un motivo que podamos compartir.",
    "step": "Use ahora otra forma de pago, o llame al número de la tarjeta y pida al banco que permita el pago.",
    "word": "CAMBIAR LUEGO",
    "stop": " Puede pararlo en su banco hasta el 28 de septiembre.",
    "delivery": "correo electrónico",
    "by_post": "cheque, cheque de caja y giro postal",
    "opens": " Se puede a partir del 28 de septiembre de 2026.",
    "why": "la prima subió, su crédito fiscal bajó y ahora cubre a 5 personas y antes a 4",
    "months": "septiembre, octubre, noviembre y diciembre",
    "payments": "; ".join(
        ["28 de septiembre $1,318.40, American Express terminada en 0005, devuelto por el banco"] * 3
    ),
    "programs": "exención por dificultades de ConnectorCare (hardship waiver)",
    "days": "28 de septiembre de 2026 y 28 de septiembre de 2026",
    "rule": "desde 10 días antes de que se hace una factura hasta 10 días después",
    "again": "cuando termine el cobro en curso",
    "done": "cambiar",
    "from_day": "17 de septiembre",
    "to_day": "28 de septiembre",
    "draft": "28 de septiembre",
    "terms": "x" * 300,
    "authorization": "x" * 287,
}


def longest(name: str, language: str) -> str:
    """The longest value of a field."""
    values = LONGEST | LONGEST_ES if language == "es" else LONGEST
    if name in values:
        return values[name]
    if name.endswith("_cents"):
        return "$1,318.40"
    return "28 de septiembre de 2026" if language == "es" else "September 28, 2026"
