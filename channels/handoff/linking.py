"""A person sends the member a link to the secure page (DESIGN 5, DOMAIN 4.8).

The person does not stand in for the member: the link goes out at once only where a one-time code was entered within the
last five minutes (L3; L2 for one by which somebody else pays). Else a code goes to a contact on file first, and the
right entry brings the link.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Literal

from channels import codes, identity, links
from channels.assembly import Channels
from channels.handoff import desk, told
from channels.handoff.desk import Agent
from channels.handoff.errors import MemberOptedOut, NoLinkForThem
from channels.handoff.store import AgentWord
from channels.outcome import LinkWish, StepUp
from channels.words import say, spoken_in

Sent = Literal["link", "code", "told"]


def send_link(channels: Channels, handoff_id: str, agent: Agent, wish: LinkWish, key: str) -> Sent:
    """Send it, once for each `key`; the first word takes the conversation. What went: the link, a code before it, or
    (`told`) only why no code can go.

    Raises what `desk.say` raises, and `NoLinkForThem` where there is no member who pays here; then nothing was sent.
    """
    now, needs = channels.core.now(), links.needs(wish.purpose)
    with channels.core.read() as session:
        contact = desk.contact_of(session, handoff_id)
    if not links.may_be_given(channels.core, contact):
        raise NoLinkForThem
    with channels.core.write() as session:
        held = desk.hold(session, handoff_id)
        if session.get(AgentWord, key) is not None:
            return "link" if identity.level_now(held.contact, held.conversation, now) >= needs else "code"
        if held.contact.opted_out_at is not None:
            raise MemberOptedOut
        line = desk.take_for(channels, session, held, agent)
        held.handoff.last_word_at = now
        conversation = held.conversation
        data = {"role": "agent", "name": told.who(held.handoff), "by": agent.key}
        with spoken_in(conversation.language):
            if line is not None:
                desk.send(channels, session, conversation, line)
            if identity.level_now(held.contact, conversation, now) >= needs:
                link = links.create(session, channels.config.secret_key, conversation, held.contact, wish, now)
                words = links.sentence(link)
                message = desk.send(channels, session, conversation, words, data={**data, "link_id": link.id})
                sent: Sent = "link"
            else:
                asking = {**data, "link_wish": asdict(wish)}
                message = desk.send(channels, session, conversation, say("agent_link_prove"), data=asking)
                step_up = StepUp(needs, "pay" if wish.purpose == links.PAY else "method", message.id)
                codes.send(channels, session, held.contact, conversation, message, step_up)
                challenge = identity.newest_challenge(session, conversation.id)
                asked = challenge is not None and challenge.resume_message_id == message.id
                sent = "code" if asked else "told"
        session.add(AgentWord(key=key, handoff_id=handoff_id, message_id=message.id, at=now))
    channels.hub.notify(conversation.id)
    return sent
