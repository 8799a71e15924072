// Incident 1 as somebody meets it on the page: it grows, its finding is opened, the dry run read, the kill confirmed, it drops.
import assert from "node:assert/strict";
import {live, tile, tileUntil} from "./browser.mjs";

/** `application` leaks; `enough` of its transactions are waited for before they are ended. Acting has to be allowed. */
export async function growKillDrop(page, {application, enough}) {
  await live(page);
  const first = await tileUntil(page, "sleeping", ">=", 1);
  const grown = await tileUntil(page, "sleeping", ">=", Math.max(enough, first + 1));
  assert.ok(grown > first, `it grows: ${first}, then ${grown}`);

  const entry = page.locator(".open-findings [data-finding]").filter({hasText: `"${application}"`}).first();
  await entry.click();
  const detail = page.locator("[data-detail]");
  await detail.filter({hasText: `"${application}"`}).waitFor();
  assert.match(new URL(page.url()).pathname, /^\/findings\/(idle|leaked)-transaction-[0-9a-f]{8}$/);

  await page.getByRole("button", {name: "Dry run: terminate"}).click();
  await page.locator(".dry-run").getByText(/Would terminate \d+ sessions?/).waitFor();
  const before = await sleeping(page);
  await page.locator(".dry-run").getByRole("button", {name: /^Terminate \d+ sessions? …$/}).click();
  const killed = await confirm(page);
  assert.ok(killed >= 1 && killed <= before + killed, `${killed} sessions ended`);

  await page.keyboard.press("1");
  await tileUntil(page, "sleeping", "<=", Math.max(0, grown - Math.floor(killed / 2)));
  await page.keyboard.press("6");
  const row = page.locator(".audit li").filter({hasText: application}).first();
  await row.getByText(/terminated/).waitFor();
  return {grown, killed, left: await sleeping(page)};
}

/**
 * Presses the dialog's button until it has worked. Who came since the dialog was opened is left alone; where all whom it shows
 * have gone on by then, nothing is done, and the dialog shows who is there now.
 */
async function confirm(page) {
  const dialog = page.getByRole("dialog");
  const done = page.getByText(/\d+ sessions? terminated/);
  for (let attempt = 0; attempt < 20; attempt++) {
    const button = dialog.locator("[data-confirm]");
    const answer = page.waitForResponse((response) => response.url().endsWith("/kill") && (response.request().postData() ?? "").includes('"dry_run":false'));
    await button.click();
    const {status} = {status: (await answer).status()};
    if (status === 200) {
      await done.waitFor();
      return Number(/(\d+) sessions? terminated/.exec(await done.innerText())[1]);
    }
    assert.equal(status, 409, "only a moved target may refuse it");
    await dialog.locator("[data-confirm]:not([disabled])").waitFor();
  }
  throw new Error("the number of targets changed twenty times");
}

async function sleeping(page) {
  return page.locator("[data-tile=sleeping]").count().then((there) => (there ? tile(page, "sleeping") : 0));
}
