/** The page as a test has it open, and what is done on it. */
import { assertEquals } from "@std/assert";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { eventually } from "../../../tasks/support/eventually.ts";
import type { DashboardServer } from "../dashboard_server.ts";

export const WAIT_MS = 45_000;
export const REPLICAS = ["r1", "r2", "r3", "r4"];

export interface Opened extends AsyncDisposable {
  readonly page: Page;
}

/** Opens the page and waits for live data. Faults that the browser reports fail the step at its end. */
export async function open(browser: Browser, server: DashboardServer, options: BrowserContextOptions): Promise<Opened> {
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

export const text = async (page: Page, selector: string): Promise<string> => await page.locator(selector).innerText();

/** Waits until an element's text matches. */
export const shows = (page: Page, selector: string, wanted: RegExp): Promise<string> =>
  eventually(`${wanted} in ${selector}`, async () => {
    const found = await text(page, selector).catch(() => "");
    return wanted.test(found) ? found : null;
  }, WAIT_MS);

export const act = (page: Page, replica: string, action: string): Promise<void> =>
  page.locator(`[data-replica=${replica}] [data-action=${action}]`).click();

export const leader = async (page: Page): Promise<string> => await shows(page, "#figure-leader", /^r\d$/);

export async function fits(page: Page): Promise<void> {
  const width = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
  assertEquals(width, 0, "nothing is wider than the window");
}
