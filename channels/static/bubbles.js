// What a message looks like, as HTML built here from typed JSON. Everything that came over the wire or from the
// keyboard passes `escape`: the chat library puts this HTML into the page as it is.

import { word } from "./words.js";

const ENTITIES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** Text made safe inside HTML, in content and in quoted attributes alike. */
export function escape(text) {
  return String(text ?? "").replace(/[&<>"']/g, (sign) => ENTITIES[sign]);
}

/** An address a member may follow: https anywhere, or our own origin (plain http in development). Else null. */
function followable(address) {
  try {
    const url = new URL(address);
    return url.protocol === "https:" || url.origin === location.origin ? url.href : null;
  } catch {
    return null;
  }
}

/** A line of text with its links, all of it escaped. */
function withLinks(line) {
  return line
    .split(/(https?:\/\/[^\s<>"']+)/)
    .map((part, index) => {
      if (index % 2 === 0) return plain(part);
      const address = part.replace(/[.,;:!?)\]]+$/, "");
      const href = followable(address);
      if (!href) return escape(part);
      // Our own one-time link is for pressing, not for reading.
      const named = /\/pay#\w{43}$/.test(href) ? escape(word("secure-page")) : escape(address);
      const link = `<a href="${escape(href)}" target="_blank" rel="noopener noreferrer">${named}</a>`;
      return link + escape(part.slice(address.length));
    })
    .join("");
}

/** Escaped text in which a confirmation number is never broken over two lines. */
function plain(text) {
  return escape(text).replace(/\b[0-9A-Z]{4}-[0-9A-Z]{4}\b/g, '<span class="whole">$&</span>');
}

function paragraphs(text) {
  const blocks = String(text ?? "").trim().split(/\n{2,}/).filter(Boolean);
  return blocks.map((block) => `<p>${block.split("\n").map(withLinks).join("<br>")}</p>`).join("");
}

function row([label, value], kind) {
  return `<div class="${kind}"><dt>${escape(label)}</dt><dd>${escape(value)}</dd></div>`;
}

/** An invoice or a receipt. `card` is `{kind, title, rows: [[label, value]], total: [label, value]}`. */
function cardHtml(card) {
  const kind = card.kind === "receipt" ? "receipt" : "invoice";
  const rows = (card.rows ?? []).map((each) => row(each, "card-row")).join("");
  const total = card.total ? row(card.total, "card-total") : "";
  return (
    `<section class="card card-${kind}" aria-label="${escape(card.title)}">` +
    `<p class="card-title">${escape(card.title)}</p><dl>${rows}${total}</dl></section>`
  );
}

const SPEAKERS = { member: () => word("you"), bot: () => "Duely", demo: () => "", notice: () => word("notice") };

/** Who says it: a person of ours by name for all to see, the others for those who cannot see the bubble's side. */
function speakerHtml(role, name) {
  if (role === "agent") return `<p class="speaker">${escape(name || word("person"))}</p>`;
  const speaker = (SPEAKERS[role] ?? SPEAKERS.bot)();
  // What a demo shows says so in its own words.
  return speaker ? `<span class="unseen">${escape(speaker)}: </span>` : "";
}

/** One message. */
export function bubbleHtml({ role, text, card, name }) {
  const label = speakerHtml(role, name);
  const words = `<div class="words">${paragraphs(text)}</div>`;
  const parts = label + (text ? words : "") + (card ? cardHtml(card) : "");
  return `<div class="said said-${escape(role)}">${parts}</div>`;
}

/** Replace the words of a bubble in place, as when the gateway took a card number out of what was typed. */
export function rewrite(bubble, text) {
  const words = bubble.querySelector(".words");
  if (words) words.innerHTML = paragraphs(text);
}

/** Quick replies: offered under the last message, gone when the next one comes. */
export function quickRepliesHtml(buttons) {
  const all = buttons.map(
    ({ title, payload }) =>
      `<button type="button" class="quick" data-payload="${escape(payload)}">${escape(title)}</button>`,
  );
  return `<div class="deep-chat-temporary-message quicks" role="group" aria-label="${escape(word("quick-replies"))}">${all.join("")}</div>`;
}

const STARTERS = ["starter-owe", "starter-pay", "starter-autopay", "starter-rejected"];

/** What an empty conversation shows. `name` is empty for someone we do not know. */
export function startHtml(name) {
  const first = String(name ?? "").trim().split(/\s+/)[0];
  const hello = escape(first ? word("hello-name", { name: first }) : word("hello"));
  const buttons = STARTERS.map((name) => word(name)).map(
    (text) => `<button type="button" class="quick" data-payload="${escape(text)}">${escape(text)}</button>`,
  );
  return (
    `<div class="deep-chat-temporary-message start"><p class="start-title">${hello} ${escape(word("start"))}</p>` +
    `<p>${escape(word("start-hint"))}</p><div class="quicks">${buttons.join("")}</div></div>`
  );
}
