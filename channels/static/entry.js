// The secure page: opens what a one-time link is for, holds the processor's form, and tells the gateway when something
// was saved. The token comes from behind the # and stands in no address afterwards; card numbers never come here.

import { language, speak, word } from "./words.js";

const TOKEN = "duely-entry"; // kept for this tab only, so that a reload or a bank's own page leads back

const sheet = document.querySelector(".sheet");
const at = (id) => document.getElementById(id);
let token = "";
let element = null;
let busy = false;
let guest = null; // what a guest's link is for: the amount, and whom it is paid to

/** The token of the link that was opened, taken out of the address bar. */
function takeToken() {
  const fromLink = location.hash.slice(1);
  if (fromLink) {
    history.replaceState(null, "", location.pathname + location.search);
    sessionStorage.setItem(TOKEN, fromLink);
  }
  return fromLink || sessionStorage.getItem(TOKEN) || "";
}

async function ask(path, more) {
  try {
    const answer = await fetch(`/pay/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ token, language: language(), ...more }),
    });
    return { status: answer.status, told: await answer.json().catch(() => ({})) };
  } catch {
    return { status: 0, told: {} };
  }
}

function only(id) {
  for (const each of ["opening", "form", "done", "paid", "gone"]) at(each).hidden = each !== id;
}

function gone() {
  sessionStorage.removeItem(TOKEN);
  only("gone");
  at("gone-title").focus();
}

function trouble(text) {
  at("problem").textContent = text;
  if (text) at("problem").focus();
}

function working(on) {
  busy = on;
  at("save").setAttribute("aria-disabled", String(on));
  at("save").textContent = guest ? word(on ? "paying" : "button-pay", guest) : word(on ? "saving" : "save");
}

async function open() {
  // Until the link has said whose it is, and for a guest, in the browser's language.
  speak(navigator.language.slice(0, 2));
  token = takeToken();
  const { status, told } = token ? await ask("open", {}) : { status: 404 };
  if (status === 404 || status === 422) return gone();
  if (status !== 200) {
    at("opening").firstElementChild.textContent = word("no-page");
    return;
  }
  only("form");
  if (told.language) speak(told.language);
  if (told.method) at("heading").textContent = word("heading-update");
  at("lead").textContent = word(told.method ? "update" : "add", told);
  if (told.purpose === "pay") forGuest(told);
  at("kinds").hidden = told.kinds.length < 2;
  at("promise").hidden = false;
  const returned = new URLSearchParams(location.search).get("setup_intent");
  if (returned) {
    history.replaceState(null, "", location.pathname);
    await finish(returned, true);
  } else if (told.kinds.length === 1) {
    await choose(told.kinds[0]);
  }
}

function forGuest(told) {
  guest = told;
  at("heading").textContent = word("heading-pay", told);
  at("lead").textContent = word("pay", told);
  at("legend").textContent = word("legend-pay");
  document.title = `${word("heading-pay", told)} - Duely`;
  working(false);
}

async function choose(kind) {
  trouble("");
  element = null;
  at("element").replaceChildren();
  at("consent").hidden = at("save").hidden = true;
  const { status, told } = await ask("open", { kind });
  if (status === 404) return gone();
  if (status !== 200) return trouble(told.detail ?? word("no-form"));
  const chosen = document.querySelector('input[name="kind"]:checked');
  if (chosen && chosen.value !== kind) return; // another one was chosen meanwhile
  const { mount } = await import(`./entry_${sheet.dataset.processor}.js`);
  element = mount(at("element"), {
    kind,
    setup: told.setup,
    key: sheet.dataset.key,
    form: sheet.dataset.form,
    title: word("frame"),
    language: language(),
    refused: (reason) => word("nothing-saved", { reason }),
    enter: () => at("form").requestSubmit(),
  });
  at("consent-text").textContent = told.authorization ?? "";
  at("consent").hidden = !told.authorization;
  at("agreed").checked = false;
  at("save").hidden = false;
}

async function save() {
  if (busy) return;
  if (!element) return trouble(word("choose"));
  if (!at("consent").hidden && !at("agreed").checked) {
    trouble(word(guest ? "agree-pay" : "agree"));
    at("agreed").focus();
    return;
  }
  trouble("");
  working(true);
  try {
    // Told before anything is saved: a bank's own page, or a closed tab, may keep us from hearing the end of it.
    if (at("agreed").checked && (await ask("agree", {})).status === 404) return gone();
    const { setup, problem, inside } = await element.save();
    if (setup) await finish(setup, at("agreed").checked);
    else if (!inside) trouble(problem ?? word(guest ? "trouble-pay" : "trouble"));
  } finally {
    working(false);
  }
}

async function finish(setup, agreed) {
  const { status, told } = await ask("done", { setup, agreed });
  if (status === 404) return gone();
  if (status !== 200) return trouble(told.detail ?? word(guest ? "trouble-pay" : "trouble"));
  sessionStorage.removeItem(TOKEN);
  if (guest) return paid(told);
  const method = told.method[0].toUpperCase() + told.method.slice(1);
  at("done-method").textContent = word("saved", { method });
  at("done-waits").hidden = !told.waits;
  for (const each of document.querySelectorAll(".back")) each.hidden = each.dataset.channel !== told.channel;
  only("done");
  document.title = `${word("saved", { method })} - Duely`;
  at("done-title").focus();
}

function paid(told) {
  at("paid-title").textContent = told.confirmation ? word("paid", told) : word("paid-unknown");
  at("confirmation").textContent = told.confirmation;
  at("paid-confirmation").hidden = !told.confirmation;
  at("paid-waits").hidden = Boolean(told.confirmation);
  only("paid");
  document.title = `${at("paid-title").textContent} - Duely`;
  at("paid-title").focus();
}

at("form").addEventListener("submit", (event) => {
  event.preventDefault();
  save();
});
at("kinds").addEventListener("change", (event) => choose(event.target.value));
open();
