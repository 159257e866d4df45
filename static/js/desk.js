/* Keys for people who work through a list: "/" searches, "j" and "k" go down and up, "u" goes back. Links do the same. */
(() => {
  "use strict";

  const rows = () => [...document.querySelectorAll("[data-row]")];
  const move = (step) => {
    const all = rows();
    const at = all.indexOf(document.activeElement);
    all[Math.min(Math.max(at + step, 0), all.length - 1)]?.focus();
  };

  /* Who else has this file open: asked on arrival, and every half minute while somebody sees the page. */
  const here = document.querySelector("form[data-presence]");
  const others = document.getElementById("presence");
  const tell = async () => {
    if (document.hidden) return;
    const text = await askFor(here.action, "presence", { method: "POST", body: new URLSearchParams(new FormData(here)) });
    if (text === null) return;
    const names = new DOMParser().parseFromString(text, "text/html").body.textContent.trim();
    if (names !== others.textContent) others.textContent = names;
  };
  if (here) {
    tell();
    setInterval(tell, 30000);
  }

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    const target = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (target) {
      event.preventDefault();
      if (target.matches("a")) target.click();
      else target.focus();
    } else if (rows().length && (event.key === "j" || event.key === "k")) {
      event.preventDefault();
      move(event.key === "j" ? 1 : -1);
    }
  });
})();
