// The keypad of a card's code: big keys that write into the field, which stays usable by hand and by voice.
const DIGITS = 6;

for (const form of document.querySelectorAll("form[data-pin]")) {
  const field = form.querySelector("input[name=pin]");
  const pad = form.querySelector("[data-pad]");
  pad.hidden = false;
  pad.addEventListener("click", (event) => {
    const key = event.target.closest("button");
    if (!key) return;
    const digits = field.value.replace(/\D/g, "");
    if ("erase" in key.dataset) field.value = digits.slice(0, -1);
    else if (digits.length < DIGITS) field.value = digits + key.dataset.digit;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
}
