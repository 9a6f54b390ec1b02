// The first page in the widget's frame: says that it is there, takes the portal's token, and goes on to the chat.

import { word } from "./words.js";

const portals = new Set(document.getElementById("embed").dataset.portals.split(" ").filter(Boolean));
const words = document.getElementById("words");

async function signIn(token) {
  const answer = await fetch("/portal/sign-in", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ token }),
  });
  if (answer.ok) location.replace("/chat");
  else words.textContent = word("sign-in-again");
}

window.addEventListener("message", (event) => {
  // Only the page that holds this frame, and only from an origin that was named to us.
  if (event.source !== window.parent || !portals.has(event.origin)) return;
  if (event.data?.type === "duely-token" && typeof event.data.token === "string") {
    signIn(event.data.token).catch(() => { words.textContent = word("not-reached"); });
  }
});

for (const portal of portals) window.parent.postMessage({ type: "duely-ready" }, portal);
