// The dashboard in a headless browser. Against the mock, or, with LOCKKEEPER_DASHBOARD_URL, against a daemon that watches
// incident 1 (LOCKKEEPER_DASHBOARD_APPLICATION leaks; acting is allowed): then only what holds of any daemon is asked.
import assert from "node:assert/strict";
import {after, before, test} from "node:test";
import {launch, live, mock, open, tileUntil} from "./browser.mjs";
import {growKillDrop} from "./incident.mjs";

const elsewhere = process.env.LOCKKEEPER_DASHBOARD_URL?.replace(/\/$/, "");
const withMock = elsewhere ? {skip: "only with the mock"} : {};
const PAGES = ["now", "transactions", "waits", "findings", "shapes", "audit"];
let browser;

before(async () => { browser = await launch(); });
after(async () => { await browser?.close(); });

/** Runs `body` with a page of what these options serve, and asks in the end that nothing went wrong unseen. */
async function on(options, path, body, context = {}) {
  const served = elsewhere ? {url: elsewhere, stop: async () => undefined} : await mock(...options);
  try {
    const opened = await open(browser, served.url, path, context);
    await body(opened.page, served, opened.faults);
    await opened.close();
    assert.deepEqual(opened.faults, []);
  } finally {
    await served.stop();
  }
}

test("every page opens by its address and by its key", async () => {
  await on(["--leaked", "30", "--hold", "--ring"], "/", async (page, {url}) => {
    await live(page);
    for (const [index, name] of PAGES.entries()) {
      await page.keyboard.press(String(index + 1));
      await page.locator(`main[data-page=${name}]`).waitFor();
      assert.equal(new URL(page.url()).pathname, name === "now" ? "/" : `/${name}`);
    }
    for (const name of PAGES) {
      await page.goto(`${url}/${name}`);
      await page.locator(`main[data-page=${name}]`).waitFor();
      await page.locator(`nav [aria-current=page]`).waitFor();
    }
    await page.goBack();
    await page.locator("main[data-page=shapes]").waitFor();
  });
});

test("an incident is seen growing, its finding opened, ended from the page, and gone", async () => {
  await on(["--leaked", "3", "--speed", "3", "--hold", "--actions", "--look-ms", "300"], "/", async (page) => {
    const application = process.env.LOCKKEEPER_DASHBOARD_APPLICATION ?? "webhook";
    const {killed} = await growKillDrop(page, {application, enough: Number(process.env.LOCKKEEPER_DASHBOARD_ENOUGH ?? 20)});
    assert.ok(killed > 1);
  });
});

test("the graph goes back as far as the history", withMock, async () => {
  await on(["--leaked", "3", "--hold"], "/", async (page) => {
    const past = page.locator("figure.chart[aria-label*='At last: 2 idle in transaction']");
    for (const span of ["24 h", "7 d"]) {
      await page.getByRole("button", {name: span}).click();
      await page.locator(`[aria-pressed=true]:text-is("${span}")`).waitFor();
      await past.waitFor();
    }
    await page.getByRole("button", {name: "5 min", exact: true}).click();
    await page.locator("figure.chart[aria-label*='Now:']").waitFor();
  });
});

test("without actions there is a dry run and no way to act", withMock, async () => {
  await on(["--leaked", "30", "--hold"], "/findings", async (page) => {
    await page.locator("[data-finding^=root-blocker]").click();
    await page.getByRole("button", {name: "Dry run: terminate"}).click();
    await page.getByText("Would terminate 1 session.").waitFor();
    await page.getByText("6 waiting sessions can go on.").waitFor();
    assert.equal(await page.locator(".dry-run button").count(), 0);
  });
});

test("a sleeping transaction shows every statement and the silence since", withMock, async () => {
  await on(["--leaked", "30", "--hold"], "/transactions", async (page) => {
    await page.locator(".lanes-space [data-key]").first().waitFor();
    await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    const detail = page.locator(".detail");
    await detail.getByText("INSERT INTO post").waitFor();
    await detail.getByText(/× \d+/).waitFor();
    await detail.getByText(/then nothing for/).waitFor();
    const address = page.url();
    await page.keyboard.press("Escape");
    await page.waitForFunction(() => location.pathname === "/transactions");
    await page.goto(address);
    await detail.getByText("INSERT INTO post").waitFor();
  });
});

test("the wait graph has its roots and its rings", withMock, async () => {
  await on(["--leaked", "5", "--hold", "--ring"], "/waits", async (page) => {
    await page.locator(".ring .node.stuck").nth(1).waitFor();
    await page.locator(".node.root").click();
    await page.locator(".lead").getByText("Ending it frees").waitFor();
    assert.equal(await page.locator(".root-tree .node").count(), 7);
    await page.keyboard.press("/");
    await page.keyboard.type("refunds");
    await page.locator(".root-tree").waitFor({state: "detached"});
  });
});

test("a token is asked for, a wrong one refused", withMock, async () => {
  await on(["--token", "sesame", "--calm"], "/shapes", async (page) => {
    await page.getByLabel("Token").fill("wrong");
    await page.getByRole("button", {name: "Log in"}).click();
    await page.getByText("That is not the token.").waitFor();
    await page.getByLabel("Token").fill("sesame");
    await page.keyboard.press("Enter");
    await page.locator("main[data-page=shapes] .shape").first().waitFor();
    await live(page);
  });
});

test("where nothing is wrong it says so", withMock, async () => {
  await on(["--calm"], "/", async (page) => {
    await page.getByRole("heading", {name: "Nothing is wrong"}).waitFor();
    await page.getByText("No open findings").waitFor();
    for (const [path, words] of [["/waits", "Nobody waits for anybody"], ["/findings", "No open findings"], ["/transactions/1@x", "This transaction is over"], ["/findings/nothing-0", "This finding is over"]]) {
      await page.goto(new URL(path, page.url()).href);
      await page.getByText(words).first().waitFor();
    }
  });
});

test("what could not be seen is said, and how to cure it", withMock, async () => {
  await on(["--incomplete", "--calm"], "/", async (page) => {
    await page.getByText("Nothing found, but not everything could be seen").waitFor();
    await page.keyboard.press("4");
    await page.getByText("GRANT pg_monitor TO app;").waitFor();
  });
});

test("several servers can be chosen from, and one that is down is told", withMock, async () => {
  await on(["--servers", "3", "--leaked", "10", "--hold"], "/waits", async (page) => {
    await page.getByText("replica cannot be observed").waitFor();
    await page.getByLabel("Server").selectOption("replica");
    await page.getByText(/Connection refused/).first().waitFor();
    assert.equal(new URL(page.url()).search, "?server=replica");
    await page.keyboard.press("1");
    await page.getByRole("heading", {name: "replica cannot be observed"}).waitFor();
    assert.equal(new URL(page.url()).search, "?server=replica");
  });
});

test("a daemon that goes away is noticed, and noticed again when it is back", withMock, async () => {
  await on(["--leaked", "10", "--hold"], "/", async (page, served) => {
    await tileUntil(page, "sleeping", ">=", 10);
    await served.stop();
    await page.getByText("Lockkeeper does not answer.").waitFor();
    const again = await mock("--port", served.port, "--calm");
    try {
      await live(page);
      await page.getByRole("heading", {name: "Nothing is wrong"}).waitFor();
      await page.getByText("Lockkeeper does not answer.").waitFor({state: "detached"});
    } finally {
      await again.stop();
    }
  });
});

test("of 2,000 transactions only the rows in view exist, and the list still scrolls and filters", withMock, async () => {
  await on(["--sessions", "2000", "--leaked", "40", "--hold"], "/transactions", async (page) => {
    await page.getByText(/2,0\d\d open transactions/).waitFor();
    const rows = page.locator(".lanes-space li");
    await rows.nth(10).waitFor();
    assert.ok(await rows.count() < 80, "rows that nobody sees are not there");
    const last = await page.evaluate(() => {
      const body = document.querySelector(".lanes-body");
      body.scrollTop = body.scrollHeight;
      return body.querySelector("li button")?.dataset.key;
    });
    await page.waitForFunction((key) => !document.querySelector(`[data-key="${key}"]`), last);
    assert.ok(await rows.count() < 80);
    await page.getByLabel("Filter").fill("mailer");
    await page.waitForFunction(() => [...document.querySelectorAll(".lanes-space .application")].every((one) => one.textContent === "mailer"));
  });
});

test("nothing is wider than a narrow screen, in the dark either", async () => {
  await on(["--leaked", "60", "--hold", "--ring"], "/", async (page, {url}) => {
    for (const name of PAGES) {
      await page.goto(`${url}/${name}`);
      await page.locator(`main[data-page=${name}] .panel`).first().waitFor();
      const first = page.locator("[data-finding], .node, .lanes-space [data-key]").first();
      if (!elsewhere && ["findings", "waits", "transactions"].includes(name)) {
        await first.click();
        await page.locator(".finding, .detail").first().waitFor();
      }
      const [content, screen] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
      assert.ok(content <= screen, `${name} is ${content} wide on ${screen}`);
    }
  }, {viewport: {width: 360, height: 740}, colorScheme: "dark"});
});

test("the keys are shown, the theme goes round and is kept", withMock, async () => {
  await on(["--calm"], "/", async (page) => {
    await live(page);
    await page.keyboard.press("?");
    await page.getByRole("dialog", {name: "Keys"}).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog", {name: "Keys"}).waitFor({state: "detached"});
    await page.keyboard.press("t");
    await page.reload();
    await live(page);
    assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "dark");
  });
});
