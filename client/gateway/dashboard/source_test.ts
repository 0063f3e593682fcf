import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { eventually } from "../../../tasks/support/eventually.ts";
import type { ReplicaStatus } from "../../mod.ts";
import { timed } from "./latency_window.ts";
import { MAX_VIEWERS, MAX_WAITING_BYTES } from "./limits.ts";
import { Listeners, sentEvent } from "./listeners.ts";
import { EventParser } from "./page/stream.js";
import { type DashboardClient, DashboardSource } from "./source.ts";

/** A cluster of four that commits an entry between two questions. */
function fakeClient() {
  const state = { asked: 0, commitIndex: 10, fails: false };
  const status = (replica: string): ReplicaStatus => ({
    ...{ replica, reachable: true },
    status: {
      ...{ role: replica === "r1" ? "leader" : "follower", term: 4, leader: "r1", active: true, hearsQuorum: true },
      ...{ storage: { state: "ok" }, recovery: null, stateTransfer: null, epoch: 1, commitIndex: state.commitIndex },
      ...{ lastIndex: state.commitIndex, prepared: { term: 4, index: state.commitIndex }, commitHash: null },
    },
  });
  const client = {
    roster: { cluster: "test", constants: { profile: "byzantine" } },
    report: { disagreements: {} },
    getStatus: () => {
      state.asked++;
      state.commitIndex++;
      if (state.fails) return Promise.reject(new Error("no more"));
      return Promise.resolve(["r1", "r2", "r3", "r4"].map(status));
    },
    getCommittedCommand: (index: number) =>
      Promise.resolve({ committed: true, index, term: 4, hash: index.toString(16).padStart(64, "0"), commands: [] }),
  };
  return { state, client: client as unknown as DashboardClient };
}

/** Reads events from a stream until it is let go of. */
function reader(stream: ReadableStream<Uint8Array>) {
  const events: { readonly event: string; readonly data: unknown }[] = [];
  const parser = new EventParser((event: string, data: string) => events.push({ event, data: JSON.parse(data) }));
  const bytes = stream.getReader();
  const done = (async () => {
    const decoder = new TextDecoder();
    for (;;) {
      const { done, value } = await bytes.read();
      if (done) return;
      parser.take(decoder.decode(value, { stream: true }));
    }
  })().catch(() => {});
  return { events, done, cancel: () => bytes.cancel() };
}

Deno.test("one poller asks for all viewers, and none while nobody looks", async () => {
  const { state, client } = fakeClient();
  const source = new DashboardSource({ client, intervalMs: 20 });
  const viewers = [reader(source.watch()!), reader(source.watch()!), reader(source.watch()!)];
  const snapshots = (i: number) => viewers[i]!.events.filter(({ event }) => event === "snapshot").length;
  await eventually("three snapshots each", () => [0, 1, 2].every((i) => snapshots(i) >= 3));
  assert(state.asked <= snapshots(0) + 1, `${state.asked} questions for ${snapshots(0)} snapshots`);
  for (const viewer of viewers) await viewer.cancel();
  assertEquals(source.viewers, 0);
  await eventually("the poller's last look to end", () => {
    const before = state.asked;
    return new Promise((resolve) => setTimeout(() => resolve(state.asked === before), 100));
  });
  const again = reader(source.watch()!);
  await eventually("a look for the next viewer", () => again.events.some(({ event }) => event === "snapshot"));
  await source.close();
  await again.done;
  assertEquals(source.watch(), null);
});

Deno.test("whoever comes later is told what is known, and rates come from differences", async () => {
  const { client } = fakeClient();
  let now = 1_000_000;
  const source = new DashboardSource({ client, intervalMs: 10, now: () => now += 500 });
  const first = reader(source.watch()!);
  await eventually("two points", () => first.events.filter(({ event }) => event === "snapshot").length >= 2);
  const second = reader(source.watch()!);
  await eventually("a hello", () => second.events.length > 0);
  const hello = second.events[0]!.data as {
    points: { entriesPerS: number | null }[];
    log: { index: number }[];
    timeline: { text: string }[];
    snapshot: { leader: string; log: { committed: number } };
  };
  assertEquals(hello.points[0]!.entriesPerS, null);
  assert(hello.points.slice(1).every(({ entriesPerS }) => entriesPerS !== null && entriesPerS > 0));
  assertEquals(hello.snapshot.leader, "r1");
  assertEquals(hello.log.at(-1)!.index, hello.snapshot.log.committed);
  assertStringIncludes(hello.timeline[0]!.text, "r1 leads in term 4");
  await source.close();
});

Deno.test("a client that fails is told to viewers, and asked again", async () => {
  const { state, client } = fakeClient();
  state.fails = true;
  const source = new DashboardSource({ client, intervalMs: 10 });
  const viewer = reader(source.watch()!);
  await eventually("the trouble", () => viewer.events.some(({ event }) => event === "trouble"));
  state.fails = false;
  await eventually("a snapshot", () => viewer.events.some(({ event }) => event === "snapshot"));
  await source.close();
});

Deno.test("there are at most so many viewers, and one who does not read is let go of", async () => {
  const counts: number[] = [];
  const listeners = new Listeners((count) => counts.push(count));
  const streams = Array.from({ length: MAX_VIEWERS }, () => listeners.open([]));
  assertEquals([listeners.open([]), listeners.count], [null, MAX_VIEWERS]);
  await Promise.all(streams.slice(1).map((stream) => stream!.cancel()));
  const data = "x".repeat(MAX_WAITING_BYTES / 4);
  for (let i = 0; i < 5; i++) listeners.tell("snapshot", data);
  assertEquals([listeners.count, counts.at(-1)], [0, 0]);
  listeners.close();
});

Deno.test("nothing in an event begins another one", () => {
  const events: string[][] = [];
  const parser = new EventParser((event: string, data: string) => events.push([event, data]));
  const hostile = "a\nevent: forged\r\ndata: x\n\n\u2028\u0000";
  const text = new TextDecoder().decode(sentEvent("log", hostile));
  for (const piece of text.match(/[^]{1,3}/g)!) parser.take(piece);
  assertEquals(events.map(([event, data]) => [event, JSON.parse(data!)]), [["log", hostile]]);
});

Deno.test("the time of calls for keys is recorded, of the dashboard's own requests not", async () => {
  const source = new DashboardSource({ client: fakeClient().client });
  let now = 0;
  const handler = timed(source.latency, () => (now += 7, new Response("")), () => now);
  for (const path of ["v1/kv/a", "v1/kv?prefix=", "v1/txn", "v1/dashboard", ""]) {
    await handler(new Request(`http://localhost/${path}`));
  }
  assertEquals(source.latency.take(), { requests: 3, p50Ms: 7, p99Ms: 7 });
  assertEquals(source.latency.take(), { requests: 0, p50Ms: null, p99Ms: null });
});
