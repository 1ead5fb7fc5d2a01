/* Draws the formulas, makes every slide fit, then starts reveal.js. S opens the speaker's window, with the notes; Esc shows all
   slides, a column for each section; `?view=print` lays them out for printing, with `&showNotes=separate-page` the notes too. */
"use strict";
(async () => {
  const slides = [...document.querySelectorAll(".slides section > section")];
  const HEIGHT = 720, TALLEST = 480, SMALLEST_FIGURE = 250, SMALLEST = 0.6;

  if (window.MathJax) {
    await MathJax.startup.promise;
    await MathJax.typesetPromise([...document.querySelectorAll(".math")]);
    // The window with the notes has no fonts of MathJax: there the browser draws the formulas, from MathML.
    document.querySelectorAll("aside.notes mjx-container").forEach((one) => one.replaceWith(one.querySelector("math")));
  }
  await Promise.all([...document.images].map((image) => image.decode().catch(() => {})));
  await document.fonts.ready;

  /* A figure takes the room that is left; where that is too little, everything on the slide becomes smaller. */
  const fits = (content) => {
    const slide = content.parentElement.getBoundingClientRect();
    const right = (one) => one.getBoundingClientRect().right;
    return content.getBoundingClientRect().bottom <= slide.top + HEIGHT - 28
      && [...content.querySelectorAll("table, mjx-math, .interactive > *")].every((one) => right(one) <= slide.right - 40)
      && [...content.querySelectorAll(".interactive table")].every((one) => right(one) <= right(one.closest(".interactive")) - 10);
  };
  function fit(content, largest) {
    let zoom = largest;
    for (; zoom >= SMALLEST; zoom -= 0.02) {
      content.style.setProperty("--zoom", zoom.toFixed(2));
      if (fits(content)) break;
    }
    return zoom;
  }
  document.documentElement.classList.add("measured");
  for (const slide of slides) {
    const content = slide.querySelector(".content"), live = content.querySelector(".interactive");
    const figures = content.querySelectorAll("figure img").length;
    for (let tall = TALLEST; figures && tall >= SMALLEST_FIGURE; tall -= 10) {
      content.style.setProperty("--figure", `${tall}px`);
      if (fits(content)) break;
    }
    const zoom = fit(content, figures ? 1 : content.querySelector(":scope > :not(p), .course") ? 1.2 : 1.5);
    if (live && zoom < 1) {                                                // a tall one may be better in two columns
      live.classList.add("columns");
      if (fit(content, 1.2) <= zoom) {
        live.classList.remove("columns");
        fit(content, zoom);
      }
    }
  }
  document.documentElement.classList.remove("measured");

  const here = () => document.activeElement && document.activeElement.closest(".interactive");    // arrows there move the figure
  await Reveal.initialize({
    width: 1280, height: HEIGHT, margin: 0.02, center: false, hash: true, slideNumber: "c/t", transition: "none",
    navigationMode: "linear", pdfSeparateFragments: false, keyboardCondition: () => !here(), plugins: [RevealNotes],
  });
  document.documentElement.dataset.ready = "";
})();
