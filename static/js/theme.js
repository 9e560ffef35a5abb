/* Light, dark, or as the system: a cookie that the server reads, so that no page flashes in the wrong one. */
const MEDIA = { auto: "screen and (prefers-color-scheme: dark)", dark: "screen", light: "not all" };

function choose(theme) {
  document.cookie = `theme=${theme}; path=/; max-age=31536000; samesite=lax`;
  document.documentElement.dataset.theme = theme;
  document.getElementById("dark").media = MEDIA[theme];
}

export function install() {
  for (const group of document.querySelectorAll("[data-theme-choice]")) {
    group.hidden = false;
    group.addEventListener("click", (event) => {
      const button = event.target.closest("button[value]");
      if (!button) return;
      choose(button.value);
      for (const one of group.querySelectorAll("button")) one.setAttribute("aria-pressed", String(one === button));
    });
  }
}
