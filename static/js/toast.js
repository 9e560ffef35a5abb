/* A short message at the foot of the page, with at most one button; read out by screen readers (#toasts is live). */
import { say } from "./words.js";

/**
 * @param {string} text
 * @param {{tone?: "bad", action?: string, onAction?: () => void, seconds?: number, clock?: boolean}} options
 *   seconds 0 keeps it until it is closed; clock draws how much of the time is left
 * @returns {() => void} takes the message away
 */
export function toast(text, { tone = "", action = "", onAction = null, seconds = 6, clock = false } = {}) {
  const box = document.createElement("div");
  box.className = tone ? `toast toast--${tone}` : "toast";
  const words = document.createElement("p");
  words.textContent = text;
  box.append(words);
  let ticking = 0;
  const close = () => {
    clearInterval(ticking);
    box.remove();
  };
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn";
  button.textContent = action || say("close");
  button.addEventListener("click", () => {
    close();
    onAction?.();
  });
  box.append(button);
  if (seconds) {
    const end = performance.now() + seconds * 1000;
    const bar = clock ? progress(box, seconds) : null;
    let left = seconds * 1000;
    ticking = setInterval(() => {
      left = end - performance.now();
      if (bar) bar.value = Math.max(0, left);
      if (left <= 0) close();
    }, 200);
  }
  document.getElementById("toasts").append(box);
  return close;
}

function progress(box, seconds) {
  const bar = document.createElement("progress");
  bar.className = "toast__clock";
  bar.max = seconds * 1000;
  bar.value = bar.max;
  bar.setAttribute("aria-hidden", "true");
  box.append(bar);
  return bar;
}
