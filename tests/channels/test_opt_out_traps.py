"""Traps 1 to 3 (DOMAIN 4.1): the end of texts is never taken for billing, nor billing for the end of texts."""

from __future__ import annotations

from typing import Any

import pytest

from channels import keywords
from channels.gsm7 import to_gsm7
from channels.store import Contact
from channels.words import say, spoken_in

LEE = "+19195550101"
PHONE = "1-800-555-0100"

ENDS = """
STOP | STOP! | Stop. | stop please | please stop | stop now | Stop, thanks | StopAll | QUIT | quit please | END | cancel
unsubscribe | unsubscribe me | UNSUBSCRIBE ME please | opt out | OPT-OUT | opt me out | I want to opt out
opt out of texts | revoke | i revoke my consent | alto | parar | pare | arret
stop texting | stop texting me | Stop texting me about my bill | please stop sending me texts | quit texting me
don't text me | dont text me anymore | do not message me again | never text me again | I don't want your texts
stop the messages | stop msgs | stop sms | no more texts | enough with the texts | end these texts
cancel text messages | stop sending these stupid bill reminder texts | stop texing me | stop spamming me
stop bothering me | do not contact me
turn off texting | please turn off text messages | take me off your list | remove me from your list | leave me alone
remove me from this text list | wrong number | how do i stop these texts | can you stop texting me
would you please quit texting my phone | stop autopay and stop texting me | why did you text me? stop texting me
no mas mensajes | no más mensajes por favor | deje de mandarme mensajes | no quiero recibir mas mensajes
no me envien mensajes | no me manden mas mensajes | paren los mensajes | dejen de enviarme mensajes
"""
GOES_ON = """
stop autopay | cancel my payment | stop the draft | end it | I quit | cancel autopay | cancel please | end autopay
cancel my autopay please | quit autopay | unsubscribe from autopay | unsubscribe me from autopay | opt out of autopay
remove me from autopay | stop my payment and text me | stop the payment, text me when done | don't stop texting me
why did you stop texting me | did you stop texting me | i didn't get your text | i never got a text | stop payment
i don't get any texts | stop sending me paper bills | stop the paper | stop emailing me | no more paper | cancel my plan
end my coverage | revoke my autopay authorization | remove my card | delete my card | please keep texting me
text me the amount | parar el pago | cancelar mi pago | no quiero pagar | what happens if i stop texts
when will you stop texting | never mind | stop it from charging me | pay by text | don't pay it | don't cancel
stop charging my card | end of the month | i want to end autopay and get a text confirmation | stop, i meant autopay
i don't understand this text | i dont know what this text is about | cancel my bill | YES | yes stop autopay | help me
"""


def rows(table: str) -> list[str]:
    return [each.strip() for line in table.strip().splitlines() for each in line.split("|")]


def test_the_table_is_long_enough_to_mean_something() -> None:
    assert len(rows(ENDS)) >= 60
    assert len(rows(GOES_ON)) >= 50


@pytest.mark.parametrize("text", rows(ENDS))
def test_what_ends_texts_is_heard(text: str) -> None:
    assert keywords.read(text, opted_out=False) == "stop" or keywords.ends_texts(text)


@pytest.mark.parametrize("text", rows(GOES_ON))
def test_what_is_about_billing_ends_no_texts(text: str) -> None:
    assert keywords.read(text, opted_out=False) != "stop"
    assert not keywords.ends_texts(text)


@pytest.mark.parametrize(
    ("text", "language"),
    [("please stop texting me about my bill", "en"), ("unsubscribe me", "en"), ("no mas mensajes", "es")],
)
def test_free_words_get_the_one_confirmation_and_never_reach_rasa(world: Any, text: str, language: str) -> None:
    with spoken_in(language):
        stopped = to_gsm7(say("stop", phone=PHONE))
    assert world.text(LEE, text) == [stopped]
    assert world.text(LEE, "how much do i owe") == []
    assert world.rasa.asked == []
    assert world.rows(Contact, address=LEE)[0].opted_out_at is not None


@pytest.mark.parametrize("text", ["stop autopay", "cancel my payment"])
def test_a_billing_request_leaves_texts_on(world: Any, text: str) -> None:
    assert world.text(LEE, text) == [f"You said: {text}"]
    assert world.rows(Contact, address=LEE)[0].opted_out_at is None


def test_yes_after_an_opt_out_is_about_texts_and_never_reaches_the_payment(world: Any) -> None:
    world.text(LEE, "STOP")
    assert world.text(LEE, "YES") == [say("start", phone="1-800-555-0100")]
    assert world.rasa.asked == []
