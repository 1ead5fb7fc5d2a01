/* For printing: open what is folded, and use the light colours; afterwards everything is as it was. */
"use strict";
(() => {
  const page = document.documentElement;
  let folded = [], theme = null;
  window.addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("details:not([open])")];
    folded.forEach((one) => { one.open = true; });
    theme = page.dataset.theme;
    page.dataset.theme = "light";
  });
  window.addEventListener("afterprint", () => {
    folded.forEach((one) => { one.open = false; });
    page.dataset.theme = theme;
  });
})();
