// Passkeys: one form for each thing that is done with one, told apart by data-passkey.
//   enter  sign in, with nothing typed: options come from data-options
//   use    prove who one is: options stand in #passkey-options
//   add    make a new one: options stand in #passkey-options
// The answer of the device goes into the hidden field "credential", and the form is sent.
"use strict";
(() => {
  const able = window.PublicKeyCredential && navigator.credentials;
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const ids = (list) => (list || []).map((each) => ({ ...each, id: bytes(each.id) }));

  const readable = (given) => {
    const options = given.publicKey;
    const made = { ...options, challenge: bytes(options.challenge) };
    if (options.user) made.user = { ...options.user, id: bytes(options.user.id) };
    if (options.excludeCredentials) made.excludeCredentials = ids(options.excludeCredentials);
    if (options.allowCredentials) made.allowCredentials = ids(options.allowCredentials);
    return { publicKey: made };
  };
  const written = (credential) => {
    const response = {};
    for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (credential.response[name]) response[name] = text(credential.response[name]);
    }
    if (credential.response.getTransports) response.transports = credential.response.getTransports();
    return { id: credential.id, rawId: text(credential.rawId), type: credential.type, response, clientExtensionResults: credential.getClientExtensionResults() };
  };
  const optionsOf = async (form) => {
    if (!form.dataset.options) return JSON.parse(document.getElementById("passkey-options").textContent);
    const answer = await fetch(form.dataset.options, { headers: { Accept: "application/json" }, credentials: "same-origin" });
    if (!answer.ok) throw new Error("no options");
    return (await answer.json()).request_options;
  };
  const go = async (form) => {
    const failed = form.querySelector("[data-failed]");
    failed.hidden = true;
    try {
      const options = readable(await optionsOf(form));
      const credential = form.dataset.passkey === "add" ? await navigator.credentials.create(options) : await navigator.credentials.get(options);
      form.elements.credential.value = JSON.stringify(written(credential));
      form.submit();
    } catch {
      failed.hidden = false;
    }
  };

  if (!able) return;
  document.querySelectorAll("[data-with-passkey]").forEach((each) => { each.hidden = false; });
  document.querySelectorAll("form[data-passkey]").forEach((form) => {
    form.hidden = false;
    form.querySelector("[data-go]").addEventListener("click", () => go(form));
    form.addEventListener("submit", (event) => { event.preventDefault(); go(form); });
  });
})();
