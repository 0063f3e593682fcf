/** Traces of real requests, by what Deno has built in: from the client's call through the phases at each replica to the answers. */
import { assert, assertEquals } from "@std/assert";
import { openTracing } from "../../metrics/mod.ts";
import { findFreePorts } from "../../tasks/support/free_ports.ts";

const REPLICAS = ["r1", "r2", "r3", "r4"];

/** A span as the collector of `tracing_run.ts` prints it. */
interface Span {
  readonly scope: string;
  readonly traceId: string;
  readonly parentSpanId: string;
  readonly name: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[];
}

const attribute = ({ attributes }: Span, key: string): unknown =>
  Object.values(attributes.find((each) => each.key === `bft_raft.${key}`)?.value ?? {})[0];

/** Returns the spans that a collector got of three calls. */
async function collected(): Promise<readonly Span[]> {
  const port = findFreePorts(1);
  const script = new URL("tracing_run.ts", import.meta.url).pathname;
  const env = {
    OTEL_DENO: "true",
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
    OTEL_BSP_SCHEDULE_DELAY: "100",
  };
  const args = ["run", "-q", "--no-prompt", "-P=test", script, `${port}`];
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args, env }).output();
  assert(success, new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout).trim().split("\n").at(-1)!);
}

Deno.test("without OTEL_DENO there are no traces", async () => {
  assertEquals(await openTracing("client"), null);
});

Deno.test("one trace leads from a client's call through the phases at every replica to the answers", async () => {
  const spans = await collected();
  const calls = spans.filter(({ scope }) => scope === "bft-raft-client");
  assertEquals([calls.length, new Set(calls.map(({ traceId }) => traceId)).size], [3, 3]);
  for (const call of calls) {
    const phases = spans.filter(({ traceId, scope }) => traceId === call.traceId && scope === "bft-raft-replica");
    const byPhase = Map.groupBy(phases, ({ name }) => name);
    assertEquals([...byPhase.keys()].toSorted(), ["answer", "apply", "commit", "order", "prepare"]);
    for (const [name, each] of byPhase) {
      const at = each.map((span) => attribute(span, "replica") as string).toSorted();
      assertEquals(at, name === "order" ? [at[0]!] : REPLICAS, `${name}: the leader alone orders, all do the rest`);
    }
    // One place in the trace for all: client and replicas hang below what the request's digest names.
    assertEquals(new Set(phases.map(({ parentSpanId }) => parentSpanId)), new Set([call.parentSpanId]));
    assertEquals([attribute(call, "outcome"), attribute(byPhase.get("answer")![0]!, "outcome")], [
      "answered",
      "applied",
    ]);
    for (const span of phases) assertBelongs(span, call);
  }
});

function assertBelongs(span: Span, call: Span): void {
  const known = span.name === "answer" ? ["client"] : ["client", "session", "seq", "index"];
  for (const key of known) assertEquals(attribute(span, key), attribute(call, key), `${key} of ${span.name}`);
  assert(BigInt(span.startTimeUnixNano) <= BigInt(span.endTimeUnixNano), span.name);
  assert(BigInt(span.startTimeUnixNano) > BigInt(call.startTimeUnixNano), `${span.name} begins before the call`);
}
