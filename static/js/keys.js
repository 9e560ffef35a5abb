/*
 * Keys: `/` search, `?` the list of keys, `g` then a letter to go, `j` `k` through rows, Enter opens, `s` ticks, and any
 * letter that a button of the current row (or of the page) carries in data-key. Never while somebody types.
 */
const ROWS = "[data-row]";
let going = 0;

function typing(target) {
  return target.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]") !== null;
}

function rows() {
  return [...document.querySelectorAll(ROWS)].filter((row) => row.getClientRects().length);
}

function current() {
  return document.querySelector(`${ROWS}.is-current`);
}

function choose(row) {
  const before = current();
  before?.classList.remove("is-current");
  before?.removeAttribute("aria-current");
  if (!row) return;
  row.classList.add("is-current");
  row.setAttribute("aria-current", "true");
  const target = row.querySelector(".row-link") ?? row;
  if (target === row && !row.hasAttribute("tabindex")) row.tabIndex = -1;
  target.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

function step(by) {
  const all = rows();
  if (!all.length) return;
  const at = all.indexOf(current());
  choose(all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + by, 0), all.length - 1)]);
}

function go(letter) {
  document.querySelector(`[data-go="${CSS.escape(letter)}"]`)?.click();
}

function press(letter) {
  const here = current();
  const within = here ?? (rows().length > 1 ? null : document);
  const button = within?.querySelector(`[data-key="${CSS.escape(letter)}"]`);
  if (!button || button.disabled) return false;
  button.click();
  if (button.matches("summary")) button.parentElement.querySelector("textarea, input:not([type=hidden])")?.focus();
  return true;
}

function help() {
  const dialog = document.getElementById("keys");
  if (dialog.open) dialog.close();
  else dialog.showModal();
}

function search() {
  const field = document.querySelector("[data-search]") ?? document.getElementById("search");
  field?.focus();
  field?.select();
}

function tick() {
  current()?.querySelector("input[type=checkbox]")?.click();
}

const ALWAYS = { "/": search, "?": help, j: () => step(1), k: () => step(-1), s: tick };

function pressed(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing(event.target)) return;
  if (document.querySelector("dialog[open]") && event.key !== "?") return;
  const key = event.key.length === 1 && event.key !== "?" ? event.key.toLowerCase() : event.key;
  if (going) {
    clearTimeout(going);
    going = 0;
    go(key);
    event.preventDefault();
  } else if (key === "g") {
    going = setTimeout(() => (going = 0), 1500);
  } else if (ALWAYS[key]) {
    event.preventDefault();
    ALWAYS[key]();
  } else if (press(key)) {
    event.preventDefault();
  } else if (key === "Enter" && event.target === current()) {
    current().querySelector(".row-link, a")?.click();
  }
}

/** After rows went or came: keep a row chosen, so that the next key meets the next card. */
function changed() {
  const here = current();
  if (!here || here.getClientRects().length) return;
  const after = [...document.querySelectorAll(ROWS)].filter((row) => row.getClientRects().length || row === here);
  const at = after.indexOf(here);
  choose(after[at + 1] ?? after[at - 1]);
}

export function install() {
  document.addEventListener("keydown", pressed);
  document.addEventListener("list:changed", changed);
  document.addEventListener("focusin", (event) => {
    const row = event.target.closest?.(ROWS);
    if (row && row !== current()) {
      current()?.removeAttribute("aria-current");
      current()?.classList.remove("is-current");
      row.classList.add("is-current");
      row.setAttribute("aria-current", "true");
    }
  });
}
