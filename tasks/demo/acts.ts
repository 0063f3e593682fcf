/** The acts of the demo. Each waits for what it shows, and throws if that does not happen. */
import type { Client } from "../../client/mod.ts";
import { eventually } from "../support/eventually.ts";
import {
  commonLeader,
  type DemoContext,
  type Led,
  PATIENCE_MS,
  waitForEqualCommits,
  waitForLeader,
} from "./context.ts";

/** Number of keys written so that there is a log worth comparing. */
const MORE_KEYS = 20;

/** Writes and reads keys through a healthy cluster. */
export async function writeAndRead(context: DemoContext): Promise<void> {
  const { client, cluster, say } = context;
  const { leader, term } = await waitForLeader(context, cluster.ids);
  say("elected", `leader ${leader} in term ${term}, named alike by ${cluster.ids.join(" ")}`);
  const { answer: put } = await client.execute("put colour green");
  const { answer: cas } = await client.execute(`cas colour ${put["revision"]} blue`);
  const { answer: get, tookMs } = await client.execute("get colour");
  say("write", `put colour green: revision ${put["revision"]}; cas to blue: revision ${cas["revision"]}`);
  if (get["value"] !== "blue") throw new Error(`read ${JSON.stringify(get)}, wanted the value blue`);
  say("read", `get colour: ${get["value"]}, linearizable, in ${tookMs} ms`);
  for (let i = 1; i <= MORE_KEYS; i++) await client.execute(`put key-${i} value-${i}`);
  say("write", `key-1 … key-${MORE_KEYS}`);
  say("equal", await waitForEqualCommits(context, cluster.ids));
}

/** Kills the leader; the client, unanswered, turns to all replicas and has it replaced (§7.3). */
export async function killLeader(context: DemoContext): Promise<string> {
  const { client, cluster, say } = context;
  const before = await waitForLeader(context, cluster.ids);
  await cluster.process(before.leader).kill();
  say("kill -9", `leader ${before.leader} of term ${before.term} is gone`);
  const { answer, tookMs } = await client.execute("put fruit apple");
  const others = cluster.ids.filter((id) => id !== before.leader);
  const after = await waitForLeader(context, others);
  const outcome = `put fruit apple: revision ${answer["revision"]} after ${tookMs} ms`;
  say("intervene", `client told all replicas; ${outcome}; leader ${after.leader} in term ${after.term}`);
  return before.leader;
}

/** Restarts the killed replica; it comes back with its disk and catches up. */
export async function restart(context: DemoContext, id: string): Promise<void> {
  const { cluster, say } = context;
  await cluster.start(id);
  say("restart", `${id} is back with its disk`);
  say("caught up", await waitForEqualCommits(context, cluster.ids));
}

/** Has one replica turn Byzantine, become leader, and send its followers different entries (§0). Returns its id. */
export async function byzantineLeader(context: DemoContext): Promise<string> {
  const { cluster, say } = context;
  const { leader, term } = await waitForLeader(context, cluster.ids);
  const villain = nextInTurn(cluster.ids, { leader, term });
  await cluster.process(villain).end();
  await cluster.start(villain, "--byzantine", "equivocate", "--unsafe-test-faults");
  say(
    "byzantine",
    `${villain} runs with --byzantine equivocate: as leader it signs different entries for different replicas`,
  );
  const honest = cluster.ids.filter((id) => id !== villain);
  const deadline = performance.now() + PATIENCE_MS;
  for (let round = 1; performance.now() < deadline; round++) {
    const led = await makeLead(context, villain, honest);
    say("elected", `leader ${villain} in term ${led.term}: the others cannot know yet`);
    if (await provoke(context, villain, honest, led, round)) return villain;
  }
  throw new Error(`${villain} was not caught within ${PATIENCE_MS} ms`);
}

/** Returns the first candidate of the next term (§6.10), passing over the leader that is deposed with this one. */
function nextInTurn(ids: readonly string[], { leader, term }: Led): string {
  const first = ids[(term + 1) % ids.length]!;
  return first === leader ? ids[(term + 2) % ids.length]! : first;
}

/** Has `villain` elected: the operator deactivates every other leader until it is. */
async function makeLead(context: DemoContext, villain: string, honest: readonly string[]): Promise<Led> {
  const { cluster } = context;
  const operator = await cluster.client("operator");
  try {
    for (;;) {
      const led = await waitForLeader(context, cluster.ids);
      if (led.leader === villain) return led;
      await depose(context, operator, led, nextInTurn(cluster.ids, led) === villain ? villain : null);
      await waitForEqualCommits(context, honest);
    }
  } finally {
    await operator.close();
  }
}

/**
 * Deactivates a leader until another one leads. A `favourite` is first deactivated for so long that it suspects the leader as soon as it is
 * back: it then hears everyone's PreVotes, and does not miss its turn.
 */
async function depose({ cluster, observer }: DemoContext, operator: Client, led: Led, favourite: string | null) {
  const setActive = (id: string, active: boolean) => operator.setActive(id, active, { timeoutMs: PATIENCE_MS });
  if (favourite !== null) {
    await setActive(favourite, false);
    await new Promise((resolve) => setTimeout(resolve, 2 * cluster.roster.constants.electionTimeoutMs));
  }
  await setActive(led.leader, false);
  if (favourite !== null) await setActive(favourite, true);
  const rest = cluster.ids.filter((id) => id !== led.leader);
  await eventually("another leader", async () => {
    const next = commonLeader(await observer.statuses(rest), rest.length);
    return next !== null && next.term > led.term;
  }, PATIENCE_MS);
  await setActive(led.leader, true);
}

/** Writes through the Byzantine leader. Resolves to true once every honest replica holds evidence and another one leads. */
async function provoke(
  context: DemoContext,
  villain: string,
  honest: readonly string[],
  { term }: Led,
  round: number,
): Promise<boolean> {
  const { client, observer, say } = context;
  const { answer, tookMs } = await client.execute(`put round-${round} kept`);
  say("write", `put round-${round} kept: revision ${answer["revision"]} after ${tookMs} ms, committed all the same`);
  const after = await waitForLeader(context, honest, (led) => led.leader !== villain || led.term > term);
  const statuses = await observer.statuses(honest);
  const accusers = statuses.filter(({ evidence }) => evidence.some(({ culprit }) => culprit === villain));
  if (accusers.length < honest.length || after.leader === villain) return false;
  const kinds = new Set(accusers.flatMap(({ evidence }) => evidence.map(({ kind }) => kind)));
  say("evidence", `${[...kinds].join(" and ")} of ${villain}, signed by itself, held by ${honest.join(" ")}`);
  say("deposed", `leader ${after.leader} in term ${after.term}`);
  return true;
}

/** Compares the honest replicas' logs entry by entry. */
export async function compareAll(context: DemoContext, byzantine: string): Promise<void> {
  const { client, cluster, observer, say } = context;
  const { answer } = await client.execute("list");
  const items = answer["items"];
  say("read", `${Array.isArray(items) ? items.length : "?"} keys, all that was written`);
  const honest = cluster.ids.filter((id) => id !== byzantine);
  say("equal", await waitForEqualCommits(context, honest));
  const { commitIndex, hash } = await observer.compare(honest);
  say("verified", `every index 1–${commitIndex} has one hash on ${honest.join(" ")}, the last ${hash.slice(0, 12)}…`);
}
