// Reads a JSON list of host:port/path, writes grade, score and failed tests of each.
import { existsSync, readFileSync, writeFileSync } from "node:fs";

// The package fetches lists when it is installed; here the scan answers without them.
const conf = new URL("./node_modules/@mdn/mdn-http-observatory/conf/", import.meta.url);
for (const [name, empty] of [["hsts-preload.json", "{}"], ["tld-list.json", "[]"]]) {
  if (!existsSync(new URL(name, conf))) writeFileSync(new URL(name, conf), empty);
}
const { scan } = await import("./node_modules/@mdn/mdn-http-observatory/src/scanner/index.js");

const found = [];
for (const address of JSON.parse(readFileSync(0, "utf8"))) {
  const result = await scan(address);
  const failed = Object.entries(result.tests).filter(([, test]) => !test.pass);
  found.push({
    grade: result.scan.grade,
    score: result.scan.score,
    failed: Object.fromEntries(failed.map(([name, test]) => [name, test.result])),
    tests: Object.fromEntries(Object.entries(result.tests).map(([name, test]) => [name, [test.result, test.scoreModifier]])),
  });
}
process.stdout.write(JSON.stringify(found));
