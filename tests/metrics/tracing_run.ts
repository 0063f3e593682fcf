/** Writes keys to a real cluster, all of it with OTEL_DENO=true, and prints the spans that came to a collector as JSON. Run by `tracing_test.ts`. */
import { createClient, loadBackend, openClientTransport, openTracing, readKeyFile } from "../../mod.ts";
import { eventually } from "../../tasks/support/eventually.ts";
import { withLocalCluster } from "../e2e/support/with_local_cluster.ts";

const [port] = Deno.args;

/** A span as OTLP has it in JSON. */
interface Span {
  readonly traceId: string;
  readonly parentSpanId: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[];
}

interface Batch {
  readonly resourceSpans: readonly {
    readonly scopeSpans: readonly { readonly scope: { readonly name: string }; readonly spans: readonly Span[] }[];
  }[];
}

const spans: (Span & { readonly scope: string })[] = [];

/** Takes what Deno sends; other signals than traces are not looked at. */
async function collect(request: Request): Promise<Response> {
  const batch = await request.json() as Batch;
  for (const { scopeSpans } of batch.resourceSpans ?? []) {
    for (const { scope, spans: some } of scopeSpans) {
      spans.push(...some.map((span) => ({ ...span, scope: scope.name })));
    }
  }
  return Response.json({});
}

await using _collector = Deno.serve({ hostname: "127.0.0.1", port: Number(port), onListen: () => {} }, collect);
const ours = () => spans.filter(({ scope }) => scope.startsWith("bft-raft-"));
await withLocalCluster({}, async (cluster) => {
  await cluster.startAll();
  const { backend } = await loadBackend("auto");
  const key = await readKeyFile(`${cluster.dir}/c1.key`, backend);
  const transport = await openClientTransport({ roster: cluster.roster, key });
  const client = createClient({ roster: cluster.file, key, transport, backend, tracing: await openTracing("client") });
  try {
    for (let i = 0; i < 3; i++) await client.put(`key ${i}`, "value");
  } finally {
    await client.close();
  }
  await eventually("three calls with phases at each replica", () => {
    const calls = ours().filter(({ scope }) => scope === "bft-raft-client");
    const phases = (trace: string) =>
      ours().filter(({ scope, traceId }) => scope === "bft-raft-replica" && traceId === trace);
    return calls.length === 3 && calls.every(({ traceId }) => phases(traceId).length >= 1 + 4 * cluster.ids.length);
  }, 30_000);
});
console.log(JSON.stringify(ours()));
