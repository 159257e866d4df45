/* Passkeys: a form with data-passkey asks the browser for one and sends it. Without this file it stays hidden. */
(() => {
  "use strict";

  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const known = (list) => (list || []).map((key) => ({ ...key, id: bytes(key.id) }));

  const asked = async (form) => {
    if (form.dataset.options) return JSON.parse(document.getElementById(form.dataset.options).textContent);
    const answer = await fetch(form.action, { headers: { Accept: "application/json" }, credentials: "same-origin" });
    if (!answer.ok) throw new Error(`options: ${answer.status}`);
    return (await answer.json()).request_options;
  };

  const create = async (form) => {
    const { publicKey } = await asked(form);
    const alone = form.elements.passwordless?.checked ?? false;
    publicKey.challenge = bytes(publicKey.challenge);
    publicKey.user.id = bytes(publicKey.user.id);
    publicKey.excludeCredentials = known(publicKey.excludeCredentials);
    publicKey.authenticatorSelection = {
      ...publicKey.authenticatorSelection,
      residentKey: alone ? "required" : "discouraged",
      requireResidentKey: alone,
      ...(alone ? { userVerification: "required" } : {}),
    };
    return navigator.credentials.create({ publicKey });
  };

  const get = async (form) => {
    const { publicKey } = await asked(form);
    publicKey.challenge = bytes(publicKey.challenge);
    publicKey.allowCredentials = known(publicKey.allowCredentials);
    return navigator.credentials.get({ publicKey });
  };

  const PARTS = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
  const asJson = (key) => {
    const response = {};
    for (const part of PARTS) if (key.response[part]) response[part] = text(key.response[part]);
    if (key.response.getTransports) response.transports = key.response.getTransports();
    return JSON.stringify({
      id: key.id,
      rawId: text(key.rawId),
      type: key.type,
      response,
      authenticatorAttachment: key.authenticatorAttachment ?? undefined,
      clientExtensionResults: key.getClientExtensionResults(),
    });
  };

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    const told = document.getElementById(form.dataset.told);
    const button = form.querySelector("button");
    const tell = (sentence) => {
      told.textContent = sentence;
      told.hidden = !sentence;
    };
    if (!window.PublicKeyCredential) {
      tell(told.dataset.none);
      continue;
    }
    form.hidden = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      tell("");
      button.disabled = true;
      try {
        const key = await (form.dataset.passkey === "create" ? create(form) : get(form));
        form.elements.credential.value = asJson(key);
        form.submit();
      } catch (error) {
        const reasons = { NotAllowedError: told.dataset.cancelled, InvalidStateError: told.dataset.again };
        tell(reasons[error.name] || told.dataset.failed);
        button.disabled = false;
        button.focus();
      }
    });
  }
})();
