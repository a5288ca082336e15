// A TUF client of another language: node tuf_client.cjs NODE_MODULES FOLDER URL TARGET...
// FOLDER/metadata/root.json is the root that is trusted; prints what it fetched, or the name of the error.
const path = require("path");
const [modules, folder, url, ...targets] = process.argv.slice(2);
const { Updater } = require(path.join(modules, "tuf-js"));

async function main() {
  const updater = new Updater({
    metadataDir: path.join(folder, "metadata"),
    metadataBaseUrl: `${url}/metadata`,
    targetDir: path.join(folder, "targets"),
    targetBaseUrl: `${url}/targets`,
    config: { fetchRetries: 0, fetchRetry: 0 },
  });
  const found = {};
  for (const target of targets) {
    const info = await updater.getTargetInfo(target);
    found[target] = info ? await updater.downloadTarget(info) : null;
  }
  return found;
}

main()
  .then((found) => console.log(JSON.stringify({ found })))
  .catch((error) => console.log(JSON.stringify({ error: error.constructor.name, message: error.message })));
