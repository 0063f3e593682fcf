/** Clients that write, compare and read a few shared keys, and record everything they did and saw. */
import { BusyError, type Client, NoQuorumError, type RequestOptions } from "../../../client/mod.ts";
import { decodeKvResult, encodeKvCommand, type KvCommand } from "../../../state_machine/mod.ts";
import { History } from "../../simulation/checkers/history/history.ts";
import { Rng } from "../../simulation/plan/rng.ts";
import type { WriteDone } from "./judge_heard.ts";
import { nameOf, shortened, valueOf } from "./values.ts";

/** Concurrent operations of one client. */
const LOOPS = 2;
/** Keys in use at a time. Each is replaced by a fresh one after so many operations: histories of one key stay short enough to check. */
const SLOTS = 8;
const OPERATIONS_PER_KEY = 60;
/** Timeout above the longest pause of an attack; a client that gives up leaves an unknown outcome. */
const TIMEOUT_MS = 8000;
const FINAL_READ_MS = 60_000;
const PARALLEL_READS = 16;

/** Prefix of all their keys. */
export const CHAOS_PREFIX = "chaos/";

/** One operation as written to a file. */
interface Line {
  readonly id: number;
  readonly client: string;
  readonly command: { readonly op: string; readonly key: string; readonly revision?: number };
  readonly beganMs: number;
  endedMs: number | null;
  result: unknown;
}

export interface ClientTally {
  acknowledgedWrites: number;
  refusedWrites: number;
  reads: number;
  unknown: number;
  /** Longest time in which no operation of any client succeeded, and when it began, in seconds. */
  longestGapSeconds: number;
  longestGapAt: number;
}

export class ChaosClients {
  readonly tally: ClientTally = {
    ...{ acknowledgedWrites: 0, refusedWrites: 0, reads: 0, unknown: 0, longestGapSeconds: 0, longestGapAt: 0 },
  };
  readonly #clients: readonly Client[];
  readonly #history = new History();
  readonly #lines: Line[] = [];
  readonly #writes: WriteDone[] = [];
  readonly #rng: Rng;
  /** Key of each slot: the number of times it was replaced, and operations begun on it. */
  readonly #slots = Array.from({ length: SLOTS }, () => ({ generation: 0, begun: 0 }));
  /** Revision last seen of each key. */
  readonly #revisions = new Map<string, number>();
  readonly #start = performance.now();
  #lastSuccess = performance.now();
  #nextId = 0;
  #stopping = false;
  #running: Promise<unknown> = Promise.resolve();

  constructor(clients: readonly Client[], seed: number) {
    this.#clients = clients;
    this.#rng = new Rng(seed, "clients");
  }

  start(): void {
    this.#lastSuccess = performance.now();
    const loops = this.#clients.flatMap((client, i) =>
      Array.from({ length: LOOPS }, () => this.#loop(client, `c${i + 1}`))
    );
    this.#running = Promise.all(loops);
    this.#running.catch(() => this.#stopping = true);
  }

  /** Number of keys used so far. */
  get keys(): number {
    return this.#slots.reduce((sum, { generation }) => sum + generation + 1, 0);
  }
  get operations(): number {
    return this.#nextId;
  }

  /** Writes that changed their key, or may have. */
  get writes(): readonly WriteDone[] {
    return this.#writes;
  }

  /** Stops all clients. Throws the error a client failed with, unless it was a missing answer. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#running;
  }

  /** Rejects once a client fails; does not resolve before `stop`. */
  get ended(): Promise<unknown> {
    return this.#running;
  }

  /** Reads every key ever used, into the history. Throws if one cannot be read. */
  async readAll(): Promise<void> {
    const keys = this.#slots.flatMap(({ generation }, slot) =>
      Array.from({ length: generation + 1 }, (_, i) => keyOf(slot, i))
    );
    const read = async (client: Client, name: string) => {
      for (let key = keys.pop(); key !== undefined; key = keys.pop()) {
        if (!await this.#perform(client, name, { op: "get", key }, FINAL_READ_MS)) {
          throw new Error(`key ${key} could not be read within ${FINAL_READ_MS} ms by a whole cluster at rest`);
        }
      }
    };
    const readers = Array.from({ length: PARALLEL_READS }, (_, i) => i % this.#clients.length);
    await Promise.all(readers.map((i) => read(this.#clients[i]!, `c${i + 1}`)));
  }

  /** Returns what is wrong with what the clients saw, or null; and the number of keys whose search was given up. */
  judge(): { readonly violation: string | null; readonly undecided: number } {
    const violation = this.#history.check();
    return {
      violation: violation && `${violation.invariant}: ${violation.detail}`,
      undecided: this.#history.undecided,
    };
  }

  /** Returns everything as JSON lines, in the order in which operations began. */
  lines(): string {
    return this.#lines.map((line) => JSON.stringify(line) + "\n").join("");
  }

  async #loop(client: Client, name: string): Promise<void> {
    while (!this.#stopping) await this.#perform(client, name, this.#draw(), TIMEOUT_MS);
  }

  #draw(): KvCommand {
    const slot = this.#rng.int(0, SLOTS - 1);
    const state = this.#slots[slot]!;
    if (++state.begun > OPERATIONS_PER_KEY) {
      state.generation++;
      state.begun = 1;
    }
    const key = keyOf(slot, state.generation);
    const what = this.#rng.next();
    if (what < 0.35) return { op: "get", key };
    const value = nameOf(this.#nextId);
    if (what < 0.7) return { op: "put", key, value };
    if (what < 0.95) return { op: "cas", key, value, revision: this.#revisions.get(key) ?? 0 };
    return { op: "delete", key };
  }

  /** Carries out `command`; false if its outcome stays unknown. */
  async #perform(client: Client, name: string, command: KvCommand, timeoutMs: number): Promise<boolean> {
    const id = this.#nextId++;
    const sent = "value" in command ? { ...command, value: valueOf(id) } : command;
    const shown = "value" in command ? { ...command, value: nameOf(id) } : command;
    this.#history.invoke(id, name, shown, this.#now());
    const line = this.#note(id, name, shown);
    const options: RequestOptions = { timeoutMs, repeatable: command.op === "get" };
    let result: Uint8Array;
    try {
      result = shortened((await client.execute(encodeKvCommand(sent), options)).result);
    } catch (error) {
      if (!(error instanceof NoQuorumError || error instanceof BusyError)) throw error;
      this.#history.finish(id, null, this.#now());
      this.tally.unknown++;
      if (command.op !== "get") this.#writes.push(writeOf(shown, null));
      return false;
    }
    line.endedMs = this.#now();
    line.result = forJson(result);
    this.#history.finish(id, result, line.endedMs);
    const decoded = decodeKvResult(result);
    if (decoded?.status === "written") this.#writes.push(writeOf(shown, decoded.revision));
    this.#count(command, result);
    return true;
  }

  #note(id: number, client: string, command: KvCommand): Line {
    const { op } = command;
    const key = "key" in command ? command.key : "";
    const revision = command.op === "cas" ? { revision: command.revision } : {};
    const line: Line = {
      id,
      client,
      command: { op, key, ...revision },
      beganMs: this.#now(),
      endedMs: null,
      result: null,
    };
    this.#lines.push(line);
    return line;
  }

  #count(command: KvCommand, result: Uint8Array): void {
    const now = performance.now();
    const gap = (now - this.#lastSuccess) / 1000;
    if (gap > this.tally.longestGapSeconds) {
      this.tally.longestGapSeconds = gap;
      this.tally.longestGapAt = (this.#lastSuccess - this.#start) / 1000;
    }
    this.#lastSuccess = now;
    const decoded = decodeKvResult(result);
    if (command.op === "get") this.tally.reads++;
    else if (decoded?.status === "written") this.tally.acknowledgedWrites++;
    else this.tally.refusedWrites++;
    if (decoded !== null && "key" in command && "revision" in decoded) {
      this.#revisions.set(command.key, decoded.revision);
    }
    if (decoded?.status === "absent" && "key" in command) this.#revisions.set(command.key, 0);
  }

  #now(): number {
    return Math.round(performance.now() - this.#start);
  }
}

const keyOf = (slot: number, generation: number): string => `${CHAOS_PREFIX}${slot}/${generation}`;

const writeOf = (command: KvCommand, revision: number | null): WriteDone => ({
  key: "key" in command ? command.key : "",
  value: "value" in command ? new TextDecoder().decode(command.value) : null,
  revision,
});

const forJson = (result: Uint8Array): unknown =>
  JSON.parse(JSON.stringify(
    decodeKvResult(result),
    (_, value) => value instanceof Uint8Array ? new TextDecoder().decode(value) : value,
  ));
