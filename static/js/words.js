/* The sentences that scripts say; base.html and pages write them as JSON in <script type="application/json" id="words…">. */
const words = {};
for (const block of document.querySelectorAll('script[type="application/json"][id^="words"]')) {
  Object.assign(words, JSON.parse(block.textContent));
}

export const language = document.documentElement.lang || "zh-CN";

/** The sentence `name`, its %(key)s places filled from `values`. */
export function say(name, values = {}) {
  return (words[name] ?? name).replace(/%\((\w+)\)s/g, (_, key) => values[key] ?? "");
}
