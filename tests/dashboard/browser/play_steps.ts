/** Steps that break the cluster by clicks, and read why it is survived. */
import { assert, assertEquals } from "@std/assert";
import { eventually } from "../../../tasks/support/eventually.ts";
import type { DashboardServer } from "../dashboard_server.ts";
import { act, leader, type Opened, REPLICAS, shows, text, WAIT_MS } from "./opened_page.ts";
import { readHeads } from "./state_steps.ts";

/** A leader that is killed by a click is followed by another, told in sentences. */
export async function killsTheLeader({ page }: Opened): Promise<void> {
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
export async function breaksAndMends({ page }: Opened): Promise<void> {
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
export async function corrupts({ page }: Opened): Promise<void> {
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
export async function showsPhases({ page }: Opened, server: DashboardServer): Promise<void> {
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
