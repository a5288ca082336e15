// An organisation's OpenID Connect provider, for test_oidc.py: whoever types a name at its own page is that subject.
// argv: the folder of node_modules, the port, the client's redirect address. Says "ready" when it answers.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [modules, port, redirect] = process.argv.slice(2);
const found = createRequire(`${modules}/x.js`).resolve("oidc-provider");
const { default: Provider } = await import(pathToFileURL(found));
const provider = new Provider(`http://localhost:${port}`, {
  clients: [{ client_id: "tocsin", client_secret: "a secret of the test", redirect_uris: [redirect], token_endpoint_auth_method: "client_secret_post" }],
  pkce: { required: () => true },
  // The same address for everybody: whoever bound by it would let anybody in.
  findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ sub, email: "everybody@id.example", email_verified: true }) }),
  claims: { openid: ["sub"], email: ["email", "email_verified"] },
  conformIdTokenClaims: false,
});
provider.listen(Number(port), "127.0.0.1", () => console.log("ready"));
