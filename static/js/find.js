/* Suggestions while somebody types a company's name; without this file the search button leads to the same list. */
(() => {
  "use strict";

  const form = document.querySelector("form[data-find]");
  const hits = form && document.getElementById(form.dataset.find);
  if (!hits) return;
  let waiting;
  let asking;

  const ask = async () => {
    asking?.abort();
    const words = form.elements.q.value.trim();
    if (words.replace(/\s/g, "").length < 3) return;
    asking = new AbortController();
    const address = `${location.pathname}?${new URLSearchParams(new FormData(form))}`;
    const text = await askFor(address, "hits", { signal: asking.signal });
    if (text !== null && words === form.elements.q.value.trim()) hits.innerHTML = text;
  };

  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(ask, 300);
  });
})();
