/* A form with data-confirm="consequence in numbers" asks in a dialog before it is sent: for what cannot be undone. */
import { say } from "./words.js";

const agreed = new WeakSet();

function ask(sentence, label) {
  const dialog = document.createElement("dialog");
  dialog.className = "dialog";
  dialog.setAttribute("aria-labelledby", "confirm-title");
  const body = document.createElement("div");
  body.className = "dialog__body stack";
  const title = document.createElement("h2");
  title.id = "confirm-title";
  title.textContent = say("confirm");
  const text = document.createElement("p");
  text.textContent = sentence;
  const row = document.createElement("form");
  row.method = "dialog";
  row.className = "actions";
  row.append(choice("yes", label || say("goOn"), "btn btn--danger"), choice("no", say("leave"), "btn btn--quiet"));
  body.append(title, text, row);
  dialog.append(body);
  document.body.append(dialog);
  dialog.showModal();
  row.lastElementChild.focus();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
  });
}

function choice(value, label, style) {
  const button = document.createElement("button");
  button.value = value;
  button.className = style;
  button.textContent = label;
  return button;
}

export function install() {
  document.addEventListener(
    "submit",
    (event) => {
      const form = event.target;
      const sentence = event.submitter?.dataset.confirm || form.dataset.confirm;
      if (!sentence || agreed.delete(form)) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      ask(sentence, event.submitter?.innerText.trim()).then((yes) => {
        if (!yes) return;
        agreed.add(form);
        form.requestSubmit(event.submitter ?? undefined);
      });
    },
    true,
  );
}
