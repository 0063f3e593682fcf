import { assertEquals } from "@std/assert";
import type { ConnectionEnd } from "../../transport/port.ts";
import { connectionLog } from "./connection_log.ts";
import { LOG_PACE } from "./paced_logger.ts";

const end = (code: string, peer: string | null = null): ConnectionEnd => ({
  ...{ direction: "in", address: "192.0.2.7", peer, cause: { code, detail: "what was seen" } },
});

function lab() {
  const lines: unknown[][] = [];
  const clock = { now: 0 };
  const told = connectionLog({ log: (...line) => void lines.push(line) }, () => clock.now);
  return { lines, clock, told };
}

Deno.test("a connection that is refused is logged with its address, its owner and the cause", () => {
  const { lines, told } = lab();
  told(end("frame-size", "c1"));
  const fields = { direction: "in", address: "192.0.2.7", cause: "frame-size", detail: "what was seen" };
  assertEquals(lines, [["warn", "connection-refused", { ...fields, peer: "c1" }]]);
});

Deno.test("processes that come and go are no news at the default level", () => {
  const { lines, told } = lab();
  for (const code of ["closed", "ended", "network", "silent"]) told(end(code));
  assertEquals(lines.map(([level]) => level), Array(4).fill("debug"));
});

Deno.test("a flood of strangers takes a line every few seconds, which says how many it stands for", () => {
  const { lines, clock, told } = lab();
  for (let i = 0; i < 10_000; i++) told(end("not-zmtp"));
  assertEquals(lines.length, LOG_PACE.burst);
  clock.now += 1000 / LOG_PACE.perSecond;
  told(end("not-zmtp"));
  assertEquals((lines.at(-1)![2] as { leftOut: number }).leftOut, 10_000 - LOG_PACE.burst);
});

Deno.test("ends before the handshake is over are told, a line every few seconds however many there are", () => {
  const { lines, clock, told } = lab();
  for (let i = 0; i < 10_000; i++) told(end("unfinished"));
  assertEquals(lines, Array(LOG_PACE.burst).fill(lines[0]));
  assertEquals([lines[0]![0], lines[0]![1]], ["info", "connection-refused"]);
  clock.now += 1000 / LOG_PACE.perSecond;
  told(end("unfinished"));
  assertEquals((lines.at(-1)![2] as { leftOut: number }).leftOut, 10_000 - LOG_PACE.burst);
});

Deno.test("a flood of strangers does not hide what a member did", () => {
  const { lines, told } = lab();
  for (let i = 0; i < 10_000; i++) told(end("not-zmtp"));
  told(end("frame-size", "r4"));
  assertEquals((lines.at(-1)![2] as { peer: string }).peer, "r4");
});
