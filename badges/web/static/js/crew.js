// Says beside the button who is chosen; without it the page says what to do.
const form = document.querySelector("form[data-crew]");
const line = document.querySelector("[data-crew-said]");

function tell(hint) {
  const names = [...form.querySelectorAll("input:checked")].map((box) => box.closest(".tile").querySelector(".tile__in > span:not([class])").textContent);
  const count = names.length === 1 ? line.dataset.one : line.dataset.many.replace("{n}", String(names.length));
  line.replaceChildren();
  if (!names.length) return line.append(hint);
  const strong = document.createElement("b");
  strong.textContent = count;
  return line.append(strong, document.createElement("br"), names.join(", "));
}

if (form && line) {
  const hint = line.textContent;
  form.addEventListener("change", () => tell(hint));
  if (form.querySelector("input:checked")) tell(hint);
}
