// Reads {url, cookie, times, chromium} as JSON, writes the scores of each run and what kept them below 100.
import { readFileSync } from "node:fs";
import * as launcher from "chrome-launcher";
import lighthouse from "lighthouse";

const wish = JSON.parse(readFileSync(0, "utf8"));
const flags = [
  "--headless=new", "--no-sandbox", "--disable-gpu", "--ignore-certificate-errors", "--disable-dev-shm-usage",
  "--disable-background-networking", "--disable-component-update",
];

// A browser of its own for each run: a trace that did not begin says nothing about the page.
async function once() {
  const chrome = await launcher.launch({ chromePath: wish.chromium, logLevel: "silent", chromeFlags: flags });
  try {
    const { lhr } = await lighthouse(wish.url, {
      port: chrome.port,
      logLevel: "silent",
      output: "json",
      extraHeaders: wish.cookie ? { Cookie: wish.cookie } : {},
    });
    return lhr;
  } finally {
    await chrome.kill();
  }
}

async function measured() {
  for (let tries = 3; ; tries -= 1) {
    const lhr = await once();
    if (!lhr.runtimeError) return lhr;
    if (tries === 1) throw new Error(lhr.runtimeError.message);
  }
}

const found = [];
for (let number = 0; number < wish.times; number += 1) {
  const lhr = await measured();
  const failed = {};
  const scores = {};
  for (const [name, category] of Object.entries(lhr.categories)) {
    scores[name] = category.score === null ? 100 : Math.round(category.score * 100);
    failed[name] = category.auditRefs
      .filter((ref) => ref.weight > 0 && lhr.audits[ref.id].score !== null && lhr.audits[ref.id].score < 1)
      .map((ref) => `${ref.id} ${lhr.audits[ref.id].displayValue ?? ""}`.trim());
  }
  found.push({ scores, failed, indexed: lhr.audits["is-crawlable"]?.score === 1, at: lhr.finalDisplayedUrl });
}
process.stdout.write(JSON.stringify(found));
