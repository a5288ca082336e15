// Reads what Tocsin signs and seals, and makes things for it to read, with the npm package jose alone.
// One JSON request on standard input, one JSON answer on standard output.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const asked = JSON.parse(readFileSync(0, "utf8"));
const require = createRequire(asked.modules + "/");
const jose = await import(pathToFileURL(require.resolve("jose")).href);
const text = new TextDecoder();

async function open({ jwe, opens }) {
  const key = await jose.importJWK(opens, "ECDH-ES");
  const opened = await jose.compactDecrypt(jwe, key, {
    keyManagementAlgorithms: ["ECDH-ES"],
    contentEncryptionAlgorithms: ["A256GCM"],
  });
  return { header: opened.protectedHeader, content: text.decode(opened.plaintext) };
}

async function verify({ jws, verifies }) {
  const key = await jose.importJWK(verifies, "Ed25519");
  const verified = await jose.compactVerify(jws, key, { algorithms: ["Ed25519"] });
  return { header: verified.protectedHeader, content: text.decode(verified.payload) };
}

async function sign({ content, header, signs }) {
  const key = await jose.importJWK(signs, "Ed25519");
  const signed = new jose.CompactSign(new TextEncoder().encode(content)).setProtectedHeader(header);
  return { jws: await signed.sign(key) };
}

async function seal({ content, header, to }) {
  const key = await jose.importJWK(to, "ECDH-ES");
  const sealed = new jose.CompactEncrypt(new TextEncoder().encode(content)).setProtectedHeader(header);
  return { jwe: await sealed.encrypt(key) };
}

const deeds = { open, verify, sign, seal };
const answers = [];
for (const one of asked.steps) {
  try {
    answers.push(await deeds[one.do](one));
  } catch (error) {
    answers.push({ error: error.code ?? error.name });
  }
}
process.stdout.write(JSON.stringify(answers));
