// The conversation as shown: which messages are on the page, which of them are the same message met twice, what is
// still on its way, and the quick replies of the last one.

import { bubbleHtml, quickRepliesHtml, rewrite, startHtml } from "./bubbles.js";
import { followEnd } from "./scroll.js";

const SLOW_MS = 1500;

/** deep-chat's side for each speaker; any other role it shows on the assistant's side. */
const SIDE = { member: "user", bot: "ai", demo: "demo", notice: "notice" };

export class Transcript {
  constructor(chat, name) {
    this.chat = chat;
    this.name = name;
    this.scroll = followEnd(chat.shadowRoot.querySelector("#messages"));
    this.shown = new Set(); // sequence numbers on the page
    this.waiting = new Map(); // id -> {text, slow timer}: said here, not yet acknowledged
    this.unechoed = new Map(); // seq -> id: acknowledged, its record not yet seen
    this.titles = new Map(); // payload -> title of the last message's quick replies
    this.typing = false;
    this.online = true;
  }

  get empty() {
    return this.shown.size === 0 && this.waiting.size === 0;
  }

  bubble(key) {
    return this.chat.shadowRoot.querySelector(`[data-key="${CSS.escape(String(key))}"]`);
  }

  /** A message of the record, live or from before. One already on the page is only corrected. */
  receive({ seq, role, text, buttons, card }) {
    const id = this.unechoed.get(seq) ?? (role === "member" ? this.saidHere(text) : undefined);
    if (this.shown.has(seq) || id !== undefined) {
      const bubble = this.bubble(id ?? seq);
      // The gateway's words win: it may have taken a card number out of what was typed.
      if (bubble && role === "member") rewrite(bubble, this.titles.get(text) ?? text);
      this.unechoed.delete(seq);
      this.shown.add(seq);
      return;
    }
    this.shown.add(seq);
    const words = role === "member" ? (this.titles.get(text) ?? text) : text;
    this.add(role, bubbleHtml({ role, text: words, card, key: seq }));
    if (role === "demo") return;
    this.titles = new Map((buttons ?? []).map((each) => [each.payload, each.title]));
    if (buttons?.length) this.chat.addMessage({ role: "ai", html: quickRepliesHtml(buttons) });
  }

  /** The id of a text said on this page whose record came before its acknowledgement. */
  saidHere(text) {
    for (const [id, said] of this.waiting) if (said.text === text) return id;
    return undefined;
  }

  /** The text deep-chat has just shown for a member, taken over as one of our own bubbles. Returns it, or null. */
  takeTyped(id) {
    const text = this.chat.getMessages().findLast((each) => each.role === "user" && each.text)?.text;
    const bubble = [...this.chat.shadowRoot.querySelectorAll(".user-message")].at(-1);
    if (!text || !bubble) return null;
    // deep-chat renders Markdown, links to anywhere included; what a member typed is shown as typed. Its own
    // updateMessage loses the bubble of a last message, so the inside is replaced here.
    bubble.innerHTML = bubbleHtml({ role: "member", text, key: id });
    this.wait(id, text);
    this.scroll.toEnd();
    return text;
  }

  /** A quick reply: shown by its title, sent as its payload. */
  reply(id, payload, title) {
    this.add("member", bubbleHtml({ role: "member", text: title, key: id }));
    this.wait(id, payload);
    this.scroll.toEnd();
  }

  wait(id, text) {
    const timer = setTimeout(() => this.mark(id, true), this.online ? SLOW_MS : 0);
    this.waiting.set(id, { text, timer });
  }

  acknowledge({ id, seq }) {
    const said = this.waiting.get(id);
    if (!said) return;
    clearTimeout(said.timer);
    this.waiting.delete(id);
    this.mark(id, false);
    if (!this.shown.has(seq)) this.unechoed.set(seq, id);
    this.shown.add(seq);
  }

  mark(id, late) {
    const bubble = this.bubble(id);
    bubble?.querySelector(".late")?.remove();
    if (!bubble || !late) return;
    const note = document.createElement("p");
    note.className = "late";
    note.textContent = this.online ? "Sending…" : "Waiting to be sent";
    bubble.append(note);
  }

  setOnline(online) {
    if (online === this.online) return;
    this.online = online;
    if (!online) this.setTyping(false);
    for (const id of this.waiting.keys()) this.mark(id, true);
  }

  notice(text) {
    this.add("notice", bubbleHtml({ role: "notice", text, key: "notice" }));
  }

  start() {
    this.chat.addMessage({ role: "ai", html: startHtml(this.name) });
  }

  add(role, html) {
    this.chat.addMessage({ role: SIDE[role] ?? "ai", html });
    // A message removes the dots under the last one; while more is coming they belong under this one.
    if (this.typing) this.showDots(true);
  }

  setTyping(on) {
    this.typing = on;
    this.showDots(on);
  }

  showDots(on) {
    const shown = Boolean(this.chat.shadowRoot.querySelector(".deep-chat-loading-message-bubble"));
    if (shown !== on) this.chat.displayLoadingBubble.toggle(on ? { role: "ai" } : undefined);
  }
}
