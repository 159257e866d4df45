/* The live part of a file: swapped only when it changed, never under somebody's hands; says aloud only what is new. */
(() => {
  "use strict";
  const said = document.getElementById("said");
  const live = () => document.getElementById("live");
  const sayings = () => new Map([...document.querySelectorAll("#live [data-says]")].map((one) => [one.id, one.dataset.says]));
  const parse = (html) => new DOMParser().parseFromString(html, "text/html");
  const plain = (part) => {
    const copy = part.cloneNode(true);
    copy.querySelectorAll("[data-clock], [name=csrfmiddlewaretoken], [data-copy]").forEach((one) => one.remove());
    copy.querySelectorAll("details").forEach((one) => one.removeAttribute("open"));
    return copy.textContent.replace(/\s+/g, " ");
  };
  const isTyping = () => [...live().querySelectorAll("input:not([type=hidden]), textarea")].some(
    (field) => field === document.activeElement || field.value !== field.defaultValue);

  let before = { sayings: sayings(), open: [], focus: null };

  document.body.addEventListener("htmx:beforeRequest", (event) => {
    if (document.hidden) event.preventDefault();
  });

  document.body.addEventListener("htmx:beforeSwap", (event) => {
    const fresh = parse(event.detail.serverResponse).getElementById("live");
    // Signed out meanwhile, or the file is gone: what stands here stays.
    if (!fresh || isTyping() || plain(fresh) === plain(live())) {
      event.detail.shouldSwap = false;
      const clock = fresh?.querySelector("[data-clock]");
      if (clock && live().querySelector("[data-clock]")) live().querySelector("[data-clock]").textContent = clock.textContent;
      return;
    }
    const held = document.activeElement;
    before = {
      sayings: sayings(),
      open: [...live().querySelectorAll("details")].map((one) => one.open),
      focus: live().contains(held) && !held.id ? held.getAttribute("href") : null,
    };
  });

  document.body.addEventListener("htmx:afterSwap", () => {
    live().querySelectorAll("details").forEach((one, n) => { one.open = one.open || before.open[n]; });
    if (before.focus) live().querySelector(`a[href="${CSS.escape(before.focus)}"]`)?.focus({ preventScroll: true });
    window.showCopyButtons(live());
    const news = [...sayings()].filter(([id, text]) => before.sayings.get(id) !== text).map(([, text]) => text);
    if (news.length) {
      said.textContent = news.join(" ");
      tellStory();
    }
  });

  const tellStory = async () => {
    const answer = await fetch(location.pathname, { credentials: "same-origin" });
    const fresh = answer.ok && parse(await answer.text()).getElementById("story");
    if (fresh) document.getElementById("story").replaceChildren(...fresh.childNodes);
  };
})();
