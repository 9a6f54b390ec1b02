// The sandbox's card form in its frame: another origin, spoken to by messages with both ends checked.

const FORM_OF = { card: "card", us_bank_account: "bank" };
const SILENT_MS = 15000;

/** Put the form into `place`. `save()` answers `{setup}`, `{problem}`, or `{inside: true}`: the form shows it itself. */
export function mount(place, { kind, setup, form, title, language, enter, refused }) {
  const origin = new URL(form).origin;
  const frame = document.createElement("iframe");
  frame.src = `${origin}/`;
  frame.title = title;
  frame.height = 250;
  let done = null;

  function end(result) {
    done?.(result);
    done = null;
  }

  function hear({ data, origin: from, source }) {
    if (!frame.isConnected) return window.removeEventListener("message", hear);
    if (from !== origin || source !== frame.contentWindow || typeof data !== "object" || data === null) return;
    if (data.type === "height" && Number.isFinite(data.height)) frame.height = Math.min(Math.max(data.height, 60), 900);
    else if (data.type === "enter") enter();
    else if (data.type === "saved") end({ setup: String(data.setup) });
    else if (data.type === "declined") end({ problem: refused(data.reason) });
    else if (data.type === "faults") end({ inside: true });
    else if (data.type === "trouble") end({});
  }

  window.addEventListener("message", hear);
  frame.addEventListener("load", () => {
    frame.contentWindow.postMessage({ type: "setup", setup, kind: FORM_OF[kind], language }, origin);
  });
  place.replaceChildren(frame);

  return {
    save() {
      return new Promise((resolve) => {
        done = resolve;
        setTimeout(() => done === resolve && end({}), SILENT_MS);
        frame.contentWindow.postMessage({ type: "save" }, origin);
      });
    },
  };
}
