// Light, dark or full sun, kept on this device in a cookie the server reads, so that no page flashes.
const YEAR = 31_536_000;

const secure = location.protocol === "https:" ? "; Secure" : "";

function choose(theme) {
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  document.cookie = `theme=${theme}; Path=/; Max-Age=${theme ? YEAR : 0}; SameSite=Lax${secure}`;
}

const buttons = document.querySelectorAll("[data-theme-choice]");

function tell() {
  const current = document.documentElement.dataset.theme ?? "";
  for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.themeChoice === current));
}

for (const group of document.querySelectorAll("[data-themes]")) group.hidden = false;
for (const button of buttons) {
  button.addEventListener("click", () => {
    choose(button.dataset.themeChoice);
    tell();
  });
}
tell();
