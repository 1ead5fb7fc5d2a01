/* A formula wider than the screen scrolls inside itself; this lets the keyboard reach it there. */
"use strict";
(() => {
  function reach() {
    document.querySelectorAll('mjx-container[display="true"]').forEach((one) => {
      if (one.scrollWidth > one.clientWidth) one.setAttribute("tabindex", "0");
      else one.removeAttribute("tabindex");
    });
  }
  window.addEventListener("load", () => window.MathJax?.startup?.promise?.then(reach));
  window.addEventListener("resize", reach);
})();
