// The name chosen is written at once wherever the preview shows it, so that the preview never lies.
function write(form) {
  const chosen = form.querySelector("input[name=name_form]:checked");
  if (!chosen) return;
  const other = form.querySelector("[data-other-name]");
  if (other) other.hidden = chosen.value !== "pseudonym";
  const source = chosen.value === "pseudonym" ? form.querySelector("[name=pseudonym]") : null;
  const name = source ? source.value.trim() : chosen.dataset.name;
  for (const place of document.querySelectorAll("[data-holder]")) place.textContent = name || "…";
}

for (const form of document.querySelectorAll("form[data-names]")) {
  form.addEventListener("input", () => write(form));
  write(form);
}
