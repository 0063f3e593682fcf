/** `docs/metrics.md` names every metric with its type, labels and words, and no other; names are such as Prometheus wants them. */
import { assert, assertEquals } from "@std/assert";
import { GATEWAY_METRICS } from "../../client/gateway/gateway_metrics.ts";
import { REPLICA_METRICS } from "../../replica/http/mod.ts";
import { readText } from "./sources.ts";

interface Described {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly labels?: readonly string[];
}

const text = readText("docs/metrics.md");

const rowOf = ({ name, type, labels = [], help }: Described): string =>
  [`\`${name}\``, type, labels.map((label) => `\`${label}\``).join(", "), help].join(" | ");

/** Rows of the table in the chapter `title`. */
function rowsIn(title: string): string[] {
  const chapter = text.split(`\n## ${title}\n`)[1]!.split("\n## ")[0]!;
  return [...chapter.matchAll(/^\| (`bft_raft_.*) \|$/gm)].map(([, row]) =>
    row!.split("|").map((cell) => cell.trim()).join(" | ")
  );
}

for (
  const [title, metrics] of [["Metrics of a replica", REPLICA_METRICS], [
    "Metrics of a gateway",
    GATEWAY_METRICS,
  ]] as const
) {
  Deno.test(`docs/metrics.md has the table "${title}" as it is exported`, () => {
    assertEquals(rowsIn(title), metrics.map(rowOf));
  });
}

Deno.test("names, types and words are such as Prometheus wants them", () => {
  for (const { name, type, help } of [...REPLICA_METRICS, ...GATEWAY_METRICS]) {
    assert(/^bft_raft_[a-z_]+$/.test(name), name);
    assertEquals(name.endsWith("_total"), type === "counter", name);
    assert(!/_(ms|milliseconds|kib|mib)(_|$)/.test(name), `${name}: wanted base units`);
    assert(/^[A-Z0-9].*\.$/.test(help), `${name}: wanted a sentence`);
  }
});
