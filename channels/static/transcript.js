// The conversation as shown: which messages are on the page, which of them are the same message met twice, what is
// still on its way, and the quick replies of the last one.

import { bubbleHtml, quickRepliesHtml, rewrite, startHtml } from "./bubbles.js";
import { followEnd } from "./scroll.js";
import { word } from "./words.js";

const SLOW_MS = 1500;

/** deep-chat's side for each speaker; any other role it shows on the assistant's side. */
const SIDE = { member: "user", bot: "ai", demo: "demo", notice: "notice" };

/** Whether `kept` is what the gateway keeps of `typed`: the same, or with secrets replaced by tags such as [card]. */
function isRecordOf(kept, typed) {
  if (kept.trim() === typed.trim()) return true;
  const parts = kept.trim().split(/\[[a-z ]+\]/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return parts.length > 1 && new RegExp(`^${parts.join("[\\s\\S]+?")}$`).test(typed.trim());
}

export class Transcript {
  constructor(chat, name) {
    this.chat = chat;
    this.name = name;
    this.scroll = followEnd(chat.shadowRoot.querySelector("#messages"));
    this.shown = new Map(); // sequence number -> its bubble
    this.waiting = new Map(); // id -> {text, bubble, timer}: said here, not yet acknowledged
    this.titles = new Map(); // payload -> title of the last message's quick replies
    this.typing = false;
    this.online = true;
  }

  get empty() {
    return this.shown.size === 0 && this.waiting.size === 0;
  }

  /** A message of the record, live or from before. One already on the page is only corrected. */
  receive({ seq, role, text, buttons, card, name }) {
    const mine = role === "member" ? [...this.waiting.values()].find((said) => isRecordOf(text, said.text)) : null;
    const bubble = this.shown.get(seq) ?? mine?.bubble;
    if (bubble) {
      this.shown.set(seq, bubble);
      // The gateway's words win: it may have taken a card number out of what was typed.
      if (role === "member" && text !== bubble.payload) rewrite(bubble, text);
      return;
    }
    const words = role === "member" ? (this.titles.get(text) ?? text) : text;
    this.shown.set(seq, this.add(role, { text: words, card, name }));
    if (role === "demo") return;
    this.titles = new Map((buttons ?? []).map((each) => [each.payload, each.title]));
    if (buttons?.length) this.chat.addMessage({ role: "ai", html: quickRepliesHtml(buttons) });
  }

  /** The text deep-chat has just shown for a member, taken over as one of our own bubbles. Returns it, or null. */
  takeTyped(id) {
    const text = this.chat.getMessages().findLast((each) => each.role === "user" && each.text)?.text;
    const place = [...this.chat.shadowRoot.querySelectorAll(".user-message")].at(-1);
    if (!text || !place) return null;
    // deep-chat renders Markdown, links to anywhere included; what a member typed is shown as typed. Its own
    // updateMessage loses the bubble of a last message, so the inside is replaced here.
    place.innerHTML = bubbleHtml({ role: "member", text });
    this.wait(id, text, place.querySelector(".said"));
    return text;
  }

  /** A quick reply: shown by its title, sent as its payload. */
  reply(id, payload, title) {
    const bubble = this.add("member", { text: title });
    bubble.payload = payload;
    this.wait(id, payload, bubble);
  }

  wait(id, text, bubble) {
    const said = { text, bubble, timer: setTimeout(() => this.late(said), this.online ? SLOW_MS : 0) };
    this.waiting.set(id, said);
    this.scroll.toEnd();
  }

  /** What was said is kept now, as `seq`; `text` is how, where the gateway says so. */
  acknowledge({ id, seq, text }) {
    const said = this.waiting.get(id);
    if (!said) return;
    this.settle(id, said, "");
    if (!this.shown.has(seq)) this.shown.set(seq, said.bubble);
    if (text !== undefined && text !== said.text) rewrite(said.bubble, text);
  }

  /** What was said is not kept and will not be sent again. */
  refuse(id) {
    const said = this.waiting.get(id);
    if (said) this.settle(id, said, word("not-sent"));
  }

  settle(id, said, words) {
    clearTimeout(said.timer);
    this.waiting.delete(id);
    this.note(said, words);
  }

  late(said) {
    this.note(said, word(this.online ? "sending" : "waiting"));
  }

  note({ bubble }, words) {
    bubble.querySelector(".note")?.remove();
    if (!words) return;
    const note = document.createElement("p");
    note.className = "note";
    note.textContent = words;
    bubble.append(note);
  }

  setOnline(online) {
    if (online === this.online) return;
    this.online = online;
    if (!online) this.setTyping(false);
    for (const said of this.waiting.values()) this.late(said);
  }

  notice(text) {
    this.add("notice", { text });
  }

  start() {
    this.chat.addMessage({ role: "ai", html: startHtml(this.name) });
  }

  /** Put a message at the end; returns its bubble. */
  add(role, { text, card, name }) {
    this.chat.addMessage({ role: SIDE[role] ?? "ai", html: bubbleHtml({ role, text, card, name }) });
    const bubble = [...this.chat.shadowRoot.querySelectorAll(".said")].at(-1);
    // A message removes the dots under the last one; while more is coming they belong under this one.
    if (this.typing) this.showDots(true);
    return bubble;
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
