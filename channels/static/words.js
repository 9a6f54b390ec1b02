// The page's own words, in the language that it speaks: one template for each language that the page holds.

const templates = [...document.querySelectorAll("template[data-words]")];
let spoken = templates[0];

/** The language that is spoken now. */
export const language = () => spoken.dataset.words;

/** A word by its name, with its places filled. */
export function word(name, values = {}) {
  const text = spoken.content.querySelector(`[data-name="${name}"]`).textContent;
  return text.replace(/\{(\w+)\}/g, (_, key) => values[key] ?? "");
}

/** Go on in a language, everywhere on the page; in the one spoken now where the page has no other. */
export function speak(wanted) {
  spoken = templates.find((each) => each.dataset.words === wanted) ?? spoken;
  document.documentElement.lang = language();
  document.title = word("title");
  for (const each of document.querySelectorAll("[data-word]")) each.textContent = word(each.dataset.word);
}
