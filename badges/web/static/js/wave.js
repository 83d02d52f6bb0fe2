// Watches a wave: asks how far it is, less and less often while nothing moves, and opens the page again at its end.
const SOON = 1_000;
const LATE = 15_000;
const STUCK = 60_000;
const STEPS = 4;

const part = document.querySelector("[data-wave]");
const find = (name) => part.querySelector(`[data-wave-${name}]`);
const share = (count, total) => `${total ? (100 * count) / total : 0}%`;

let wait = SOON;
let done = -1;
let told = 0;
let movedAt = Date.now();
let timer = 0;

function show(wave) {
  const bar = find("bar");
  const [sealed, blocked] = ["sealed", "blocked"].map((name) => part.querySelector(`[data-wave-rect=${name}]`));
  bar.setAttribute("aria-valuenow", String(wave.sealed + wave.blocked));
  bar.setAttribute("aria-valuetext", wave.words);
  sealed.setAttribute("width", share(wave.sealed, wave.total));
  blocked.setAttribute("x", share(wave.sealed, wave.total));
  blocked.setAttribute("width", share(wave.blocked, wave.total));
  find("words").textContent = wave.words;
  const numbers = { ...wave, left: wave.total - wave.sealed - wave.blocked };
  for (const line of part.querySelectorAll("[data-wave-number]")) line.textContent = String(numbers[line.dataset.waveNumber]);
  const step = Math.floor((wave.percent * STEPS) / 100);
  if (step > told) find("said").textContent = wave.words;
  told = Math.max(told, step);
}

function pace(wave) {
  const now = wave.sealed + wave.blocked;
  if (now !== done) movedAt = Date.now();
  wait = now === done ? Math.min(wait * 1.5, LATE) : SOON;
  done = now;
}

async function ask() {
  clearTimeout(timer);
  try {
    const answer = await fetch(part.dataset.wave, { headers: { Accept: "application/json" } });
    if (answer.redirected || answer.status === 404) return location.reload();
    const wave = await answer.json();
    show(wave);
    pace(wave);
    if (wave.state !== "running") return location.reload();
  } catch {
    wait = Math.min(wait * 2, LATE);
  }
  document.querySelector("[data-wave-stuck]").hidden = Date.now() - movedAt < STUCK;
  timer = setTimeout(ask, wait);
}

if (part) {
  document.querySelector("[data-wave-again]").hidden = true;
  document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : ask()));
  timer = setTimeout(ask, SOON);
}
