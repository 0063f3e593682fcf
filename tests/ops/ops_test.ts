/** The files for operators: they name metrics that there are, and Prometheus understands them. */
import { assert, assertEquals } from "@std/assert";
import { fileURLToPath } from "node:url";
import { GATEWAY_METRICS } from "../../client/gateway/gateway_metrics.ts";
import { REPLICA_METRICS } from "../../replica/http/mod.ts";
import { FAULTS } from "../e2e/ops/faults/mod.ts";

const OPS = new URL("../../ops/", import.meta.url);
const read = (path: string): string => Deno.readTextFileSync(new URL(path, OPS));
const ALERTS = read("prometheus/alerts.yml");

const METRICS: readonly { readonly name: string; readonly type: string; readonly labels?: readonly string[] }[] = [
  ...REPLICA_METRICS,
  ...GATEWAY_METRICS,
];

/** Names under which Prometheus stores a metric. */
const stored = METRICS.flatMap(({ name, type }) =>
  type === "histogram" ? ["_bucket", "_sum", "_count"].map((end) => name + end) : [name]
);
const labelsOf = new Map(
  METRICS.flatMap(({ name, labels = [] }) => ["", "_bucket", "_sum", "_count"].map((end) => [name + end, labels])),
);

/** Labels that Prometheus and its scrape add. */
const ADDED = ["job", "instance", "le"];

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
}

const dashboard: { readonly panels: readonly Panel[] } = JSON.parse(read("grafana/bft-raft.json"));

/** Metrics in a text, and the labels by which each is selected right behind its name. */
function assertKnown(where: string, text: string): void {
  const named = [...text.matchAll(/\b(bft_raft_[a-z_]+)(?:{([^}]*)})?/g)];
  for (const [, name, selector = ""] of named) {
    assert(stored.includes(name!), `${where}: ${name} is no metric`);
    for (const [, label] of selector.matchAll(/([a-z_]+)=~?"/g)) {
      assert([...ADDED, ...labelsOf.get(name!)!].includes(label!), `${where}: ${name} has no label ${label}`);
    }
  }
}

/** Prose names histograms as a whole. */
const expressions = (yaml: string): string[] =>
  [...yaml.matchAll(/^ +expr: (?:>-\n((?: {10,}.*\n)+)|(.*)\n)/gm)].map(([, block, line]) => block ?? line!);

Deno.test("alerts are on metrics and labels that there are", () => {
  const all = expressions(ALERTS);
  assertEquals(all.length, [...ALERTS.matchAll(/- alert: /g)].length);
  for (const expression of all) assertKnown(expression.trim().slice(0, 60), expression);
  for (const name of [...ALERTS.matchAll(/\b(bft_raft_[a-z_]+)/g)].map(([name]) => name)) {
    assert(labelsOf.has(name), `${name} is no metric`);
  }
});

Deno.test("each alert has a severity, a sentence, what to do, a test, a fault that raises it, and a place in the runbook", () => {
  const tests = read("prometheus/alerts_test.yml");
  const runbook = read("../docs/operations.md");
  const raised = FAULTS.flatMap(({ alerts }) => alerts);
  for (const rule of ALERTS.split("- alert: ").slice(1)) {
    const [name] = rule.split("\n", 1);
    for (const part of [/severity: (critical|warning)/, /summary: /, /description: /]) {
      assert(part.test(rule), `${name}: wanted ${part}`);
    }
    assert(tests.includes(`"${name}"`) || tests.includes(`alertname: ${name}\n`), `${name} has no test`);
    assert(raised.includes(name!), `no fault raises ${name}`);
    assert(runbook.includes(`\n| \`${name}\` `), `docs/operations.md does not say what to do about ${name}`);
  }
});

Deno.test("faults and the runbook name alerts that there are", () => {
  const alerts = [...ALERTS.matchAll(/- alert: (\w+)/g)].map(([, name]) => name!);
  const named = FAULTS.flatMap(({ alerts, also = [], stays = [] }) => [...alerts, ...also, ...stays]);
  assertEquals(named.filter((name) => !alerts.includes(name)), []);
  const described = [...read("../docs/operations.md").matchAll(/^\| `(BftRaft\w+)` /gm)].map(([, name]) => name!);
  assertEquals(described, alerts);
});

Deno.test("the dashboard is on metrics and labels that there are", () => {
  const shown = dashboard.panels.filter(({ type }) => type !== "row");
  assert(shown.length > 15);
  for (const { title, description, targets = [] } of shown) {
    assert(description !== undefined && targets.length > 0, title);
    for (const { expr } of targets) assertKnown(title, expr);
  }
  assertKnown("variables", JSON.stringify(dashboard).replaceAll('\\"', '"'));
});

Deno.test("the dashboard's panels have ids of their own and do not overlap", () => {
  const { panels } = dashboard;
  assertEquals(new Set(panels.map(({ id }) => id)).size, panels.length);
  const cells = panels.flatMap(({ title, gridPos: { x, y, w, h } }) => {
    assert(x + w <= 24, title);
    return Array.from({ length: w * h }, (_, i) => `${x + i % w},${y + Math.floor(i / w)}`);
  });
  assertEquals(new Set(cells).size, cells.length);
});

/** Returns what promtool says; null where there is none. */
function promtool(...args: string[]): { readonly success: boolean; readonly said: string } | null {
  try {
    const cwd = fileURLToPath(new URL("prometheus/", OPS));
    const { success, stdout, stderr } = new Deno.Command("promtool", { args, cwd }).outputSync();
    return { success, said: [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("") };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

Deno.test({
  name: "Prometheus takes configuration and rules, and their unit tests pass (needs promtool, of Debian's prometheus)",
  ignore: promtool("--version") === null,
  fn() {
    for (
      const args of [["check", "config", "prometheus.yml"], ["check", "rules", "alerts.yml"], [
        "test",
        "rules",
        "alerts_test.yml",
      ]]
    ) {
      const { success, said } = promtool(...args)!;
      assert(success, said);
    }
  },
});
