/* The live part of a file or of a forecast, asked for again every data-every seconds while somebody sees the page:
   swapped only when it changed, never under somebody's hands; says aloud only what is new. */
(() => {
  "use strict";

  const live = () => document.getElementById("live");
  if (!live()?.dataset.part) return;
  const CONTROLS = "a[href], button, summary, input, select, textarea, [tabindex]";
  const said = document.getElementById("said");
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

  /* Returns what finds, after the swap, the control that is held now: by its id, by its address, or by its place in
     what surrounds it. One that is gone leaves its holder at the beginning of the content, and not of the page. */
  const finderOf = (held) => {
    const around = held.closest("[id]").id;
    const within = () => [...(document.getElementById(around)?.querySelectorAll(CONTROLS) ?? [])];
    const place = within().indexOf(held);
    const address = held.getAttribute("href");
    return () => {
      const same = within()[place];
      return (held.id && document.getElementById(held.id))
        || (address && live().querySelector(`a[href="${CSS.escape(address)}"]`))
        || (same?.tagName === held.tagName ? same : document.getElementById("main"));
    };
  };

  const swap = (fresh) => {
    const earlier = sayings();
    const open = [...live().querySelectorAll("details")].map((one) => one.open);
    const find = live().contains(document.activeElement) && finderOf(document.activeElement);
    live().replaceWith(fresh);
    live().querySelectorAll("details").forEach((one, n) => { one.open = one.open || open[n]; });
    if (find) find()?.focus({ preventScroll: true });
    window.showCopyButtons(live());
    const news = [...sayings()].filter(([id, text]) => earlier.get(id) !== text).map(([, text]) => text);
    if (!news.length) return;
    if (said) said.textContent = news.join(" ");
    tellStory();
  };

  const tellStory = async () => {
    const told = document.getElementById("story");
    const text = told && await askFor(location.pathname, "live");
    const fresh = text && parse(text).getElementById("story");
    if (fresh) told.replaceChildren(...fresh.childNodes);
  };

  const show = (fresh) => {
    if (!fresh) return;
    if (!isTyping() && plain(fresh) !== plain(live())) return swap(fresh);
    const clocks = [live(), fresh].map((part) => part.querySelector("[data-clock]"));
    if (clocks[0] && clocks[1]) clocks[0].textContent = clocks[1].textContent;
  };

  const ask = async () => {
    const { part, every } = live().dataset;
    if (!part) return;
    if (!document.hidden) {
      // Signed out meanwhile, or the file is gone: what stands here stays.
      const text = await askFor(part, "live");
      if (text) show(parse(text).getElementById("live"));
    }
    setTimeout(ask, every * 1000);
  };
  setTimeout(ask, live().dataset.every * 1000);
})();
