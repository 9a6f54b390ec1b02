"""Amounts, days, methods, policies and months in a member's words, read in issuer time.

Methods and policies are a closed vocabulary (what is on file), so they are looked for in the whole text; amounts and
days come from spellings that can be nothing else, or from what Rasa marked. What is negated is not read. What cannot
be read is left out, and the read-back shows the member what was understood before any money moves.
"""

from bot.actions.reading.amounts import Amount, added_cents, amount, either_cents, in_digits, withheld_cents
from bot.actions.reading.claims import says_paid
from bot.actions.reading.days import day, day_is_unclear, either_day, names_a_day
from bot.actions.reading.methods import method, names_other, shunned_method
from bot.actions.reading.months import months, names_this_month
from bot.actions.reading.negation import corrects, kept, refuses, refuses_to_pay_in_spanish, suggests
from bot.actions.reading.policies import policy_id

__all__ = [
    "Amount",
    "added_cents",
    "amount",
    "corrects",
    "day",
    "day_is_unclear",
    "either_cents",
    "either_day",
    "in_digits",
    "kept",
    "method",
    "months",
    "names_a_day",
    "names_other",
    "names_this_month",
    "policy_id",
    "refuses",
    "refuses_to_pay_in_spanish",
    "says_paid",
    "shunned_method",
    "suggests",
    "withheld_cents",
]
