"use strict";
// What only a screen needs: the language, the filter, the steps. Without it the page is whole, in its own language.
(() => {
  const root = document.documentElement;
  const at = (id) => document.getElementById(id);
  const speak = (lang) => {
    if (root.dataset.lang !== lang) Object.assign(root, { lang: lang === "zh" ? "zh-CN" : "en" }).dataset.lang = lang;
    document.querySelectorAll("[data-to]").forEach((one) => one.setAttribute("aria-pressed", one.dataset.to === lang));
  };
  root.classList.add("js");
  document.querySelectorAll("[data-to]").forEach((one) => one.addEventListener("click", () => speak(one.dataset.to)));
  speak(new URLSearchParams(location.search).get("lang") === "en" ? "en"
    : new URLSearchParams(location.search).get("lang") === "zh" ? "zh" : root.dataset.lang);

  const clauses = [...document.querySelectorAll(".clause")];
  const texts = new Map();
  const text = (one) => {
    if (!texts.has(one)) texts.set(one, one.textContent.toLowerCase());
    return texts.get(one);
  };
  const filter = () => {
    const words = at("search").value.toLowerCase().split(/\s+/).filter(Boolean);
    const verdict = at("verdict").value, suite = at("suite").value;
    let count = 0;
    for (const one of clauses) {
      const fits = (!verdict || one.dataset.verdict === verdict)
        && (!suite || one.dataset.suites.split(" ").includes(suite))
        && words.every((word) => text(one).includes(word));
      one.classList.toggle("off", !fits);
      count += fits;
    }
    root.classList.toggle("filtered", count < clauses.length);
    at("shown").textContent = `${count} / ${clauses.length}`;
  };
  for (const id of ["search", "verdict", "suite"]) at(id).addEventListener("input", filter);
  at("steps").addEventListener("input", (event) => root.classList.toggle("full", event.target.checked));
  document.querySelector("main").addEventListener("click", (event) => {
    const one = event.target.closest(".steps .check");
    if (one) one.parentElement.classList.toggle("open");
  });
  document.querySelector(".home").addEventListener("click", () => {  // it leads to what a filter hides
    for (const id of ["search", "verdict", "suite"]) at(id).value = "";
    filter();
  });
  at("print").addEventListener("click", () => window.print());
  filter();
})();
