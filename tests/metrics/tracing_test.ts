/** Traces of real requests, by what Deno has built in: from the client's call through the phases at each replica. */
import { assert, assertEquals } from "@std/assert";
import { openTracing } from "../../metrics/mod.ts";
import { findFreePorts } from "../../tasks/support/free_ports.ts";

Deno.test("without OTEL_DENO there are no traces", async () => {
  assertEquals(await openTracing("client"), null);
});

Deno.test("one trace leads from a client's call through the phases at every replica", async () => {
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
  const spans = JSON.parse(new TextDecoder().decode(stdout).trim().split("\n").at(-1)!);
  for (const call of spans.filter(({ scope }: { scope: string }) => scope === "bft-raft-client")) {
    const of = spans.filter(({ traceId, scope }: { traceId: string; scope: string }) =>
      traceId === call.traceId && scope === "bft-raft-replica"
    );
    assertEquals(new Set(of.map(({ name }: { name: string }) => name)), new Set(["prepare", "commit", "apply"]));
    const attribute = (span: typeof call, key: string) =>
      Object.values(span.attributes.find((each: { key: string }) => each.key === `bft_raft.${key}`)?.value ?? {})[0];
    assertEquals(new Set(of.map((span: typeof call) => attribute(span, "replica"))), new Set(["r1", "r2", "r3", "r4"]));
    assertEquals(attribute(call, "outcome"), "answered");
    for (const span of of) {
      for (const key of ["client", "session", "seq", "index"]) {
        assertEquals(attribute(span, key), attribute(call, key), key);
      }
      assert(BigInt(span.startTimeUnixNano) <= BigInt(span.endTimeUnixNano));
      assert(BigInt(span.endTimeUnixNano) > BigInt(call.startTimeUnixNano), `${span.name} ends before the call begins`);
    }
  }
});
