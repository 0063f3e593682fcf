/** Measures the time to commit k commands. */
import { median } from "../support/median.ts";
import { sampleProc } from "../support/proc_sample.ts";
import type { Put, Subject } from "./subject.ts";

/** Commands that this process has under way at most. */
export const UNDER_WAY = 64;
/** Keys that are written, one after the other. */
const KEYS = 64;
/** Commands before anything is measured, for compilers, caches and the first checkpoint. */
const WARM_UP = 1500;
/** Small numbers of commands are over in no time: they are measured this often. */
const SMALL = 100;
const SMALL_TIMES = 5;

/** Result of one number of commands in one run. */
export interface Point {
  readonly commands: number;
  /** From the first call until the last answer. */
  readonly ms: number;
  /** Processor milliseconds a command: of all servers, and of the client. */
  readonly serversMs: number;
  readonly clientMs: number;
}

/** Issues `commands` writes as fast as the system takes them: the next one as soon as one of those under way is answered. */
export async function issue(commands: number, put: Put, value: Uint8Array): Promise<void> {
  let next = 0;
  const writer = async () => {
    for (let i = next++; i < commands; i = next++) await put(`key-${i % KEYS}`, value);
  };
  await Promise.all(Array.from({ length: Math.min(commands, UNDER_WAY) }, writer));
}

/** Warms `subject` up and measures each number of commands in turn. */
export async function measure(
  { servers, put }: Pick<Subject, "servers" | "put">,
  counts: readonly number[],
  size: number,
  show: (what: string) => void,
): Promise<Point[]> {
  const value = new Uint8Array(size).fill(0x61);
  show("warming up");
  await issue(WARM_UP, put, value);
  const points: Point[] = [];
  for (const commands of counts) {
    show(`${commands} commands`);
    points.push(await measureOne(commands, () => issue(commands, put, value), { ...servers, client: Deno.pid }));
  }
  return points;
}

async function measureOne(
  commands: number,
  run: () => Promise<void>,
  pids: Readonly<Record<string, number>>,
): Promise<Point> {
  const times = commands <= SMALL ? SMALL_TIMES : 1;
  const elapsed: number[] = [];
  const before = await sampleProc(pids);
  for (let i = 0; i < times; i++) {
    const from = performance.now();
    await run();
    elapsed.push(performance.now() - from);
  }
  const after = await sampleProc(pids);
  const perCommand = (name: string) => 1000 * (after.cpuSeconds[name]! - before.cpuSeconds[name]!) / (times * commands);
  const [client, ...servers] = ["client", ...Object.keys(pids).filter((name) => name !== "client")].map(perCommand);
  return {
    commands,
    ms: median(elapsed),
    serversMs: servers.reduce((sum, each) => sum + each, 0),
    clientMs: client!,
  };
}
