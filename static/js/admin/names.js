/* Names for the controls of Django's admin that have none: of an inline's table, of a moment or period in two fields, and
   of what its own scripts make. Runs after those, which wait for the same event. */
window.addEventListener("load", () => {
  "use strict";
  const CONTROLS = ":is(input:not([type=hidden]), select, textarea)";
  const isNamed = (one) => one.labels?.length || one.hasAttribute("aria-label") || one.hasAttribute("aria-labelledby");

  document.querySelectorAll(`.tabular td ${CONTROLS}`).forEach((one) => {
    const cell = one.closest("td");
    const heading = cell.closest("table").rows[0].cells[cell.cellIndex];
    if (!isNamed(one) && heading) one.setAttribute("aria-label", heading.textContent.trim());
  });
  document.querySelectorAll(`.form-row ${CONTROLS}`).forEach((one) => {
    const label = one.closest(".form-row").querySelector("label, legend");
    if (isNamed(one) || !label) return;
    const before = one.previousSibling?.textContent.trim() ?? "";
    one.setAttribute("aria-label", `${label.textContent.trim().replace(/\s*:$/, "")} ${before.replace(/\s*:$/, "")}`.trim());
  });
  /* A table wider than the window moves in its frame, also by the keys of somebody without a mouse. */
  document.querySelectorAll(".module:has(> table)").forEach((one) => {
    if (one.scrollWidth > one.clientWidth) one.tabIndex = 0;
  });
  document.querySelectorAll(".help-tooltip[aria-label]").forEach((one) => one.setAttribute("role", "img"));
});
