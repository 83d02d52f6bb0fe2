// A toast is announced once the page is ready, can be closed, and leaves by itself unless it tells of a failure.
const STAYS = 10_000;
const SETTLE = 150;

function leaveLater(toast) {
  let timer = 0;
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(() => toast.remove(), STAYS);
  };
  const hold = () => clearTimeout(timer);
  toast.addEventListener("pointerenter", hold);
  toast.addEventListener("focusin", hold);
  toast.addEventListener("pointerleave", wait);
  toast.addEventListener("focusout", wait);
  wait();
}

function run(region, toast) {
  const close = toast.querySelector("[data-close]");
  close.hidden = Boolean(toast.querySelector("form"));
  close.addEventListener("click", () => toast.remove());
  toast.remove();
  setTimeout(() => {
    region.append(toast);
    if (toast.dataset.toast !== "error") leaveLater(toast);
  }, SETTLE);
}

for (const region of document.querySelectorAll("[data-toasts]")) {
  const toast = region.querySelector("[data-toast]");
  if (toast) run(region, toast);
}
