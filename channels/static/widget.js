// The launcher on a plan's portal: one button, and the chat in a frame when it is pressed.
//
//   <script src="https://duely.example/widget.js" data-token-url="/duely-token" defer></script>
//
// `data-token-url` is a page of the portal that answers with a fresh signed token for whoever is signed in there. It is
// asked each time the chat is opened, so no token lies in the page. Styles are set from script only: the portal's
// content policy need not allow inline ones. It speaks the language of the portal's page (`<html lang>`), else the
// browser's; `data-language` names another, `data-label` other words for the button.

(() => {
  const me = document.currentScript;
  const home = new URL(me.src).origin;
  const tokenUrl = me.dataset.tokenUrl;
  const WORDS = {
    en: { open: "Chat about your bill", close: "Close chat" },
    es: { open: "Chatear sobre su factura", close: "Cerrar el chat" },
  };
  const asked = [me.dataset.language, document.documentElement.lang, ...navigator.languages];
  const language = asked.map((each) => (each ?? "").slice(0, 2).toLowerCase()).find((each) => each in WORDS) ?? "en";
  const words = WORDS[language];
  const label = me.dataset.label || words.open;

  function dressed(tag, style, attributes = {}) {
    const made = document.createElement(tag);
    Object.assign(made.style, style);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    return made;
  }

  const host = dressed("div", { all: "initial" }, { lang: language });
  const root = host.attachShadow({ mode: "open" });
  const button = dressed("button", {
    position: "fixed", right: "20px", bottom: "20px", zIndex: "2147483000", padding: "0 20px", height: "52px",
    border: "0", borderRadius: "26px", background: "#0b5c55", color: "#fff", cursor: "pointer",
    font: "600 16px/1 system-ui, sans-serif", boxShadow: "0 4px 16px rgba(0, 0, 0, .25)",
  }, { type: "button", "aria-expanded": "false", "aria-controls": "duely-panel" });
  button.textContent = label;
  const panel = dressed("div", {
    position: "fixed", right: "20px", bottom: "84px", zIndex: "2147483000", display: "none", overflow: "hidden",
    width: "min(400px, calc(100vw - 24px))", height: "min(640px, calc(100vh - 108px))", borderRadius: "16px",
    background: "#fff", boxShadow: "0 12px 40px rgba(0, 0, 0, .3)",
  }, { id: "duely-panel", role: "dialog", "aria-label": label });
  button.addEventListener("focus", () => { button.style.outline = "3px solid #ffbf47"; button.style.outlineOffset = "2px"; });
  button.addEventListener("blur", () => { button.style.outline = ""; });

  let frame = null;

  function open() {
    if (!frame) {
      frame = dressed("iframe", { width: "100%", height: "100%", border: "0" }, { title: label, src: `${home}/embed?language=${language}` });
      panel.append(frame);
    }
    panel.style.display = "block";
    button.textContent = words.close;
    button.setAttribute("aria-expanded", "true");
    frame.focus();
  }

  function close() {
    panel.style.display = "none";
    button.textContent = label;
    button.setAttribute("aria-expanded", "false");
    button.focus();
  }

  async function handOver() {
    if (!tokenUrl) return;
    const answer = await fetch(tokenUrl, { credentials: "same-origin", cache: "no-store" });
    if (answer.ok) frame.contentWindow.postMessage({ type: "duely-token", token: (await answer.text()).trim() }, home);
  }

  window.addEventListener("message", (event) => {
    if (!frame || event.source !== frame.contentWindow || event.origin !== home) return;
    if (event.data?.type === "duely-ready") handOver().catch(() => {});
    if (event.data?.type === "duely-close") close();
  });
  button.addEventListener("click", () => (panel.style.display === "none" ? open() : close()));
  root.addEventListener("keydown", (event) => { if (event.key === "Escape" && panel.style.display !== "none") close(); });
  root.append(button, panel);
  document.body.append(host);
})();
