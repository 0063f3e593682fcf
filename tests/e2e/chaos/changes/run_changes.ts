/** Changes of the roster in a row under load, with a faulty member in each epoch, while replicas are killed; then what clients saw is judged. */
import type { Client } from "../../../../client/mod.ts";
import type { SignedRoster } from "../../../../crypto/roster/parse_roster.ts";
import {
  addMember,
  moveReplica,
  removeReplica,
  replaceReplica,
  revokeClient,
  type RosterEdit,
  rotateKeys,
  setConstants,
} from "../../../../crypto/roster/roster_edits.ts";
import { BYZANTINE_MODES, type ByzantineMode } from "../../../../replica/byzantine/mod.ts";
import type { ReplicaReport } from "../../../../replica/status/status.ts";
import { eventually } from "../../../../tasks/support/eventually.ts";
import { findFreePorts } from "../../../../tasks/support/free_ports.ts";
import type { LocalCluster } from "../../../../tasks/support/local_cluster.ts";
import { Rng } from "../../../simulation/plan/rng.ts";
import { EpochCluster } from "../../epochs/epoch_cluster.ts";
import { watchPauses } from "../../support/watch_pauses.ts";
import { CHAOS_PREFIX, ChaosClients, type ClientTally } from "../chaos_clients.ts";
import { ChaosListeners } from "../chaos_listeners.ts";
import { ChangeDrawer, drawKinds, type Edit, editsText, isTakenAway } from "./draw_change.ts";
import { Killer } from "./killer.ts";

const PATIENCE_MS = 120_000;
/** Writes that have to be acknowledged behind each change. */
const WRITES = 40;

export interface ChangesPlan {
  readonly changes: number;
  readonly seed: number;
  readonly clients: number;
  /** Minimum and maximum seconds between two kills. */
  readonly pauseSeconds: readonly [number, number];
}

/** One change that was made. */
export interface ChangeMade {
  readonly what: string;
  readonly faulty: string;
  readonly mode: ByzantineMode;
  readonly doneMs: number;
  /** Longest time without an acknowledged write, from before the change until writes went on behind it. */
  readonly pauseMs: number;
  readonly kills: number;
}

export interface ChangesResult {
  readonly plan: ChangesPlan;
  readonly made: readonly ChangeMade[];
  readonly clients: ClientTally;
  readonly keys: number;
  readonly operations: number;
  readonly undecided: number;
  /** Changes that each of the listeners heard of, once and in order. */
  readonly heard: number;
  readonly listeners: number;
  readonly kills: number;
  readonly faults: readonly string[];
  /** Returns the history of the clients and the last words of replicas, for a file. */
  readonly record: () => string;
}

/** Returns the number of client keys that a run needs: its clients, one that makes the changes, and one to be revoked. */
export const clientsFor = ({ clients }: ChangesPlan): number => clients + 2;

/** Makes the changes of `plan` on `cluster`, which has `clientsFor(plan)` clients and runs no replica yet. Faults are in the result, not thrown. */
export async function runChanges(
  cluster: LocalCluster,
  plan: ChangesPlan,
  say: (text: string) => void,
): Promise<ChangesResult> {
  await using epochs = await EpochCluster.start(cluster);
  const ids = Array.from({ length: plan.clients }, (_, i) => `c${i + 1}`);
  const opened = await Promise.all(ids.map((id) => epochs.client(id)));
  const clients = new ChaosClients(opened, plan.seed);
  const listeners = new ChaosListeners(opened, CHAOS_PREFIX);
  const run = new ChangesRun(epochs, clients, await epochs.client(`c${plan.clients + 1}`), plan, say);
  const faults: string[] = [];
  const noted = (what: string, act: () => Promise<void>) =>
    act().catch((error) => void faults.push(`${what}: ${error instanceof Error ? error.stack : error}`));
  await noted("the listeners", () => listeners.start());
  clients.start();
  await noted("the changes", () => run.all());
  await noted("the killer", () => run.killer.stop());
  await noted("a client", () => clients.stop());
  if (faults.length === 0) await noted("the end", () => run.settle());
  await noted("a listener", () => listeners.stop());
  const { violation, undecided } = clients.judge();
  for (const wrong of [violation, listeners.judge(clients.writes)]) if (wrong !== null) faults.push(wrong);
  faults.push(...epochs.faults);
  const record = [clients.lines(), ...faults, epochs.report()].join("\n");
  const { tally, keys, operations } = clients;
  const { made, killer: { kills } } = run;
  const counts = { keys, operations, undecided, heard: listeners.events, listeners: listeners.size, kills };
  return { plan, made, clients: tally, ...counts, faults, record: () => record };
}

class ChangesRun {
  readonly made: ChangeMade[] = [];
  readonly killer: Killer;
  readonly #epochs: EpochCluster;
  readonly #clients: ChaosClients;
  readonly #operator: Client;
  readonly #plan: ChangesPlan;
  readonly #say: (text: string) => void;
  readonly #rng: Rng;
  readonly #modes: ByzantineMode[] = [];
  #faulty: string | null = null;

  constructor(
    epochs: EpochCluster,
    clients: ChaosClients,
    operator: Client,
    plan: ChangesPlan,
    say: (text: string) => void,
  ) {
    this.#epochs = epochs;
    this.#clients = clients;
    this.#operator = operator;
    this.#plan = plan;
    this.#say = say;
    this.#rng = new Rng(plan.seed, "changes");
    this.killer = new Killer(epochs, new Rng(plan.seed, "kills"), plan.pauseSeconds);
  }

  async all(): Promise<void> {
    const drawer = new ChangeDrawer(this.#rng);
    this.killer.start();
    for (const kind of drawKinds(this.#rng, this.#plan.changes)) {
      const [faulty, mode] = await this.#misbehave();
      await this.#writesGoOn("before a change");
      const edits = drawer.draw(kind, this.#epochs.latest.roster, faulty, this.#revocable());
      await this.#change(edits, faulty, mode);
      if (this.#epochs.faults.length > 0) return;
    }
  }

  /** Ends the killing, starts all again and waits until every honest member holds the same. */
  async settle(): Promise<void> {
    for (const id of this.#epochs.ids) if (!this.#epochs.runs(id)) await this.#epochs.restart(id);
    await this.#clients.readAll();
    const honest = this.#epochs.ids.filter((id) => id !== this.#faulty);
    await eventually("all honest members hold one state", async () => {
      const lines = await this.#operator.getStatus({ timeoutMs: 2000 });
      const reports = lines.flatMap((line) =>
        line.reachable && honest.includes(line.replica) ? [line.status as unknown as ReplicaReport] : []
      );
      const views = reports.map(({ epoch, commitHash, appliedIndex, state }) =>
        JSON.stringify([epoch, commitHash, appliedIndex, state])
      );
      return views.length === honest.length && new Set(views).size === 1;
    }, PATIENCE_MS);
  }

  /** Has one member lie from now on: the one that does already, or another one if that has gone. An epoch never has two of them. */
  async #misbehave(): Promise<[string, ByzantineMode]> {
    const faulty = this.#faulty ?? this.#rng.pick(this.#epochs.ids);
    if (this.#modes.length === 0) this.#modes.push(...this.#rng.shuffle(BYZANTINE_MODES));
    const mode = this.#modes.pop()!;
    this.#faulty = faulty;
    this.#epochs.behave(faulty, "--byzantine", mode, "--unsafe-test-faults");
    this.killer.leaves(faulty); // it is started here, and not twice
    await this.#epochs.kill(faulty);
    await this.#epochs.restart(faulty);
    this.killer.stays(faulty);
    return [faulty, mode];
  }

  async #change(edits: readonly Edit[], faulty: string, mode: ByzantineMode): Promise<void> {
    const [epochs, before, kills] = [this.#epochs, this.#epochs.latest.roster, this.killer.kills];
    const made = await Promise.all(edits.map((edit) => this.#edit(edit)));
    const gone = before.replicas.map(({ id }) => String(id)).filter((id) => isTakenAway(edits, id));
    for (const id of gone) this.killer.leaves(id);
    const pauses = watchPauses(() => this.#clients.tally.acknowledgedWrites);
    const startedAt = performance.now();
    const next = await epochs.sign((roster) => made.reduce((edited, edit) => edit(edited), roster));
    for (const edit of edits) if ("fresh" in edit) await epochs.launch(edit.fresh, next, "--init");
    await this.#operator.reconfigure(next, { timeoutMs: PATIENCE_MS });
    const doneMs = Math.round(performance.now() - startedAt);
    await this.#writesGoOn(editsText(edits));
    pauses.end();
    const pauseMs = Math.round(pauses.longestMs);
    this.made.push({ what: editsText(edits), faulty, mode, doneMs, pauseMs, kills: this.killer.kills - kills });
    this.#say(
      `epoch ${next.roster.epoch}, n = ${next.roster.replicas.length}: ${editsText(edits)}; ${faulty} is ${mode}; ` +
        `done in ${doneMs} ms, longest pause ${pauseMs} ms`,
    );
    for (const id of gone) await this.#leave(id, next);
  }

  /** Sees a replica off, and has it come back with its new key if it has one. */
  async #leave(id: string, next: SignedRoster): Promise<void> {
    const epochs = this.#epochs;
    await eventually(`${id} ends`, () => !epochs.runs(id), PATIENCE_MS);
    if (id === this.#faulty) {
      epochs.behave(id);
      this.#faulty = null;
    }
    if (!next.roster.replicas.some((line) => line.id === id)) return;
    await epochs.run(id, next);
    this.killer.stays(id);
  }

  async #edit(edit: Edit): Promise<RosterEdit> {
    const epochs = this.#epochs;
    switch (edit.kind) {
      case "replace":
        return replaceReplica(edit.id, await epochs.newKey(edit.fresh));
      case "add":
        return addMember(await epochs.newKey(edit.fresh));
      case "rotate":
        return rotateKeys(edit.id, await epochs.newKey(edit.id));
      case "move": {
        const port = findFreePorts(3);
        return moveReplica(edit.id, { peerPort: port, publishPort: port + 1, clientPort: port + 2 });
      }
      case "remove":
        return removeReplica(edit.id);
      case "add client":
        return addMember(epochs.newClient(edit.id));
      case "revoke client":
        return revokeClient(edit.id);
      case "constants":
        return setConstants(edit.values);
    }
  }

  /** Returns the clients that nobody uses. */
  #revocable(): string[] {
    const { clients } = this.#epochs.latest.roster;
    return clients.map(({ id }) => String(id)).slice(this.#plan.clients + 1);
  }

  async #writesGoOn(what: string): Promise<void> {
    const { tally } = this.#clients;
    const seen = tally.acknowledgedWrites;
    await eventually(`writes go on: ${what}`, () => tally.acknowledgedWrites >= seen + WRITES, PATIENCE_MS);
  }
}
