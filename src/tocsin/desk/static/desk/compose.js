// The check of a draft while it is typed: what the server found stands at the inputs, and fields appear that are asked.
//
//   #check                the server's verdict; each fault's data-at names its input, data-said is its sentence
//   [data-slot="id"]      where a fault of the input with that id is said
//   [data-asked]          in the verdict: the fields that are asked now; data-needs those that may not stay empty
//   form[data-dirty]      asks before what was typed is lost
"use strict";

(() => {
  const all = (css, from = document) => [...from.querySelectorAll(css)];
  const check = document.getElementById("check");

  const show = () => {
    const said = new Map();
    all("[data-at]", check).forEach((each) => said.set(each.dataset.at, [...(said.get(each.dataset.at) || []), each.dataset.said]));
    all("[data-slot]").forEach((slot) => {
      const words = (said.get(slot.dataset.slot) || []).join(" ");
      const input = document.getElementById(slot.dataset.slot);
      slot.hidden = !words;
      slot.querySelector("span").textContent = words;
      if (!input || !input.matches("input, select, textarea")) return;
      if (words) input.setAttribute("aria-invalid", "true"); else input.removeAttribute("aria-invalid");
    });
    const told = check.querySelector("[data-asked]");
    if (!told) return;
    const asked = new Set(told.dataset.asked.split(" "));
    const needs = new Set(told.dataset.needs.split(" "));
    all("[data-field]").forEach((field) => {
      field.hidden = !asked.has(field.dataset.field);
      const mark = field.querySelector("[data-needed]");
      if (mark) mark.hidden = !needs.has(field.dataset.field);
    });
    all("[data-section]").forEach((part) => { part.hidden = !all("[data-field]", part).some((each) => !each.hidden); });
  };
  if (check) {
    check.addEventListener("htmx:beforeSwap", (event) => {
      if (event.target === check && check.contains(document.activeElement) && document.activeElement.matches("textarea")) event.detail.shouldSwap = false;
    });
    check.addEventListener("htmx:afterSwap", (event) => { if (event.target === check) show(); });
  }

  const form = document.querySelector("form[data-dirty]");
  if (form) {
    let dirty = false;
    form.addEventListener("input", () => { dirty = true; });
    document.addEventListener("submit", () => { dirty = false; });
    addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });
  }
})();
