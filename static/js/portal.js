/* Comforts only: every page works without this file. */
(() => {
  "use strict";

  document.querySelector("[data-error-summary]")?.focus();

  document.querySelectorAll("[data-copy]").forEach((button) => {
    if (!navigator.clipboard) return;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.dataset.copy);
      const said = button.querySelector("[role=status]");
      if (said) said.textContent = button.dataset.copied;
    });
  });

  const sent = new Set();
  document.addEventListener("submit", (event) => {
    if (event.defaultPrevented || event.target.getAttribute("method")?.toLowerCase() !== "post" || "again" in event.target.dataset) return;
    // Disabled after this turn, so that the button's own name and value are still sent.
    setTimeout(() => {
      event.target.querySelectorAll("button[type=submit], button:not([type])").forEach((button) => {
        button.disabled = true;
        sent.add(button);
      });
    });
  });
  window.addEventListener("pageshow", () => {
    sent.forEach((button) => { button.disabled = false; });
    sent.clear();
  });

  document.addEventListener("click", (event) => {
    document.querySelectorAll("details.menu[open]").forEach((menu) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    document.querySelectorAll("details.menu[open]").forEach((menu) => {
      menu.open = false;
      menu.querySelector("summary").focus();
    });
  });
})();
