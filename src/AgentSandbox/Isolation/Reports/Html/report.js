// Filters the matrix. The page reads without this: the form is hidden until it works.
"use strict";
(() => {
  const form = document.querySelector(".filters");
  const rows = [...document.querySelectorAll("details.probe")];
  const groups = [...document.querySelectorAll("section.category")];
  const nowhere = document.querySelector("details.nowhere");
  const count = form.querySelector("output");

  const fits = (row) => {
    const text = form.elements.text.value.trim().toLowerCase();
    const verdict = form.elements.verdict.value;
    const severity = form.elements.severity.value;
    const category = form.elements.category.value;
    const verdicts = row.dataset.verdicts.split(" ");
    return (!text || row.textContent.toLowerCase().includes(text))
      && (!verdict || (verdict === "different" ? new Set(verdicts).size > 1 : verdicts.includes(verdict)))
      && (!severity || Number(row.dataset.severity) >= Number(severity))
      && (!category || row.dataset.category === category);
  };

  const apply = () => {
    let shown = 0;
    for (const row of rows) {
      row.hidden = !fits(row);
      shown += row.hidden ? 0 : 1;
    }
    for (const group of groups) {
      group.hidden = !group.querySelector("details.probe:not([hidden])");
    }
    if (nowhere) {
      // What somebody looks for is not left behind a closed door.
      nowhere.hidden = !nowhere.querySelector("details.probe:not([hidden])");
      nowhere.open = form.elements.text.value.trim() !== "" || form.elements.verdict.value !== "";
    }
    count.textContent = `${shown} of ${rows.length} probes`;
  };

  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(apply));
  form.querySelector("button.all").addEventListener("click", (event) => {
    const open = event.target.dataset.open !== "yes";
    rows.filter((row) => !row.hidden).forEach((row) => { row.open = open; });
    event.target.dataset.open = open ? "yes" : "no";
    event.target.textContent = open ? "Close evidence" : "Open evidence";
  });
  form.hidden = false;
  apply();
})();
