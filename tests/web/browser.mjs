// A headless Chromium and something that serves the dashboard: the mock of web/mock, or what LOCKKEEPER_DASHBOARD_URL names.
import {spawn} from "node:child_process";
import {once} from "node:events";
import {dirname, join} from "node:path";
import {createInterface} from "node:readline";
import {fileURLToPath} from "node:url";
import {chromium} from "../../web/node_modules/playwright-core/index.mjs";

const web = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "web");
// Generous: on a busy machine a look may take its time. Nothing is true because it has passed.
export const PATIENCE_MS = 30_000;

export async function launch() {
  return chromium.launch({executablePath: process.env.CHROMIUM_BIN ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-dev-shm-usage"]});
}

/** The mock with these options, once it listens: {url, port, stop()}. */
export async function mock(...options) {
  const dist = process.env.LOCKKEEPER_WEB_DIST ? ["--dist", process.env.LOCKKEEPER_WEB_DIST] : [];
  const port = options.includes("--port") ? [] : ["--port", "0"];
  const child = spawn(process.execPath, [join(web, "mock", "server.mjs"), ...port, ...dist, ...options], {stdio: ["ignore", "pipe", "inherit"]});
  const ended = once(child, "exit");
  const [url] = await Promise.race([once(createInterface(child.stdout), "line"), ended.then(([status]) => Promise.reject(new Error(`the mock ended with ${status}`)))]);
  return {
    url: url.replace(/\/$/, ""), port: new URL(url).port,
    stop: async () => {
      child.kill();
      await ended;
    },
  };
}

/** A page that remembers what should not happen: errors, violations of the policy, requests to elsewhere. */
export async function open(browser, base, path = "/", options = {}) {
  const context = await browser.newContext({viewport: {width: 1280, height: 860}, ...options});
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  const faults = [];
  page.on("pageerror", (error) => faults.push(`error: ${error.message}`));
  page.on("console", (message) => {
    // A refused or lost connection is the browser's to report, and the page's to show; all else is a fault.
    if (message.type() === "error" && !/Failed to load resource|net::ERR_/.test(message.text())) faults.push(message.text());
  });
  page.on("request", (request) => { if (new URL(request.url()).origin !== new URL(base).origin) faults.push(`request to ${request.url()}`); });
  await page.goto(base + path);
  return {page, faults, close: () => context.close()};
}

export const live = (page) => page.locator("[data-link=live]").waitFor({state: "attached"});

/** The number on a tile of the first page: "sleeping" is idle in transaction. */
export async function tile(page, tone) {
  const text = await page.locator(`[data-tile=${tone}] dd`).innerText();
  return Number(text.split(" of ")[0].replace(/\D/g, ""));
}

/** Waits until the tile's number satisfies `holds` (given with `bound`), and returns it. */
export async function tileUntil(page, tone, comparison, bound) {
  await page.waitForFunction(([name, sign, limit]) => {
    const element = document.querySelector(`[data-tile=${name}] dd`);
    const value = Number((element?.textContent ?? "").split(" of ")[0].replace(/\D/g, "") || Number.NaN);
    return sign === ">=" ? value >= limit : value <= limit;
  }, [tone, comparison, bound]);
  return tile(page, tone);
}
