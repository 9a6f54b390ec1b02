// The chat page: puts the element on it, opens the line, and passes what comes from one to the other.

import { Transcript } from "./transcript.js";
import { newId, openWire } from "./wire.js";
import { word } from "./words.js";

const TYPING_LIMIT_MS = 20000; // dots that nobody took away
const SETTLED_MS = 400; // silence after hello that means: this was all of it

const place = document.getElementById("chat");
const banner = document.getElementById("connection");

function tell(text, link) {
  banner.replaceChildren(text);
  if (!link) return;
  const anchor = document.createElement("a");
  anchor.href = link.href;
  anchor.textContent = link.text;
  banner.append(" ", anchor);
}

async function open() {
  const [{ createChat, focusComposer, keepAccessible, setBusy }, style] = await Promise.all([
    import("./composer.js"),
    fetch("/static/bubbles.css").then((answer) => answer.text()),
  ]);

  const chat = createChat({ style, said: () => sendTyped() });
  const rendered = new Promise((done) => { chat.onComponentRender = done; });
  place.replaceChildren(chat);
  await rendered;
  keepAccessible(chat);
  setBusy(chat, true);

  const transcript = new Transcript(chat, place.dataset.name);
  let typingTimer = 0;
  let settleTimer = 0;
  let settled = false;

  function settleSoon() {
    if (settled) return;
    clearTimeout(settleTimer);
    settleTimer = setTimeout(() => {
      settled = true;
      setBusy(chat, false);
      if (transcript.empty) transcript.start();
      transcript.scroll.toEnd();
      if (document.activeElement === document.body) focusComposer(chat);
    }, SETTLED_MS);
  }

  const wire = openWire(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/chat/ws`, {
    message: (said) => {
      transcript.receive(said);
      settleSoon();
    },
    ack: (said) => transcript.acknowledge(said),
    error: (said) => {
      transcript.setTyping(false);
      if (said.id) transcript.refuse(said.id);
      transcript.notice(said.text);
    },
    typing: ({ on }) => {
      clearTimeout(typingTimer);
      transcript.setTyping(Boolean(on));
      if (on) typingTimer = setTimeout(() => transcript.setTyping(false), TYPING_LIMIT_MS);
    },
    state: (state) => {
      transcript.setOnline(state === "open");
      if (state === "open") {
        tell("");
        settleSoon();
      } else if (state === "signed-out") {
        tell(word("signed-out"), { href: "/", text: word("sign-in-again") });
      } else {
        tell(word("offline"));
      }
    },
  });

  function sendTyped() {
    const id = newId();
    const text = transcript.takeTyped(id);
    if (text) wire.say(id, text);
  }

  chat.shadowRoot.addEventListener("click", (event) => {
    const button = event.target.closest("[data-payload]");
    if (!button) return;
    const id = newId();
    transcript.reply(id, button.dataset.payload, button.textContent);
    wire.say(id, button.dataset.payload);
    focusComposer(chat);
  });
}

open().catch((problem) => {
  console.error(problem);
  place.replaceChildren();
  tell(word("not-opened"));
});
