// Shortcuts of the review pages: a letter presses the button that bears it. They can be switched off (WCAG 2.1.4),
// so they only work where the switch is shown.
const STORED = "keys-off";

const typing = (target) => target.closest("input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]");

function offer(hint, keyed) {
  const control = hint.querySelector("[data-keys-switch]");
  let on = localStorage.getItem(STORED) === null;
  const tell = () => control?.setAttribute("aria-pressed", String(on));
  hint.hidden = false;
  tell();
  control?.addEventListener("click", () => {
    on = !on;
    if (on) localStorage.removeItem(STORED);
    else localStorage.setItem(STORED, "1");
    tell();
  });
  document.addEventListener("keydown", (event) => {
    if (!on || !hint.getClientRects().length || event.repeat) return;
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    const wanted = event.key.toLowerCase();
    const found = [...keyed].find((element) => element.dataset.key === wanted);
    if (!found) return;
    event.preventDefault();
    found.click();
  });
}

const hint = document.querySelector("[data-keys]");
if (hint) offer(hint, document.querySelectorAll("[data-key]"));
