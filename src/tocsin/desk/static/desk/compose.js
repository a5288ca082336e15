// The check of a draft while it is typed: what the server found stands at the inputs, and fields appear that are asked.
//
//   #check                the server's verdict; each fault's data-at names its input, data-said is its sentence
//   <p id="…-e">          where a fault of an input is said; it is there while there is one
//   [data-asked]          in the verdict: the fields that are asked now; data-needs those that may not stay empty
//   form[data-dirty]      asks before what was typed is lost
"use strict";

(() => {
  const all = (css, from = document) => [...from.querySelectorAll(css)];
  const check = document.getElementById("check");
  const form = document.querySelector("form[data-dirty]");

  // An input is described by its error while there is one.
  const describe = (error, there) => {
    const input = document.getElementById(error.replace(/-e$/, ""));
    if (!input || !input.matches("input, select, textarea")) return;
    const by = new Set((input.getAttribute("aria-describedby") || "").split(" ").filter(Boolean));
    if (there) by.add(error); else by.delete(error);
    if (by.size) input.setAttribute("aria-describedby", [...by].join(" ")); else input.removeAttribute("aria-describedby");
    if (there) input.setAttribute("aria-invalid", "true"); else input.removeAttribute("aria-invalid");
  };

  const show = () => {
    const said = new Map();
    all("[data-at]", check).forEach((each) => said.set(each.dataset.at, [...(said.get(each.dataset.at) || []), each.dataset.said]));
    all(".form-parts .error").filter((each) => !said.has(each.id.replace(/-e$/, ""))).forEach((each) => { describe(each.id, false); each.remove(); });
    said.forEach((words, id) => {
      const input = document.getElementById(id);
      if (!input) return;
      let place = document.getElementById(`${id}-e`);
      if (!place) {
        place = Object.assign(document.createElement("p"), { className: "error", id: `${id}-e` });
        const drawn = document.createElementNS("http://www.w3.org/2000/svg", "svg");
        drawn.setAttribute("class", "icon");
        drawn.setAttribute("aria-hidden", "true");
        drawn.append(Object.assign(document.createElementNS("http://www.w3.org/2000/svg", "use")));
        drawn.firstChild.setAttribute("href", "#i-circle-alert");
        place.append(drawn, document.createElement("span"));
        if (input.matches("input, select, textarea")) input.after(place); else (input.querySelector(".help") || input.lastElementChild).after(place);
        describe(place.id, true);
      }
      if (place.lastElementChild.textContent !== words.join(" ")) place.lastElementChild.textContent = words.join(" ");
    });
    const told = check.querySelector("[data-asked]");
    if (!told) return;
    const asked = new Set(told.dataset.asked.split(" "));
    const needs = new Set(told.dataset.needs.split(" "));
    all("[data-field]").forEach((field) => {
      field.hidden = !asked.has(field.dataset.field);
      const needed = needs.has(field.dataset.field);
      const mark = field.querySelector("[data-needed]");
      if (mark) mark.hidden = !needed;
      else if (needed) field.querySelector("label, legend").append(" ", Object.assign(document.createElement("span"), { className: "needed", textContent: form.dataset.neededWords }));
      if (needed && !mark) field.querySelector("label .needed, legend .needed").setAttribute("data-needed", "");
      const folded = field.querySelector("[data-folds]");
      if (folded && needs.has(field.dataset.field)) folded.open = true;
    });
    all("[data-section]").forEach((part) => { part.hidden = !all("[data-field]", part).some((each) => !each.hidden); });
  };
  if (check) {
    check.addEventListener("htmx:beforeSwap", (event) => {
      if (event.target === check && check.contains(document.activeElement) && document.activeElement.matches("textarea")) event.detail.shouldSwap = false;
    });
    check.addEventListener("htmx:afterSwap", (event) => { if (event.target === check) show(); });
  }

  // A link to an input leads into what is folded.
  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#f-"]');
    const input = link && document.getElementById(link.hash.slice(1));
    if (!input) return;
    event.preventDefault();
    all("details", document).filter((each) => each.contains(input)).forEach((each) => { each.open = true; });
    const first = input.matches("input, select, textarea") ? input : input.querySelector("input, select, textarea") || input;
    first.focus();
    first.scrollIntoView({ block: "center" });
  });

  if (form) {
    let dirty = false;
    form.addEventListener("input", () => { dirty = true; });
    document.addEventListener("submit", () => { dirty = false; });
    addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });
  }
})();
