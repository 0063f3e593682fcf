/** Steps that use the page: keys, the keyboard, and a gateway that goes away. */
import { assertEquals } from "@std/assert";
import { eventually } from "../../../tasks/support/eventually.ts";
import type { DashboardServer } from "../dashboard_server.ts";
import { type Opened, shows, text, WAIT_MS } from "./opened_page.ts";

/** Keys are listed, read, written and deleted, and a conflict is shown and settled. */
export async function editsKeys({ page }: Opened, server: DashboardServer): Promise<void> {
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

/** The page says that its data is old while the gateway is gone, and goes on by itself. */
export async function reconnects({ page }: Opened, server: DashboardServer): Promise<void> {
  await server.stop();
  await shows(page, "#link", /^Old data: nothing new since \d\d:\d\d:\d\d; connecting again by itself/);
  assertEquals(await page.evaluate("document.body.hasAttribute('data-old')"), true);
  server.serve();
  await shows(page, "#link", /^Live$/);
}

/** The whole page is reached, and played with, by keys alone; each place shows that it has the focus. */
export async function walksByKeyboard({ page }: Opened): Promise<void> {
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
