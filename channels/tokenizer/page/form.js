// The card form. It talks to the page that holds it by messages, and only to the origins it was built for: it is told
// which setup to fill and when to save, and tells back its height, that it was saved (sealed), or that it was not.

import { language, speak, word } from "./words.js";

const parents = document.querySelector('meta[name="parents"]').content.split(" ");
const FORMS = { card: ["number", "expires", "code"], bank: ["routing", "account", "again", "type", "holder"] };
const BRANDS = [["Visa", /^4/], ["Mastercard", /^(5[1-5]|2[2-7])/], ["American Express", /^3[47]/], ["Discover", /^(6011|64[4-9]|65)/]];

let parent = null; // the origin that gave us the setup
let setup = "";
let form = null;

function tell(message) {
  if (parent) window.parent.postMessage(message, parent);
}

function tellHeight() {
  tell({ type: "height", height: Math.ceil(document.querySelector("main").getBoundingClientRect().height) });
}

function show(faults) {
  const by = Object.fromEntries(faults);
  for (const name of FORMS[form.id]) {
    const line = document.getElementById(`${name}-fault`);
    if (!line) continue;
    const input = form.elements[name];
    line.textContent = by[name] ? word(`${name}-${by[name]}`) : "";
    input.setAttribute("aria-invalid", String(Boolean(by[name])));
  }
  const first = FORMS[form.id].find((name) => by[name]);
  const field = first && form.elements[first];
  if (field) (field instanceof RadioNodeList ? field[0] : field).focus();
  tellHeight();
}

async function save() {
  const typed = Object.fromEntries(FORMS[form.id].map((name) => [name, form.elements[name].value]));
  let answer;
  try {
    answer = await fetch("/save", { method: "POST", body: JSON.stringify({ ...typed, setup, language: language() }) });
  } catch {
    return tell({ type: "trouble" });
  }
  const told = await answer.json().catch(() => ({}));
  if (told.faults) {
    show(told.faults);
    return tell({ type: "faults" });
  }
  show([]);
  if (told.declined) return tell({ type: "declined", reason: told.declined });
  return tell(told.saved ? { type: "saved", setup: told.saved } : { type: "trouble" });
}

window.addEventListener("message", ({ data, origin, source }) => {
  if (source !== window.parent || !parents.includes(origin) || typeof data !== "object" || data === null) return;
  if (data.type === "setup" && typeof data.setup === "string" && data.kind in FORMS) {
    parent = origin;
    setup = data.setup;
    speak(data.language);
    form = document.getElementById(data.kind);
    for (const each of Object.keys(FORMS)) document.getElementById(each).hidden = each !== data.kind;
    tellHeight();
  } else if (data.type === "save" && origin === parent) {
    save();
  }
});

document.addEventListener("submit", (event) => {
  event.preventDefault();
  tell({ type: "enter" });
});

// Enter in a form without a button of its own submits nothing: the button is our parent's.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.target.tagName !== "INPUT") return;
  event.preventDefault();
  tell({ type: "enter" });
});

document.getElementById("number").addEventListener("input", ({ target }) => {
  const digits = target.value.replace(/\D/g, "").slice(0, 19);
  const brand = BRANDS.find(([, starts]) => starts.test(digits));
  document.getElementById("brand").textContent = brand ? brand[0] : "";
  // Groups only while typing at the end, so that a correction in the middle does not move the caret.
  if (target.selectionStart !== target.value.length) return;
  const amex = brand && brand[0] === "American Express";
  const groups = amex ? [digits.slice(0, 4), digits.slice(4, 10), digits.slice(10)] : digits.match(/.{1,4}/g) ?? [];
  target.value = groups.filter(Boolean).join(" ");
});

document.getElementById("expires").addEventListener("input", ({ target, inputType }) => {
  if (/^\d\d$/.test(target.value) && inputType === "insertText") target.value += "/";
});

new ResizeObserver(tellHeight).observe(document.querySelector("main"));
