/*
 * Steps with 撤销: a form with data-undo="what was done" is held for ten seconds and sent then, or at once when the
 * page is left, hidden, or another form is sent. Without this script the form is an ordinary POST.
 *
 *   data-undo         sentence of the toast, in the past tense
 *   data-undo-scope   on an element round the form: folded while waiting, taken away when sent, shown again when undone
 *   data-undo-then    on the form: "reload" (default outside a scope), "stay", or an address to go to when sent
 */
import { toast } from "./toast.js";
import { say } from "./words.js";

const SECONDS = 10;
const waiting = new Set();

class Step {
  constructor(form, submitter) {
    this.form = form;
    this.body = new FormData(form, submitter);
    this.action = submitter?.getAttribute("formaction") ? submitter.formAction : form.action;
    this.scope = form.closest("[data-undo-scope]");
    this.then = form.dataset.undoThen || (this.scope ? "stay" : "reload");
    this.sent = null;
    this.fold(true);
    this.closeToast = toast(form.dataset.undo, {
      action: say("undo"),
      onAction: () => this.undo(),
      seconds: SECONDS,
      clock: true,
    });
    this.timer = setTimeout(() => this.send(), SECONDS * 1000);
    waiting.add(this);
  }

  fold(on) {
    if (!this.scope) {
      for (const button of this.form.querySelectorAll("button")) button.disabled = on;
      return;
    }
    this.scope.hidden = on;
    document.dispatchEvent(new CustomEvent("list:changed"));
  }

  undo() {
    if (this.sent) return;
    clearTimeout(this.timer);
    waiting.delete(this);
    this.fold(false);
    toast(say("undone"), { seconds: 3 });
    (this.form.querySelector("button") ?? this.scope)?.focus();
  }

  /** Send once; a second call gets the first one's promise. */
  send({ leaving = false } = {}) {
    if (this.sent) return this.sent;
    clearTimeout(this.timer);
    this.closeToast();
    const body = hasFile(this.body) ? this.body : new URLSearchParams(this.body);
    this.sent = fetch(this.action, { method: "POST", body, keepalive: !hasFile(this.body), credentials: "same-origin" })
      .then((answer) => this.answered(answer, leaving))
      .catch(() => this.failed(say("offline")))
      .finally(() => waiting.delete(this));
    return this.sent;
  }

  /** True when the server did it. A refusal is shown and the step stands there again, also when one was about to leave. */
  async answered(answer, leaving) {
    const page = await answer.text();
    if (answer.redirected && new URL(answer.url).pathname === "/sign-in") return this.failed(say("signedOut"));
    if (!answer.ok) return this.failed(refusal(page) || say("failed"));
    if (!leaving) this.done();
    return true;
  }

  done() {
    if (this.then === "reload") {
      location.reload();
    } else if (this.then !== "stay") {
      location.assign(this.then);
    } else {
      this.scope?.remove();
      document.dispatchEvent(new CustomEvent("list:changed"));
    }
  }

  failed(sentence) {
    this.fold(false);
    toast(sentence, { tone: "bad", seconds: 0 });
    return false;
  }
}

function hasFile(body) {
  return [...body.values()].some((value) => value instanceof File && value.size > 0);
}

/** What the service said, from the page it answered with. */
function refusal(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  return page.querySelector("[data-refusal]")?.textContent.replace(/\s+/g, " ").trim() ?? "";
}

/** Send everything that waits; resolves when the server has answered, to whether all of it was done. */
async function flush(options = {}) {
  const answers = await Promise.all([...waiting].map((step) => step.send(options)));
  return answers.every(Boolean);
}

function followAfterSending(event) {
  const link = event.target.closest?.("a[href]");
  const ours = link && link.origin === location.origin && !link.target && !link.hasAttribute("download");
  const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  if (!ours || !plain || !waiting.size || link.getAttribute("href").startsWith("#")) return;
  event.preventDefault();
  flush({ leaving: true }).then((done) => done && location.assign(link.href));
}

function submitted(event) {
  const form = event.target;
  if (event.defaultPrevented || form.method === "dialog") return;
  if (form.dataset.undo) {
    event.preventDefault();
    new Step(form, event.submitter);
  } else if (waiting.size && !form.hasAttribute("hx-post") && !form.hasAttribute("hx-get")) {
    event.preventDefault();
    flush({ leaving: true }).then((done) => done && form.requestSubmit(event.submitter ?? undefined));
  }
}

export function install() {
  document.addEventListener("submit", submitted);
  document.addEventListener("click", followAfterSending);
  window.addEventListener("beforeunload", () => void flush({ leaving: true }));
  window.addEventListener("pagehide", () => void flush({ leaving: true }));
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") void flush();
  });
}
