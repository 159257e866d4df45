/* What Microsoft may see differently, asked for when somebody leaves a field of a step, one question after the other:
   an answer replaces the hints that it has an element for, and what remains of it is said aloud. */
(() => {
  "use strict";

  const said = document.getElementById("hints-said");
  const form = document.querySelector("form:has([name=seen])");
  if (!said?.dataset.ask || !form) return;

  const ask = async (about) => {
    const typed = new FormData(form);
    typed.set("about", about);
    const text = await askFor(said.dataset.ask, "hints", { method: "POST", body: new URLSearchParams(typed) });
    if (text === null) return;
    const page = new DOMParser().parseFromString(text, "text/html");
    page.querySelectorAll("[data-instead]").forEach((fresh) => {
      fresh.remove();
      document.getElementById(fresh.id)?.replaceWith(fresh);
    });
    said.textContent = page.body.textContent.trim();
  };

  let earlier = Promise.resolve();
  form.addEventListener("change", (event) => {
    const field = event.target.closest("[data-about]");
    if (field) earlier = earlier.then(() => ask(field.dataset.about));
  });
})();
