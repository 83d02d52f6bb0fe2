// Says how many characters are left under a textarea; without it the page shows the maximum.
const NEAR = 20;

function show(area, line) {
  const left = area.maxLength - area.value.length;
  line.textContent = left === 1 ? line.dataset.one : line.dataset.many.replace("{n}", String(left));
  line.classList.toggle("count--near", left <= NEAR);
  line.setAttribute("aria-live", left <= NEAR ? "polite" : "off");
}

for (const area of document.querySelectorAll("textarea[data-counter]")) {
  const line = document.getElementById(area.dataset.counter);
  area.addEventListener("input", () => show(area, line));
  if (area.value) show(area, line);
}
