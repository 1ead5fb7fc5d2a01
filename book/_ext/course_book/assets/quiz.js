/* A quiz without this script shows every explanation; with it, the reader chooses first and then checks. */
"use strict";
document.querySelectorAll(".quiz").forEach((quiz) => {
  const choices = [...quiz.querySelectorAll(".quiz-choice")];
  const verdict = quiz.querySelector(".quiz-verdict");
  const button = quiz.querySelector(".quiz-check");
  const input = (choice) => choice.querySelector("input");
  quiz.dataset.ready = "";
  button.hidden = false;

  choices.forEach((choice) => input(choice).addEventListener("change", () => {
    choices.forEach((one) => one.classList.remove("shown"));
    verdict.textContent = "";
  }));
  button.addEventListener("click", () => {
    const chosen = choices.find((choice) => input(choice).checked);
    if (!chosen) {
      verdict.textContent = "Choose an answer first.";
      return;
    }
    const right = chosen.dataset.right === "true";
    choices.forEach((one) => one.classList.toggle("shown", right || one === chosen));
    verdict.textContent = right
      ? "Right. The explanations of all choices are shown."
      : "Not this one: read why, and try again.";
  });
});
