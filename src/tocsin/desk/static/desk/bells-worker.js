// Rings in the browser: shows what the node said, and opens the desk where it leads.
"use strict";
self.addEventListener("push", (event) => {
  const told = event.data ? event.data.json() : {};
  const shown = { body: told.text || "", tag: told.path || "tocsin", requireInteraction: true, data: { path: told.path || "/" } };
  event.waitUntil(self.registration.showNotification(told.title || "Tocsin", shown));
});
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const path = String(event.notification.data.path);
  if (/^\/[^/]/.test(path) || path === "/") event.waitUntil(self.clients.openWindow(path));
});
