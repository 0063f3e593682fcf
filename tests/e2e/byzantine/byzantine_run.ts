/** A cluster of real processes, some of them faulty from the start, under a load that reveals every error. */
import { assert, assertEquals } from "@std/assert";
import type { Client } from "../../../client/mod.ts";
import type { ByzantineMode } from "../../../replica/byzantine/mod.ts";
import type { ReplicaReport } from "../../../replica/status/status.ts";
import { decodeKvCommand } from "../../../state_machine/mod.ts";
import { eventually } from "../../../tasks/support/eventually.ts";
import type { LocalCluster } from "../../../tasks/support/local_cluster.ts";
import { Observer } from "../../../tasks/support/observer.ts";
import { assertEqualLogs } from "../support/agreement.ts";
import { withLocalCluster } from "../support/with_local_cluster.ts";
import { startCounting } from "../support/workload.ts";

/** The roster's first client, which `withhold` ignores. */
const WRITER = "c1";
const READER = "c2";
const WRITERS = 4;
/** Writes that must succeed before the behaviours have shown themselves, and again afterwards. */
const WRITES = 20;
const PATIENCE_MS = 60_000;

/** The view a test has of a run. */
export interface ByzantineRun {
  readonly cluster: LocalCluster;
  readonly observer: Observer;
  /** The client that writes. */
  readonly client: Client;
  readonly honest: readonly string[];
}

export interface ByzantinePlan {
  readonly replicas: number;
  readonly faulty: Readonly<Record<string, ByzantineMode>>;
  /** Waits, under load, until the behaviours have shown themselves. */
  readonly shown: (run: ByzantineRun) => Promise<unknown>;
}

/**
 * Starts the replicas, the faulty ones as such, and writes while `shown` waits. Then asserts: every acknowledged write is there once, the
 * honest replicas' logs and states are equal, no client's name is on anything it did not sign, no honest replica is accused, and all
 * processes are alive.
 */
export function runByzantine({ replicas, faulty, shown }: ByzantinePlan): Promise<void> {
  return withLocalCluster({ replicas }, async (cluster) => {
    await Promise.all(cluster.ids.map((id) => cluster.start(id, "--log-level", "info", ...flagsOf(faulty[id]))));
    const honest = cluster.ids.filter((id) => faulty[id] === undefined);
    const [client, observer] = await Promise.all([
      cluster.client(WRITER),
      Observer.of(cluster, "c3"),
    ]);
    const load = startCounting(client, WRITERS);
    await eventually("writes come through", () => load.acknowledged >= WRITES, PATIENCE_MS);
    try {
      await shown({ cluster, observer, client, honest });
    } catch (error) {
      await load.stop(); // where the load has failed, that is the reason to name
      throw error;
    }
    const before = load.acknowledged;
    await eventually("writes go on", () => load.acknowledged >= before + WRITES, PATIENCE_MS);
    await load.stop();
    await load.check(await cluster.client(READER));
    const { commitIndex } = await assertEqualLogs(observer, honest);
    const written = await writtenValues(observer, honest[0]!, commitIndex);
    assertEquals(written.reduce((sum, { length }) => sum + length, 0), load.acknowledged);
    for (const values of written) assertEquals(values, values.map((_, i) => String(i + 1)));
    for (const { evidence } of await observer.statuses(honest)) {
      for (const { culprit } of evidence) assert(faulty[culprit] !== undefined, `${culprit} is honest, and accused`);
    }
    assertEquals(cluster.running, cluster.ids);
  });
}

const flagsOf = (mode: ByzantineMode | undefined): string[] =>
  mode === undefined ? [] : ["--byzantine", mode, "--unsafe-test-faults"];

/**
 * Returns the writes of each writer in the committed log, in order, each request once however often it is ordered. Throws if one request
 * appears there with two commands, or a command in the name of a client that gave none.
 */
async function writtenValues(observer: Observer, replica: string, commitIndex: number): Promise<string[][]> {
  const seen = new Map<string, string>();
  const values = Array.from({ length: WRITERS }, (): string[] => []);
  for (let index = 1; index <= commitIndex; index++) {
    const entry = await observer.entry(replica, index);
    if (!entry.committed) throw new Error(`index ${index} is not committed, though ${commitIndex} is`);
    for (const request of entry.commands) {
      if ("base" in request) continue;
      const { client, session, command } = request;
      const seq = `${session}/${request.seq}.${request.part ?? 0}`;
      const text = command.toString();
      const decoded = decodeKvCommand(command);
      if (client === READER && decoded?.op === "get") continue;
      assertEquals(client, WRITER, `${client} wrote nothing, and has a command at index ${index}`);
      const known = seen.get(seq);
      assertEquals(known ?? text, text, `request ${seq} is ordered with two commands`);
      seen.set(seq, text);
      if (decoded?.op !== "cas") throw new Error(`index ${index} holds what nobody wrote: ${text}`);
      if (known === undefined) values[Number(decoded.key.slice(1))]!.push(new TextDecoder().decode(decoded.value));
    }
  }
  return values;
}

/** Waits until every honest replica's status satisfies `wanted`. */
export function allShow(
  { observer, honest }: ByzantineRun,
  what: string,
  wanted: (status: ReplicaReport) => boolean,
): Promise<unknown> {
  let seen: readonly unknown[] = [];
  return eventually(`${honest.join(" ")} show ${what}`, async () => {
    const all = await observer.statuses(honest);
    seen = all.map(({ term, leader, evidence, refused, ignored }) => ({ term, leader, evidence, refused, ignored }));
    return all.length === honest.length && all.every(wanted);
  }, PATIENCE_MS).catch((error: Error) => Promise.reject(new Error(`${error.message}: ${JSON.stringify(seen)}`)));
}

/** Waits until f + 1 honest replicas hold evidence of `kind` against `culprit`; one that was out of the protocol missed the gossip. */
export async function enoughAccuse(run: ByzantineRun, culprit: string, kind: string): Promise<void> {
  const weak = Math.floor((run.cluster.ids.length - 1) / 3) + 1;
  let seen: readonly unknown[] = [];
  await eventually(`${weak} honest replicas show ${kind} of ${culprit}`, async () => {
    seen = (await run.observer.statuses(run.honest)).map(({ evidence }) => evidence);
    const accusing = (seen as ReplicaReport["evidence"][]).filter((evidence) =>
      evidence.some((found) => found.kind === kind && found.culprit === culprit)
    );
    return accusing.length >= weak;
  }, PATIENCE_MS).catch((error: Error) => Promise.reject(new Error(`${error.message}: ${JSON.stringify(seen)}`)));
}

/** Waits until each honest replica has refused or ignored packets for every one of `reasons`. */
export const allRefuse = (run: ByzantineRun, ...reasons: readonly string[]): Promise<unknown> =>
  allShow(
    run,
    reasons.join(", "),
    ({ refused, ignored }) => reasons.every((reason) => (refused[reason] ?? 0) + (ignored[reason] ?? 0) > 0),
  );

/** Returns the terms that `id` has led so far, according to its own log. */
export function termsLed({ cluster }: ByzantineRun, id: string): number[] {
  return cluster.process(id).stderr.lines.flatMap((line) => {
    const { event, leader, term } = JSON.parse(line) as { event?: string; leader?: string; term?: number };
    return event === "leader" && leader === id && term !== undefined ? [term] : [];
  });
}

/** Returns why replica `id` suspected `leader` when that one was followed by another, each time, according to its log. */
export function reasonsAgainst({ cluster }: ByzantineRun, id: string, leader: string): string[] {
  return cluster.process(id).stderr.lines.flatMap((line) => {
    const { event, before, suspectedFor } = JSON.parse(line) as Record<string, string | undefined>;
    return event === "leader" && before === leader && suspectedFor ? [suspectedFor] : [];
  });
}

/** Waits until `id` has led once; meanwhile every other leader is stopped until it has a successor. */
export async function makeLead(run: ByzantineRun, id: string): Promise<number> {
  const led = await eventually(`${id} leads`, async () => {
    const [term] = termsLed(run, id);
    if (term !== undefined) return term;
    await depose(run, (leader) => leader !== id);
    return null;
  }, PATIENCE_MS);
  return led;
}

/** Has `id` lead, again and again, until `found` settles. */
export async function leadUntil(run: ByzantineRun, id: string, found: Promise<unknown>): Promise<void> {
  let waiting = true;
  const settled = found.finally(() => waiting = false);
  settled.catch(() => {});
  await makeLead(run, id);
  while (waiting) {
    const all = await run.observer.statuses(run.honest);
    // Once accused it is suspected as soon as it leads: anything it has to show, it must show before.
    if (all.some(({ evidence }) => evidence.some(({ culprit }) => culprit === id))) break;
    if (all.every(({ leader }) => leader !== id)) await depose(run, (leader) => leader !== id);
  }
  await settled;
}

/**
 * Deposes `id`, which has led in `term`, until all honest replicas are in a later one. Once is not enough where the honest replica that is
 * asked who leads has not heard of `id` yet.
 */
export function deposeAfter(run: ByzantineRun, id: string, term: number): Promise<unknown> {
  return eventually(`a term after ${term}`, async () => {
    await depose(run, (leader) => leader === id);
    const all = await run.observer.statuses(run.honest);
    return all.length === run.honest.length && all.every((status) => status.term > term);
  }, PATIENCE_MS);
}

/** Stops the process of the present leader until there is another one, if there is a leader and it is `wanted`. Told to leave it would name its successor (§14.5). */
export async function depose(run: ByzantineRun, wanted: (leader: string) => boolean): Promise<void> {
  const { observer, cluster, honest } = run;
  const [present] = await observer.statuses(honest);
  if (!present || present.leader === null || !wanted(present.leader)) return;
  const process = cluster.process(present.leader);
  const others = honest.filter((id) => id !== present.leader);
  process.signal("SIGSTOP");
  try {
    await eventually("the leader has a successor", async () => {
      const all = await observer.statuses(others);
      return all.some(({ term, leader }) => term > present.term && leader !== null);
    }, 5000).catch(() => null); // with too few left there is none before it is back
  } finally {
    process.signal("SIGCONT");
  }
}
