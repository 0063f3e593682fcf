/**
 * The page in a real Chromium on a real cluster. `browser_test.ts` runs this file in a process of its own, as Playwright reads the environment and more than tests may; `--shots DIR` has it
 * keep pictures for the documentation.
 */
import { assertEquals } from "@std/assert";
import type { BrowserContextOptions, Page } from "playwright-core";
import { startDashboard } from "../dashboard_server.ts";
import { accessibilityFaults } from "./accessibility.ts";
import { startChromium } from "./chromium.ts";
import { findChromium } from "./find_chromium.ts";
import { startLoad } from "./load.ts";
import { fits, open, type Opened, shows } from "./opened_page.ts";
import { breaksAndMends, corrupts, killsTheLeader, showsPhases } from "./play_steps.ts";
import { chainGrows, chartsShowLoad, showsTheCluster } from "./state_steps.ts";
import { editsKeys, reconnects, walksByKeyboard } from "./use_steps.ts";

const STILL = { reducedMotion: "reduce" } as const;
const WIDE = { width: 1280, height: 900 };
const NARROW = { width: 390, height: 844 };
const SMALL = { width: 320, height: 640 };

const path = findChromium();
const shots = Deno.env.get("BFT_RAFT_SHOTS");

async function shoot(page: Page, name: string): Promise<void> {
  if (shots === undefined) return;
  await page.evaluate("document.activeElement.blur(); scrollTo(0, 0)");
  await page.screenshot({ path: `${shots}/${name}.png`, fullPage: true });
}

/** With a key in the editor, nothing serious is wrong, and nothing is wider than the window. */
async function hasNoFaults({ page }: Opened): Promise<void> {
  await page.fill("#key", "greeting");
  await page.click("#read");
  await shows(page, "#editor-status", /^Read/);
  assertEquals(await accessibilityFaults(page), []);
  await fits(page);
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
        await using opened = await open(browser, server, {
          viewport: WIDE,
          colorScheme: "light",
          ...STILL,
          ...options,
        });
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
      for (const viewport of [WIDE, NARROW, SMALL]) {
        await step(`axe: ${colorScheme}, ${viewport.width} pixels`, { colorScheme, viewport }, hasNoFaults);
      }
    }
    await step("connects again by itself", {}, (opened) => reconnects(opened, server));
  } finally {
    await Deno.remove(dir, { recursive: true });
    await Deno.remove(profile, { recursive: true }).catch(() => {});
  }
});
