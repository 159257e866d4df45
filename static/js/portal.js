/* Comforts only: every page works without this file. */
(() => {
  "use strict";

  document.querySelector("[data-error-summary]")?.focus();

  /* A link to something folded away opens it. */
  const unfold = () => {
    const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    let fold = target && target.closest("details");
    if (!fold) return;
    for (; fold; fold = fold.parentElement.closest("details")) fold.open = true;
    target.scrollIntoView();
  };
  unfold();
  window.addEventListener("hashchange", unfold);

  /* Copy buttons appear where the browser can copy. A page that swaps a part in calls this for it (live.js). */
  window.showCopyButtons = (part) => part.querySelectorAll("[data-copy][hidden]").forEach((button) => {
    if (!navigator.clipboard) return;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.dataset.copy);
      const said = button.querySelector("[role=status]");
      if (said) said.textContent = button.dataset.copied;
    });
  });
  window.showCopyButtons(document);

  /* Work that goes on is asked for again, less and less often, while somebody sees the page. The part is changed only
     when its words change, and stays the element it is, so that its words are read out. When the work has ended, what
     stands around the part is shown as it is now; where that is a page without the part, as one with questions, it is
     loaded. */
  const showAround = (live, fresh) => {
    const after = [...fresh.parentElement.children];
    [...live.parentElement.children].forEach((child) => child === live || child.remove());
    live.before(...after.slice(0, after.indexOf(fresh)));
    live.after(...after.slice(after.indexOf(fresh) + 1));
    document.title = fresh.ownerDocument.title;
  };
  const askAgain = async (wait) => {
    const live = document.querySelector("[data-live]");
    if (!live) return;
    const later = () => setTimeout(askAgain, wait, Math.min(wait * 1.1, 10000));
    if (document.hidden) return later();
    const text = await askFor(live.dataset.live, "live");
    const page = text && new DOMParser().parseFromString(text, "text/html");
    const fresh = page && page.getElementById(live.id);
    if (!fresh && page?.querySelector("main")) return location.reload();
    if (!fresh) return later();
    if (fresh.textContent !== live.textContent) live.replaceChildren(...fresh.childNodes);
    if (fresh.dataset.live) return later();
    delete live.dataset.live;
    if (page.querySelector("main")) showAround(live, fresh);
    window.showCopyButtons(document);
  };
  setTimeout(askAgain, 500, 1000);

  /* A change of language shows the page again: what was typed on it is kept as a draft first. */
  document.querySelector("form.languages")?.addEventListener("submit", async (event) => {
    const form = document.querySelector("main form:has([name=basis])");
    const differs = (one) => {
      if (one.options) return [...one.options].some((option, n) => option.defaultSelected ? !option.selected : option.selected && n > 0);
      if (["radio", "checkbox"].includes(one.type)) return one.checked !== one.defaultChecked;
      return "defaultValue" in one && one.type !== "hidden" && one.value !== one.defaultValue;
    };
    const isTyped = form && [...form.elements].some(differs);
    if (!isTyped || event.target.dataset.kept) return;
    event.preventDefault();
    const draft = new FormData(form);
    draft.set("later", "1");
    await fetch(location.href, { method: "POST", body: draft, credentials: "same-origin", redirect: "manual" }).catch(() => null);
    event.target.dataset.kept = "1";
    event.target.requestSubmit(event.submitter);
  });

  /* Messages that are shown have been read; without this, a button says so. */
  const unread = document.querySelector("[data-mark-read]");
  if (unread) {
    fetch(unread.action, { method: "POST", body: new FormData(unread), credentials: "same-origin", redirect: "manual" })
      .then(() => unread.querySelector("button").remove())
      .catch(() => null);
  }

  /* A link that leaves the portal is counted on the way. */
  document.addEventListener("click", (event) => {
    const counted = event.target.closest("[data-count] a")?.closest("[data-count]");
    const token = document.querySelector("[name=csrfmiddlewaretoken]");
    if (!counted || !token) return;
    const body = new FormData();
    body.set("csrfmiddlewaretoken", token.value);
    navigator.sendBeacon(counted.dataset.count, body);
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
