// Ticking many requests: all at once, a range with Shift, by keyboard; ticks outlive a look at what was seen.
const KEPT = "batch";
const OFF = "keys-off";

const kept = () => JSON.parse(sessionStorage.getItem(KEPT) ?? "[]");

function tick(form) {
  const boxes = [...form.querySelectorAll("input[name=choice]")];
  const count = document.querySelector("[data-batch-count]");
  const tools = form.querySelector("[data-batch-tools]");
  let last = null;

  const told = () => {
    const chosen = boxes.filter((box) => box.checked);
    const words = { 0: "none", 1: "one" }[chosen.length] ?? "many";
    count.textContent = count.dataset[words].replace("{n}", String(chosen.length));
    sessionStorage.setItem(KEPT, JSON.stringify(chosen.map((box) => box.value)));
  };
  const set = (some, checked) => {
    for (const box of some) box.checked = checked;
    told();
  };
  const range = (from, to) => {
    const [first, end] = [boxes.indexOf(from), boxes.indexOf(to)].sort((a, b) => a - b);
    return boxes.slice(first, end + 1);
  };
  const touch = (box, withShift) => {
    if (withShift && last && last !== box) set(range(last, box), box.checked);
    else told();
    last = box;
  };
  const here = () => document.activeElement?.closest?.("li")?.querySelector("input[name=choice]") ?? null;
  const move = (by) => {
    const at = boxes.indexOf(here() ?? last);
    const next = boxes[Math.min(boxes.length - 1, Math.max(0, at + by))] ?? boxes[0];
    next.focus({ preventScroll: true });
    next.closest("li").scrollIntoView({ block: "center" });
  };
  const press = (withShift) => {
    const box = here() ?? last ?? boxes[0];
    box.focus({ preventScroll: true });
    box.checked = !box.checked;
    touch(box, withShift);
  };

  const known = new Set(kept());
  set(boxes.filter((box) => known.has(box.value)), true);
  tools.hidden = false;
  tools.querySelector("[data-batch-all]").addEventListener("click", () => set(boxes, true));
  tools.querySelector("[data-batch-none]").addEventListener("click", () => set(boxes, false));
  form.addEventListener("click", (event) => {
    if (boxes.includes(event.target)) touch(event.target, event.shiftKey);
  });
  document.addEventListener("keydown", (event) => {
    const hint = document.querySelector("[data-keys]");
    if (localStorage.getItem(OFF) !== null || !hint?.getClientRects().length) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const act = { x: () => press(event.shiftKey), j: () => move(1), k: () => move(-1) }[event.key.toLowerCase()];
    if (!act) return;
    event.preventDefault();
    act();
  });
}

// What can be undone for some seconds only leaves when they are over.
function pass(element) {
  setTimeout(() => element.remove(), Number(element.dataset.passing) * 1000);
}

const form = document.querySelector("form[data-batch]");
if (form) tick(form);
if (document.querySelector("[data-batch-done]")) sessionStorage.removeItem(KEPT);
for (const element of document.querySelectorAll("[data-passing]")) pass(element);
