/* What a link to a term, an equation or a reference leads to, shown beside it: under the mouse after a moment, and at once for
   the keyboard. Escape closes it, and it stays while the pointer is on it. Without this script the link is a link. See previews.py. */
"use strict";
(() => {
  const LINKS = 'a.reference.internal[href*="#"]', WAIT = 250;
  const root = new URL(document.documentElement.dataset.content_root || "./", location.href);
  const asked = new Map();
  window.coursePreviews = {};
  let box = null, from = null, timer = null;    // the preview; the link pointed at; what is waited for

  /* The page and the place on it, where a link leads to something that has a preview. */
  function target(link) {
    const place = new URL(link.href), id = decodeURIComponent(place.hash.slice(1));
    const known = /^(term|equation)-/.test(id) || (/^id\d+$/.test(id) && place.pathname !== location.pathname);
    if (!known || !place.href.startsWith(root.href)) return null;
    return { page: place.pathname.slice(root.pathname.length).replace(/\.html$/, ""), id };
  }

  function load(page) {
    if (!asked.has(page)) {
      asked.set(page, new Promise((done) => {
        const script = document.createElement("script");
        script.src = new URL(`_static/course/previews/${page}.js`, root);
        script.onload = () => done(window.coursePreviews[page] || {});
        script.onerror = () => done({});
        document.head.append(script);
      }));
    }
    return asked.get(page);
  }

  function close() {
    clearTimeout(timer);
    if (!box) return;
    document.querySelector('[aria-describedby="course-preview"]')?.removeAttribute("aria-describedby");
    box.remove();
    box = null;
  }

  async function open(link) {
    const { page, id } = target(link), html = (await load(page))[id];
    if (!html || from !== link) return;
    close();
    box = document.createElement("div");
    box.className = "course-preview";
    box.id = "course-preview";
    box.setAttribute("role", "tooltip");
    box.innerHTML = html;    // made with the book, from its own pages
    box.addEventListener("mouseenter", () => clearTimeout(timer));
    box.addEventListener("mouseleave", leave);
    document.querySelector("main").append(box);
    link.setAttribute("aria-describedby", box.id);
    const edge = link.getClientRects()[0], own = box.getBoundingClientRect(), base = box.offsetParent.getBoundingClientRect();
    const below = edge.bottom + own.height + 8 < innerHeight || edge.top < own.height + 8;
    box.style.left = `${Math.max(8, Math.min(edge.left, document.documentElement.clientWidth - own.width - 8)) - base.left}px`;
    box.style.top = `${(below ? edge.bottom + 4 : edge.top - own.height - 4) - base.top}px`;
  }

  function leave() {
    clearTimeout(timer);
    timer = setTimeout(() => { from = null; close(); }, WAIT);
  }

  document.querySelectorAll(LINKS).forEach((link) => {
    if (!link.closest(".bd-article") || !target(link)) return;
    link.addEventListener("pointerenter", (event) => {
      if (event.pointerType === "touch") return;
      clearTimeout(timer);
      if (from !== link) close();
      from = link;
      timer = setTimeout(() => open(link), WAIT);
    });
    link.addEventListener("pointerleave", leave);
    link.addEventListener("focus", () => {
      if (!link.matches(":focus-visible")) return;
      close();
      from = link;
      open(link);
    });
    link.addEventListener("blur", leave);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      from = null;
      close();
    }
  });
})();
