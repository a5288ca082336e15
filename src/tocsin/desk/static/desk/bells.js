// Asking this browser whether it may be rung: what it answers goes into the form, which is sent as any other.
(() => {
  "use strict";
  const form = document.querySelector("form[data-push]");
  const ask = form && form.querySelector("[data-push-ask]");
  if (!ask || !("serviceWorker" in navigator) || !("PushManager" in window)) return;
  const said = form.querySelector("[data-push-said]");
  const key = () => Uint8Array.from(atob(form.dataset.push.replace(/-/g, "+").replace(/_/g, "/")), (each) => each.charCodeAt(0));
  ask.hidden = false;
  ask.addEventListener("click", async () => {
    try {
      const worker = await navigator.serviceWorker.register(form.dataset.pushWorker);
      const found = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key() });
      form.elements.way.value = "push";
      form.elements.to.value = JSON.stringify(found);
      form.elements.label.focus();
      said.textContent = "✓";
    } catch {
      said.textContent = form.dataset.pushRefused;
    }
  });
})();
