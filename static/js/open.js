/* What opens and closes: dialogs by data-dialog, menus that close on Escape or a press elsewhere, copying, first focus. */
import { toast } from "./toast.js";
import { say } from "./words.js";

function dialogs() {
  for (const button of document.querySelectorAll("[data-dialog][hidden]")) button.hidden = false;
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-dialog]");
    if (button) document.getElementById(button.dataset.dialog)?.showModal();
    else if (event.target instanceof HTMLDialogElement) event.target.close();
  });
}

function menus() {
  const close = (keep) => {
    for (const menu of document.querySelectorAll("details[data-dismiss][open]")) {
      if (!keep || !menu.contains(keep)) menu.open = false;
    }
  };
  document.addEventListener("click", (event) => close(event.target));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = document.querySelector("details[data-dismiss][open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
}

function copying() {
  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.("[data-copy-button]");
    if (!button) return;
    const field = button.closest("[data-copy]").querySelector("input");
    field.select();
    await navigator.clipboard.writeText(field.value);
    toast(say("copied"), { seconds: 3 });
  });
}

export function install() {
  dialogs();
  menus();
  copying();
  document.querySelector("[data-focus]")?.focus();
}
