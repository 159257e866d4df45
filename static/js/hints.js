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
    const answer = await fetch(said.dataset.ask, {
      method: "POST", body: new URLSearchParams(typed), credentials: "same-origin", headers: { "X-Part": "hints" },
    }).catch(() => null);
    // Signed out meanwhile: the page to sign in is no hint.
    if (!answer?.ok || answer.redirected) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
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
