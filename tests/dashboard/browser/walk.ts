/**
 * The page in a real Chromium on a real cluster. `browser_test.ts` runs this file in a process of its own, as Playwright reads the environment and more than tests may; `--shots DIR` has it
 * keep pictures for the documentation.
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { eventually } from "../../../tasks/support/eventually.ts";
import { type DashboardServer, startDashboard } from "../dashboard_server.ts";
import { accessibilityFaults } from "./accessibility.ts";
import { findChromium, startChromium } from "./chromium.ts";
import { startLoad } from "./load.ts";

const WAIT_MS = 45_000;
const WIDE = { width: 1280, height: 900 };
const NARROW = { width: 390, height: 844 };
const REPLICAS = ["r1", "r2", "r3", "r4"];

const path = findChromium();
const shots = Deno.env.get("BFT_RAFT_SHOTS");

interface Opened extends AsyncDisposable {
  readonly page: Page;
}

/** Opens the page and waits for live data. Faults that the browser reports fail the step at its end. */
async function open(browser: Browser, server: DashboardServer, options: BrowserContextOptions): Promise<Opened> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.setDefaultTimeout(WAIT_MS);
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (message) => {
    // That a request is refused or does not get through is what some steps want.
    if (message.type() === "error" && !/Failed to load resource/.test(message.text())) faults.push(message.text());
  });
  await page.goto(server.url);
  await page.waitForFunction('document.querySelectorAll(".card").length === 4');
  return {
    page,
    async [Symbol.asyncDispose]() {
      await context.close();
      assertEquals(faults, []);
    },
  };
}

const text = async (page: Page, selector: string): Promise<string> => await page.locator(selector).innerText();

/** Waits until an element's text matches. */
const shows = (page: Page, selector: string, wanted: RegExp): Promise<string> =>
  eventually(`${wanted} in ${selector}`, async () => {
    const found = await text(page, selector).catch(() => "");
    return wanted.test(found) ? found : null;
  }, WAIT_MS);

const act = (page: Page, replica: string, action: string): Promise<void> =>
  page.locator(`[data-replica=${replica}] [data-action=${action}]`).click();

const leader = async (page: Page): Promise<string> => await shows(page, "#figure-leader", /^r\d$/);

async function shoot(page: Page, name: string): Promise<void> {
  if (shots === undefined) return;
  await page.evaluate("document.activeElement.blur(); scrollTo(0, 0)");
  await page.screenshot({ path: `${shots}/${name}.png`, fullPage: true });
}

/** Everything on the page is what the cluster says. */
async function showsTheCluster({ page }: Opened, server: DashboardServer): Promise<void> {
  assertEquals(await text(page, "#cluster"), server.cluster.roster.cluster);
  await shows(page, "#link", /^Live$/);
  assertEquals(await text(page, "#verdict-word"), "Writes are accepted");
  await shows(page, "#survival", /All 4 replicas take part\. Every decision takes 3 of them/);
  const status = await server.writer.getStatus();
  const own = status.flatMap((line) => line.reachable ? [line.status as Record<string, unknown>] : []);
  const led = own.find(({ leader, replica }) => leader === replica)!;
  assertEquals(await leader(page), led["replica"]);
  assertEquals(await text(page, "#figure-term"), String(led["term"]));
  assertEquals([await text(page, "#figure-quorum"), await text(page, "#figure-f")], ["3 of 4", "f = 1"]);
  for (const id of REPLICAS) {
    const card = await text(page, `[data-replica=${id}]`);
    assertStringIncludes(card, "healthy");
    assertStringIncludes(card, id === led["replica"] ? "Leads." : `Follows ${led["replica"]}.`);
  }
  const ring = await page.locator("#ring").getAttribute("aria-label");
  assertStringIncludes(ring!, `${led["replica"]} leads in term ${led["term"]}`);
  assertEquals(await page.locator("#ring .node").count(), 4);
  assertEquals(await page.locator("#ring .edge:not(.weak)").count(), 3);
}

async function hashAt({ writer }: DashboardServer, index: number): Promise<string> {
  const entry = await writer.getCommittedCommand(index);
  if (!entry.committed) throw new Error(`nothing is committed at ${index}`);
  return entry.hash;
}

/** The chain grows with what is written, and each hash is the log's own. */
async function chainGrows({ page }: Opened, server: DashboardServer): Promise<void> {
  const { index } = await server.writer.put("chain/new", "block");
  const block = page.locator(`#chain [data-index="${index}"][data-phase=committed]`);
  await block.waitFor();
  assertEquals(await block.getAttribute("data-hash"), await hashAt(server, index));
  assertStringIncludes(await block.innerText(), (await hashAt(server, index - 1)).slice(0, 10));
  assertStringIncludes(await block.innerText(), "put chain/new (5 bytes)");
  assertMatch(await text(page, "#heads"), /^Last [\d,]+, prepared [\d,]+, committed [\d,]+\.$/);
}

async function readHeads(page: Page): Promise<{ readonly committed: number }> {
  const [, committed] = /committed ([\d,]+)/.exec(await text(page, "#heads"))!;
  return { committed: Number(committed!.replaceAll(",", "")) };
}

/** Charts and table show the load. */
async function chartsShowLoad({ page }: Opened): Promise<void> {
  const label = (id: string) => page.locator(`#${id} svg[role=img]`).getAttribute("aria-label");
  await eventually("entries a second", async () => /entries [1-9]/.test(await label("throughput") ?? ""), WAIT_MS);
  await eventually("a latency", async () => /median [\d.]*[1-9]/.test(await label("latency") ?? ""), WAIT_MS);
  await eventually(
    "a line",
    async () => /L/.test(await page.locator("#throughput svg[role=img] .line-a").getAttribute("d") ?? ""),
    WAIT_MS,
  );
  await page.locator("details summary").click();
  const row = await text(page, "#figures-table tbody tr:first-child");
  assertMatch(row, /^\d\d:\d\d:\d\d\s+[\d.,]+/);
  await page.locator("details summary").click();
}

/** Keys are listed, read, written and deleted, and a conflict is shown and settled. */
async function editsKeys({ page }: Opened, server: DashboardServer): Promise<void> {
  const key = "a key/with ? and ä";
  await page.fill("#key", key);
  await page.fill("#value", "first");
  await page.click("#write");
  await shows(page, "#editor-status", /^Wrote a key\/with \? and ä at revision/);
  const read = await server.writer.get(key);
  assertEquals(read.found && new TextDecoder().decode(read.value), "first");
  await page.fill("#prefix", "a key");
  await page.click("#list-form button");
  await shows(page, "#list-status", /^1 key\.$/);
  await page.click("#key-list button");
  await shows(page, "#editor-status", /^Read .*: 5 bytes\.$/);
  await server.writer.put(key, "theirs");
  await page.fill("#value", "mine");
  await page.click("#write");
  await shows(page, "#conflict-text", /somebody else has written revision/);
  assertEquals(await text(page, "#conflict-value"), "theirs");
  assertEquals(await page.evaluate("document.activeElement.id"), "take-theirs");
  const kept = await server.writer.get(key);
  assertEquals(kept.found && new TextDecoder().decode(kept.value), "theirs");
  await page.click("#keep-mine");
  await shows(page, "#editor-status", /^Wrote/);
  await page.click("#delete");
  await shows(page, "#editor-status", /^Deleted/);
  assertEquals((await server.writer.get(key)).found, false);
  // Bytes that are no text come and go as base64.
  await server.writer.put("bytes", new Uint8Array([255, 0, 13, 10]));
  await page.fill("#key", "bytes");
  await page.click("#read");
  await eventually("base64", async () => await page.inputValue("#value") === "/wANCg==", WAIT_MS);
  assertEquals(await page.isChecked("#base64"), true);
}

/** A leader that is killed by a click is followed by another, told in sentences. */
async function killsTheLeader({ page }: Opened): Promise<void> {
  const before = await leader(page);
  const term = Number(await text(page, "#figure-term"));
  await act(page, before, "crash");
  await shows(page, "#play-answer", new RegExp(`^${before}: crash: done`));
  await shows(page, `[data-replica=${before}]`, /✕ no answer[^]*Play: crashed by you/);
  await shows(
    page,
    "#survival",
    new RegExp(`${before} takes no part\\. 3 of 4 honest replicas are left and a quorum is 3`),
  );
  await eventually("another leader", async () => Number(await text(page, "#figure-term")) > term, WAIT_MS);
  assert(await leader(page) !== before);
  await shows(page, "#timeline", new RegExp(`A quorum elected r\\d leader of term \\d+, after ${before}`));
  await shows(page, "#timeline", new RegExp(`${before} was crashed: its process got SIGKILL`));
  await act(page, before, "restart");
  await shows(page, `[data-replica=${before}]`, /● healthy/);
  await shows(page, "#timeline", new RegExp(`${before} takes part again`));
}

/** A replica that is paused, cut off or slowed down says so, and is mended. */
async function breaksAndMends({ page }: Opened): Promise<void> {
  await act(page, "r2", "pause");
  await shows(page, "[data-replica=r2]", /✕ no answer[^]*Play: paused by you/);
  assertEquals(await page.locator("[data-replica=r2] [data-action=pause]").getAttribute("aria-disabled"), "true");
  await act(page, "r2", "resume");
  await shows(page, "[data-replica=r2]", /● healthy/);
  await act(page, "r3", "cut");
  await shows(page, "[data-replica=r3]", /▲ in trouble[^]*Hears no quorum of the others[^]*Play: cut off by you/);
  await shows(page, "#survival", /r3 takes no part/);
  await act(page, "r3", "heal");
  await shows(page, "[data-replica=r3]", /● healthy/);
  await act(page, "r4", "slow");
  await shows(page, "[data-replica=r4]", /Play: slowed down by you/);
  await act(page, "r4", "heal");
}

/** A replica that lies is caught, and the page says that it is survived; a second one is refused. */
async function corrupts({ page }: Opened): Promise<void> {
  const liar = await leader(page) === "r4" ? "r3" : "r4";
  await act(page, liar, "corrupt");
  await shows(page, `[data-replica=${liar}]`, /Play: lying for you \(corrupt-acks\)/);
  await shows(page, "#timeline", new RegExp(`${liar} acknowledged two different entries at one place of the log`));
  await shows(page, "#survival", new RegExp(`${liar} lies or has lied\\. 3 of 4 honest replicas are left`));
  await act(page, "r1", "corrupt");
  await shows(page, "#play-answer", /^r1: corrupt was refused: 4 replicas survive f = 1 that lie/);
  await page.selectOption("#timeline-filter", "evidence");
  assertEquals(await page.locator("#timeline li:visible:not([data-kind=evidence])").count(), 0);
  await page.selectOption("#timeline-filter", "");
}

/** Two phases: with two replicas gone an entry is appended and goes no further until one is back. */
async function showsPhases({ page }: Opened, server: DashboardServer): Promise<void> {
  const others = REPLICAS.filter((id) => id !== server.play.states()[id]?.lies);
  const led = await leader(page);
  const gone = others.filter((id) => id !== led).slice(0, 2);
  for (const id of gone) await act(page, id, "crash");
  await shows(page, "#verdict-word", /^Writes wait/);
  await shows(page, "#survival", /Nothing that was confirmed is lost or changed/);
  // It is on its way as soon as the leader has it, and no further than that.
  const { committed } = await readHeads(page);
  const writing = server.writer.put("phases", "on its way");
  writing.catch(() => {});
  const pending = page.locator("#chain [data-phase=appended]");
  await pending.first().waitFor();
  assert(Number(await pending.first().getAttribute("data-index")) > committed);
  for (const id of gone) await act(page, id, "restart");
  const { index } = await writing;
  await page.locator(`#chain [data-index="${index}"][data-phase=committed]`).waitFor();
  await shows(page, "#verdict-word", /^Writes are accepted$/);
}

/** The page says that its data is old while the gateway is gone, and goes on by itself. */
async function reconnects({ page }: Opened, server: DashboardServer): Promise<void> {
  await server.stop();
  await shows(page, "#link", /^Old data: nothing new since \d\d:\d\d:\d\d; connecting again by itself/);
  assertEquals(await page.evaluate("document.body.hasAttribute('data-old')"), true);
  server.serve();
  await shows(page, "#link", /^Live$/);
}

/** The whole page is reached, and played with, by keys alone; each place shows that it has the focus. */
async function walksByKeyboard({ page }: Opened): Promise<void> {
  await page.keyboard.press("Tab");
  assertEquals(await page.evaluate("document.activeElement.className"), "skip");
  const seen: string[] = [];
  for (let i = 0; i < 120; i++) {
    const here = await page.evaluate(`(() => {
      const { activeElement: node } = document;
      const style = getComputedStyle(node);
      const name = node.id || node.dataset.action && node.closest("[data-replica]").dataset.replica + " " + node.dataset.action || node.tagName;
      return name + (node === document.body || style.outlineStyle !== "none" ? "" : " (no outline)");
    })()`) as string;
    if (here === "BODY") break;
    seen.push(here);
    await page.keyboard.press("Tab");
  }
  assertEquals(seen.filter((name) => name.includes("no outline")), []);
  const wanted = [
    "r1 crash",
    "r4 corrupt",
    "chain",
    "timeline-filter",
    "timeline-box",
    "prefix",
    "key",
    "read",
    "value",
    "write",
    "delete",
  ];
  assertEquals(wanted.filter((name) => !seen.includes(name)), []);
  await page.locator("[data-replica=r1] [data-action=slow]").focus();
  await page.keyboard.press("Enter");
  await shows(page, "[data-replica=r1]", /Play: slowed down by you/);
  // The button is still where the focus is, though it does nothing now.
  assertEquals(await page.evaluate("document.activeElement.dataset.action"), "slow");
  await page.locator("[data-replica=r1] [data-action=heal]").focus();
  await page.keyboard.press("Space");
  await eventually("r1 healed", async () => !/Play:/.test(await text(page, "[data-replica=r1]")), WAIT_MS);
}

async function fits(page: Page): Promise<void> {
  const width = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
  assertEquals(width, 0, "nothing is wider than the window");
}

Deno.test({ name: "the dashboard in Chromium", ignore: path === null }, async (t) => {
  const [dir, profile] = [await Deno.makeTempDir(), await Deno.makeTempDir()];
  try {
    await using server = await startDashboard(dir);
    await using owned = await startChromium(path!, profile);
    const { browser } = owned;
    await server.writer.put("greeting", "hello");
    await server.writer.put("config/limit", "42");
    await server.writer.put("config/theme", "dark");
    const step = async (name: string, options: BrowserContextOptions, work: (opened: Opened) => Promise<void>) => {
      await t.step(name, async () => {
        await using opened = await open(browser, server, { viewport: WIDE, colorScheme: "light", ...options });
        await work(opened);
      });
    };
    await step("shows what the cluster says", {}, (opened) => showsTheCluster(opened, server));
    await step("the chain grows", {}, (opened) => chainGrows(opened, server));
    await step("keys are browsed and edited", {}, (opened) => editsKeys(opened, server));
    await step("by keyboard alone", {}, walksByKeyboard);
    {
      await using _load = startLoad(server.url);
      await step("charts show the load", {}, chartsShowLoad);
      await step("a leader is killed with a click", {}, async (opened) => {
        await killsTheLeader(opened);
        await shoot(opened.page, "dashboard-light");
      });
      await step("paused, cut off, slowed down", {}, breaksAndMends);
      await step("a liar is caught", { colorScheme: "dark" }, async (opened) => {
        await corrupts(opened);
        await shoot(opened.page, "dashboard-dark");
      });
    }
    await step("too few for a quorum", { viewport: NARROW }, async (opened) => {
      await showsPhases(opened, server);
      await fits(opened.page);
      await shoot(opened.page, "dashboard-narrow");
    });
    for (const colorScheme of ["light", "dark"] as const) {
      for (
        const [name, viewport] of [["wide", WIDE], ["narrow", NARROW], ["320 pixels", {
          width: 320,
          height: 640,
        }]] as const
      ) {
        await step(
          `axe finds nothing serious: ${colorScheme}, ${name}`,
          { colorScheme, viewport },
          async ({ page }) => {
            await page.fill("#key", "greeting");
            await page.click("#read");
            await shows(page, "#editor-status", /^Read/);
            assertEquals(await accessibilityFaults(page), []);
            await fits(page);
          },
        );
      }
    }
    await step("connects again by itself", {}, (opened) => reconnects(opened, server));
  } finally {
    await Deno.remove(dir, { recursive: true });
    await Deno.remove(profile, { recursive: true }).catch(() => {});
  }
});
