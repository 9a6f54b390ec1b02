// The deep-chat element: how it is set up, and what it lacks for people who use a keyboard or a screen reader.

import "./vendor/deepChat.bundle.js";
import { word } from "./words.js";

const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif';
const SEND_ICON =
  '<svg aria-hidden="true" viewBox="0 0 24 24" xmlns="http://www.w3.org/2000/svg"><path d="M12 19V5M5.500 11.500 12 5l6.500 6.500" ' +
  'fill="none" stroke="currentColor" stroke-width="2.200" stroke-linecap="round" stroke-linejoin="round"/></svg>';

/**
 * A deep-chat element, ready to be put on the page. `said()` is called after it has shown what a member typed.
 *
 * All properties are set before it is on the page: each later one makes it build its inside anew. They are set from
 * here and not as attributes, because it evaluates some attributes as code.
 */
export function createChat({ style, said }) {
  const chat = document.createElement("deep-chat");
  // Without a font of its own it fetches one from Google; without display it grows as a table cell.
  const look = { fontFamily: FONT, display: "block", width: "100%", height: "100%", border: "none" };
  Object.assign(chat.style, look);
  chat.chatStyle = { ...look, backgroundColor: "transparent" };
  chat.auxiliaryStyle = style;
  chat.connect = {
    websocket: true,
    // The line is ours (wire.js) and keeps what could not be sent, so to the element it is always open.
    handler: (_, signals) => {
      signals.newUserMessage.listener = said;
      signals.onOpen();
    },
  };
  chat.displayLoadingBubble = { toggle() {} };
  chat.textInput = { characterLimit: 1000, placeholder: { text: word("write") } };
  chat.submitButtonStyles = { position: "inside-end", submit: { svg: { content: SEND_ICON } } };
  chat.errorMessages = { displayServiceErrorMessages: false };
  return chat;
}

function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    // Only what differs: writing an attribute wakes the observer that called us.
    if (element && element.getAttribute(name) !== value) element.setAttribute(name, value);
  }
}

/** Name what the element leaves nameless, now and whenever it builds its inside anew. */
export function keepAccessible(chat) {
  const root = chat.shadowRoot;
  const patch = () => {
    set(root.querySelector("#messages"), {
      role: "log", "aria-live": "polite", "aria-label": word("conversation"), tabindex: "0",
    });
    set(root.querySelector("#text-input"), {
      role: "textbox", "aria-multiline": "true", "aria-label": word("message"),
    });
    for (const button of root.querySelectorAll(".input-button")) set(button, { role: "button", "aria-label": word("send") });
    for (const dots of root.querySelectorAll(".deep-chat-loading-message-bubble")) {
      set(dots, { role: "img", "aria-label": word("writing") });
    }
  };
  new MutationObserver(patch).observe(root, { childList: true, subtree: true });
  patch();
}

/** While a conversation is being loaded a screen reader keeps quiet about it. */
export function setBusy(chat, busy) {
  chat.shadowRoot.querySelector("#messages")?.setAttribute("aria-busy", String(busy));
}

/** On to the text box, except where that would open a keyboard over the conversation. */
export function focusComposer(chat) {
  if (matchMedia("(pointer: coarse)").matches) chat.shadowRoot.activeElement?.blur();
  else chat.focusInput();
}
