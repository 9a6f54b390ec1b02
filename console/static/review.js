// Keys of the review form: each control that has a `data-key` is chosen, ticked, entered or followed by it.
// They work while nobody is writing, and can be switched off (WCAG 2.1.4); the page does without them.

const form = document.querySelector("form[data-keys]");
const keysSwitch = document.querySelector("[data-keys-switch]");
const KEPT = "duely.review.keys";

function writing(target) {
  return target.matches("select, textarea, input:not([type=radio]):not([type=checkbox])");
}

function press(control) {
  if (control.matches("a")) {
    control.click();
  } else if (writing(control)) {
    control.focus();
    control.select?.();
  } else {
    control.focus();
    control.click();
  }
}

if (form) {
  keysSwitch.checked = localStorage.getItem(KEPT) !== "off";
  keysSwitch.addEventListener("change", () => localStorage.setItem(KEPT, keysSwitch.checked ? "on" : "off"));
  form.elements.other.addEventListener("change", () => {
    for (const radio of form.querySelectorAll("[name=intent]")) {
      radio.checked = false;
    }
  });
  for (const radio of form.querySelectorAll("[name=intent]")) {
    radio.addEventListener("change", () => (form.elements.other.value = ""));
  }
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    if (event.key === "Escape" && writing(event.target)) {
      event.target.blur();
      return;
    }
    if (writing(event.target) || !keysSwitch.checked) {
      return;
    }
    const control = document.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
    if (control) {
      event.preventDefault();
      press(control);
    } else if (event.key === "Enter" && !event.target.matches("a, button")) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
}
