/** Steps that compare what the page shows with what the library says. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { Page } from "playwright-core";
import { eventually } from "../../../tasks/support/eventually.ts";
import type { DashboardServer } from "../dashboard_server.ts";
import { leader, type Opened, REPLICAS, shows, text, WAIT_MS } from "./opened_page.ts";

/** Everything on the page is what the cluster says. */
export async function showsTheCluster({ page }: Opened, server: DashboardServer): Promise<void> {
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

export async function hashAt({ writer }: DashboardServer, index: number): Promise<string> {
  const entry = await writer.getCommittedCommand(index);
  if (!entry.committed) throw new Error(`nothing is committed at ${index}`);
  return entry.hash;
}

/** The chain grows with what is written, and each hash is the log's own. */
export async function chainGrows({ page }: Opened, server: DashboardServer): Promise<void> {
  const { index } = await server.writer.put("chain/new", "block");
  const block = page.locator(`#chain [data-index="${index}"][data-phase=committed]`);
  await block.waitFor();
  assertEquals(await block.getAttribute("data-hash"), await hashAt(server, index));
  assertStringIncludes(await block.innerText(), (await hashAt(server, index - 1)).slice(0, 10));
  assertStringIncludes(await block.innerText(), "put chain/new (5 bytes)");
  assertMatch(await text(page, "#heads"), /^Last [\d,]+, prepared [\d,]+, committed [\d,]+\.$/);
}

export async function readHeads(page: Page): Promise<{ readonly committed: number }> {
  const [, committed] = /committed ([\d,]+)/.exec(await text(page, "#heads"))!;
  return { committed: Number(committed!.replaceAll(",", "")) };
}

/** Charts and table show the load. */
export async function chartsShowLoad({ page }: Opened): Promise<void> {
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
