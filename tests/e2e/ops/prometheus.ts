/** A real Prometheus that scrapes replicas of a test, with the alerts of `ops/` made quicker. */
import { eventually } from "../../../tasks/support/eventually.ts";

const ALERTS = new URL("../../../ops/prometheus/alerts.yml", import.meta.url);
const PATIENCE_MS = 30_000;

/** Time that an alert waits here before it fires, and the times over which its rates are taken. */
const QUICK: readonly (readonly [RegExp, string])[] = [
  [/for: \d+[sm]/g, "for: 2s"],
  [/\[10m\]/g, "[15s]"],
  [/\[5m\]|\[1m\]/g, "[8s]"],
  [/offset 5m/g, "offset 8s"],
];

/** An alert that fires. */
export interface Alert {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Returns whether this machine has Prometheus. */
export function hasPrometheus(): boolean {
  try {
    return new Deno.Command("prometheus", { args: ["--version"], stdout: "null", stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
}

/** Returns the alerts as they are shipped, with shorter times. */
export const quickAlerts = (): string =>
  QUICK.reduce((text, [from, to]) => text.replaceAll(from, to), Deno.readTextFileSync(ALERTS));

/** Prometheus in a directory of its own, ended with the test. */
export class Prometheus implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #url: string;

  private constructor(process: Deno.ChildProcess, port: number) {
    this.#process = process;
    this.#url = `http://127.0.0.1:${port}`;
  }

  /** Starts one at `port` that scrapes `targets`, by the ports of their probes, and waits until it is ready. */
  static async start(dir: string, port: number, targets: readonly number[]): Promise<Prometheus> {
    await Deno.mkdir(dir);
    await Deno.writeTextFile(`${dir}/alerts.yml`, quickAlerts());
    const addresses = targets.map((target) => `"127.0.0.1:${target}"`).join(", ");
    const config = [
      "global: { scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s }",
      "rule_files: [alerts.yml]",
      "scrape_configs:",
      `  - { job_name: bft-raft, static_configs: [{ targets: [${addresses}] }] }`,
    ];
    await Deno.writeTextFile(`${dir}/prometheus.yml`, config.join("\n") + "\n");
    const args = [
      ...[`--config.file=${dir}/prometheus.yml`, `--storage.tsdb.path=${dir}/data`, "--log.level=error"],
      ...[`--web.listen-address=127.0.0.1:${port}`],
    ];
    const process = new Deno.Command("prometheus", { args, stdout: "null", stderr: "inherit" }).spawn();
    const prometheus = new Prometheus(process, port);
    try {
      await eventually("Prometheus is ready", async () => {
        const response = await fetch(`${prometheus.#url}/-/ready`).catch(() => null);
        await response?.body?.cancel();
        return response?.ok;
      }, PATIENCE_MS);
    } catch (error) {
      await prometheus[Symbol.asyncDispose]();
      throw error;
    }
    return prometheus;
  }

  /** Returns the first value of a query; NaN where there is none. */
  async value(query: string): Promise<number> {
    const response = await fetch(`${this.#url}/api/v1/query?query=${encodeURIComponent(query)}`);
    const { data } = await response.json() as { data: { result: { value: [number, string] }[] } };
    return Number(data.result[0]?.value[1]);
  }

  /** Returns the alerts that fire now. */
  async firing(): Promise<Alert[]> {
    const response = await fetch(`${this.#url}/api/v1/alerts`);
    const { data } = await response.json() as {
      data: { alerts: { state: string; labels: Record<string, string> }[] };
    };
    return data.alerts.filter(({ state }) => state === "firing").map(({ labels }) => ({
      name: labels["alertname"]!,
      labels,
    }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#process.kill("SIGTERM");
    } catch {
      // It has ended already.
    }
    await this.#process.status;
  }
}
