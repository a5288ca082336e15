// What the desk does in a browser beyond links and forms. Every page works without it.
//
//   data-key="g w"        a key, or two after one another, that clicks or focuses the element; the ? sheet lists it
//   data-rows, data-row   a list to walk through with j and k; Enter opens the row's [data-open] link
//   data-follow="…"       a part that htmx loads again and again: place, focus and selection stay; 304 changes nothing
//   data-sheet="id"       opens a dialog
//   data-alarm            the switch for sound and desktop notification of new urgent requests
//   form[data-once]       is sent once; the server sees to it as well (desk/once.py)
//   data-leaves="…"       asks before what was typed is lost
"use strict";

(() => {
  const $ = (css, from = document) => from.querySelector(css);
  const all = (css, from = document) => [...from.querySelectorAll(css)];
  const kept = (name, value) => {
    try {
      if (value === undefined) return localStorage.getItem(name);
      localStorage.setItem(name, value);
    } catch { /* a browser that keeps nothing */ }
    return null;
  };

  // --- The clock of the rail: the reader's zone, and the exercise's clock where there is one --------------------
  const zone = document.body.dataset.zone || "UTC";
  const language = document.body.dataset.language || "en";
  const shift = Number(document.body.dataset.shift || 0) * 1000;
  const clock = $("[data-clock]");
  const tick = () => {
    const now = new Date(Date.now() + shift);
    const hour = (tz) => new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: tz }).format(now);
    const day = new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, { weekday: "short", day: "numeric", month: "short", timeZone: zone }).format(now);
    $("b", clock).textContent = hour(zone);
    $("span", clock).textContent = `${day} · ${hour("UTC")} UTC`;
  };
  if (clock) { tick(); setInterval(tick, 5000); }

  // --- The menu folds where there is no room --------------------------------------------------------------------
  const folding = $("[data-folding]");
  if (folding && matchMedia("(width < 62rem)").matches) folding.open = false;

  // --- Keys ------------------------------------------------------------------------------------------------------
  const typing = (at) => at.closest("input:not([type=checkbox], [type=radio], [type=submit], [type=button]), textarea, select, [contenteditable]");
  const keyed = () => all("[data-key]").filter((each) => !each.closest("[hidden]:not([data-key])"));
  let first = "";
  let forgetting;

  const rows = () => all("[data-rows] [data-row]");
  const chosen = () => $("[data-row][data-chosen]");
  const choose = (row, move = true) => {
    if (!row) return;
    all("[data-row][data-chosen]").forEach((each) => each.removeAttribute("data-chosen"));
    row.setAttribute("data-chosen", "");
    const link = $("[data-open]", row) || $("a", row);
    if (link && move) link.focus({ preventScroll: true });
    if (move) row.scrollIntoView({ block: "nearest" });
  };
  const step = (by) => {
    const list = rows();
    const here = list.indexOf(chosen());
    choose(list[here < 0 ? (by > 0 ? 0 : list.length - 1) : Math.min(list.length - 1, Math.max(0, here + by))]);
  };
  const use = (element) => {
    if (element.matches("input, textarea, select")) { element.focus(); if (element.select) element.select(); } else { element.click(); }
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return;
    if (event.key === "Escape") { if (typing(event.target)) event.target.blur(); all("details.drop[open]").forEach((each) => { each.open = false; }); return; }
    if (typing(event.target) || $("dialog[open]")) return;
    const combined = first ? `${first} ${event.key}` : event.key;
    clearTimeout(forgetting);
    const found = keyed().find((each) => each.dataset.key === combined) || keyed().find((each) => each.dataset.key === event.key);
    const begins = !first && keyed().some((each) => each.dataset.key.startsWith(`${event.key} `));
    first = "";
    if (found) { event.preventDefault(); use(found); return; }
    if (begins) { first = event.key; forgetting = setTimeout(() => { first = ""; }, 1500); return; }
    if (!rows().length) return;
    if (event.key === "j") { event.preventDefault(); step(1); }
    if (event.key === "k") { event.preventDefault(); step(-1); }
    if (event.key === "Enter" && chosen() && event.target === document.body) { use($("[data-open]", chosen()) || $("a", chosen())); }
  });
  document.addEventListener("focusin", (event) => {
    const row = event.target.closest("[data-row]");
    if (row) choose(row, false);
  });
  document.addEventListener("click", (event) => {
    all("details.drop[open]").forEach((each) => { if (!each.contains(event.target)) each.open = false; });
    const row = event.target.closest("[data-row]");
    if (!row || event.target.closest("a, button, input, label, summary") || String(getSelection())) return;
    const link = $("[data-open]", row);
    if (link) link.click();
  });

  // --- The sheet of keys ----------------------------------------------------------------------------------------
  const list = $("[data-keys-list]");
  const fill = () => {
    const groups = new Map();
    const add = (group, key, words) => groups.set(group, [...(groups.get(group) || []), [key, words]]);
    keyed().forEach((each) => add(each.dataset.keysOf || "", each.dataset.key, each.dataset.keyWords || each.getAttribute("aria-label") || $("span", each)?.textContent || each.textContent.trim() || each.placeholder));
    if (rows().length) [["j", "downWords"], ["k", "upWords"], ["Enter", "openWords"]].forEach(([key, words]) => add(list.dataset.rowsWords, key, list.dataset[words]));
    list.replaceChildren(...[...groups].flatMap(([group, keys]) => {
      const heading = Object.assign(document.createElement("h3"), { textContent: group });
      const sheet = Object.assign(document.createElement("dl"), { className: "keys" });
      keys.forEach(([key, words]) => {
        const line = document.createElement("div");
        const shown = document.createElement("dd");
        key.split(" ").forEach((one) => shown.append(Object.assign(document.createElement("kbd"), { textContent: one }), " "));
        line.append(Object.assign(document.createElement("dt"), { textContent: words }), shown);
        sheet.append(line);
      });
      return [heading, sheet];
    }));
  };
  all("[data-sheet]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => { if (button.dataset.sheet === "keys") fill(); $(`#${button.dataset.sheet}`).showModal(); });
  });

  // --- Forms -----------------------------------------------------------------------------------------------------
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("form[data-once]")) return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "yes";
    all("button", form).forEach((each) => each.setAttribute("aria-disabled", "true"));
  });
  addEventListener("pageshow", () => all("form[data-sent]").forEach((form) => {
    delete form.dataset.sent;
    all("button", form).forEach((each) => each.removeAttribute("aria-disabled"));
  }));
  const wrong = $("[data-error-summary]");
  if (wrong) wrong.focus();
  all("[data-when]").forEach((part) => {
    const [name, ...values] = part.dataset.when.split("|");
    const form = part.closest("form");
    const look = () => { const at = new FormData(form).get(name); part.hidden = !values.includes(at === null ? "" : at); };
    form.addEventListener("change", look);
    look();
  });
  all("[data-follows-change]").forEach((form) => form.addEventListener("change", () => form.requestSubmit()));

  // --- A part that is loaded again and again: htmx loads, this keeps the reader's place --------------------------
  const follow = $("[data-follow]");
  if (follow) {
    let etag = follow.dataset.etag || "";
    let place = null;
    follow.addEventListener("htmx:configRequest", (event) => { if (event.target === follow && etag) event.detail.headers["If-None-Match"] = etag; });
    follow.addEventListener("htmx:beforeSwap", (event) => {
      if (event.target !== follow || !event.detail.shouldSwap) return;
      const marked = getSelection();
      if (marked && !marked.isCollapsed && follow.contains(marked.anchorNode)) { event.detail.shouldSwap = false; return; }
      etag = event.detail.xhr.getResponseHeader("ETag") || "";
      place = { row: chosen()?.id, focused: follow.contains(document.activeElement) ? document.activeElement.id : "", y: scrollY };
    });
    follow.addEventListener("htmx:afterSwap", (event) => {
      if (event.target !== follow || !place) return;
      const row = place.row && document.getElementById(place.row);
      if (row) choose(row, false);
      if (place.focused) document.getElementById(place.focused)?.focus({ preventScroll: true });
      scrollTo({ top: place.y, behavior: "instant" });
      ring();
    });
    document.addEventListener("visibilitychange", () => { if (!document.hidden) follow.dispatchEvent(new Event("look")); });
    follow.addEventListener("htmx:sendError", () => document.body.setAttribute("data-cut", ""));
    follow.addEventListener("htmx:afterRequest", (event) => { if (event.detail.xhr.status) document.body.removeAttribute("data-cut"); });
  }

  // --- The bell: three strokes and a notification for a new urgent request, where the reader wants them -----------
  const alarm = $("[data-alarm]");
  const wants = () => kept("tocsin-alarm") === "on";
  let sound = null;
  const stroke = (at) => {
    // A bell is its hum, prime, tierce, quint and nominal: five partials that fade at their own pace.
    [[0.5, 0.3, 2.6], [1, 0.5, 1.8], [1.2, 0.3, 1.3], [1.5, 0.2, 1], [2, 0.35, 0.8]].forEach(([ratio, loud, fades]) => {
      const tone = sound.createOscillator();
      const gain = sound.createGain();
      tone.frequency.value = 440 * ratio;
      gain.gain.setValueAtTime(loud * 0.25, at);
      gain.gain.exponentialRampToValueAtTime(0.0001, at + fades);
      tone.connect(gain).connect(sound.destination);
      tone.start(at);
      tone.stop(at + fades);
    });
  };
  const toll = () => {
    sound = sound || new AudioContext();
    sound.resume().then(() => [0, 0.7, 1.4].forEach((later) => stroke(sound.currentTime + later)), () => {});
  };
  const rung = new Set(all("[data-rings]").map((each) => each.dataset.rings));
  function ring() {
    const fresh = all("[data-rings]").filter((each) => !rung.has(each.dataset.rings));
    fresh.forEach((each) => rung.add(each.dataset.rings));
    if (!fresh.length || !wants()) return;
    toll();
    if ("Notification" in window && Notification.permission === "granted") {
      // No personal data: who asks and under what, as the list shows it at a glance.
      const shown = new Notification(alarm?.dataset.words || "Tocsin", { body: fresh[0].dataset.ringsWords, tag: fresh[0].dataset.rings, requireInteraction: true });
      shown.onclick = () => { focus(); choose(fresh[0].closest("[data-row]")); shown.close(); };
    }
  }
  if (alarm) {
    const show = () => { alarm.setAttribute("aria-pressed", String(wants())); };
    alarm.hidden = false;
    alarm.addEventListener("click", async () => {
      kept("tocsin-alarm", wants() ? "off" : "on");
      if (wants()) { toll(); if ("Notification" in window && Notification.permission === "default") await Notification.requestPermission(); }
      show();
    });
    show();
  }
})();
