/** A real Prometheus that scrapes a cluster of a test, by the configuration and with the alerts of `ops/`, both made quicker. */
import { eventually } from "../../../tasks/support/eventually.ts";

const OPS = new URL("../../../ops/prometheus/", import.meta.url);
const PATIENCE_MS = 30_000;

/** Edits that a text has to have, each at least once. */
type Edits = readonly (readonly [what: RegExp, by: string])[];

/** Time that an alert waits here before it fires, times over which its rates are taken, and bounds that a quiet cluster reaches too late. */
const QUICK_ALERTS: Edits = [
  [/for: \d+m/g, "for: 4s"],
  [/for: \d+s/g, "for: 2s"],
  [/\[30s\]/g, "[3s]"],
  [/\[10m\]/g, "[15s]"],
  [/\[5m\]|\[1m\]/g, "[8s]"],
  [/offset (?:5|10)m/g, "offset 8s"],
  [/commit_stalled_seconds\) > 10\n/g, "commit_stalled_seconds) > 3\n"],
  [/lag_entries\) > 1000\n/g, "lag_entries) > 20\n"],
];

/** More than any replica has. */
const NO_BOUND_MIB = 100_000;

/** An alert that fires. */
export interface Alert {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Things that are scraped, by their ports. */
export interface Targets {
  readonly replicas: readonly number[];
  readonly gateway: number;
  /** File with the token that the gateway wants. */
  readonly token: string;
}

/** Returns whether this machine has a program, which has to know `--version`. */
export function hasProgram(name: string): boolean {
  try {
    return new Deno.Command(name, { args: ["--version"], stdout: "null", stderr: "null" }).outputSync().success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Returns whether this machine has Prometheus. */
export const hasPrometheus = (): boolean => hasProgram("prometheus");

function edited(file: string, edits: Edits): string {
  return edits.reduce((text, [what, by]) => {
    const after = text.replaceAll(what, by);
    if (after === text) throw new Error(`${file}: given nothing like ${what}, wanted it there`);
    return after;
  }, Deno.readTextFileSync(new URL(file, OPS)));
}

const boundOf = (mebibytes: number): string => `${mebibytes} * 1024 * 1024`;

/** Returns the alerts as they are shipped, with shorter times, and one on a replica's memory above so many MiB. */
const quickAlerts = (mebibytes: number): string =>
  edited("alerts.yml", [...QUICK_ALERTS, [/memory_bytes > .*/g, `memory_bytes > ${boundOf(mebibytes)}`]]);

/** Returns the configuration as it is shipped, for these targets. */
function quickConfig({ replicas, gateway, token }: Targets): string {
  const addresses = replicas.map((port) => `"127.0.0.1:${port}"`).join(", ");
  return edited("prometheus.yml", [
    [/scrape_interval: .*/g, "scrape_interval: 1s\n  scrape_timeout: 1s"],
    [/evaluation_interval: .*/g, "evaluation_interval: 1s"],
    [/"127.0.0.1:9464".*"127.0.0.1:9467"/g, addresses],
    [/"127.0.0.1:8080"/g, `"127.0.0.1:${gateway}"`],
    [/# authorization:/g, "authorization:"],
    [/# +credentials_file: .*/g, `  credentials_file: ${token}`],
  ]);
}

/** Prometheus in a directory of its own, ended with the test. */
export class Prometheus implements AsyncDisposable {
  readonly #dir: string;
  readonly #process: Deno.ChildProcess;
  readonly #url: string;

  private constructor(dir: string, process: Deno.ChildProcess, port: number) {
    this.#dir = dir;
    this.#process = process;
    this.#url = `http://127.0.0.1:${port}`;
  }

  /** Starts one at `port` in `dir`, which is made for it, and waits until it is ready. */
  static async start(dir: string, port: number, targets: Targets): Promise<Prometheus> {
    await Deno.mkdir(dir);
    await Deno.writeTextFile(`${dir}/alerts.yml`, quickAlerts(NO_BOUND_MIB));
    await Deno.writeTextFile(`${dir}/prometheus.yml`, quickConfig(targets));
    const args = [
      ...[`--config.file=${dir}/prometheus.yml`, `--storage.tsdb.path=${dir}/data`, "--log.level=error"],
      ...[`--web.listen-address=127.0.0.1:${port}`],
    ];
    const process = new Deno.Command("prometheus", { args, stdout: "null", stderr: "inherit" }).spawn();
    const prometheus = new Prometheus(dir, process, port);
    try {
      await prometheus.#isReady();
    } catch (error) {
      await prometheus[Symbol.asyncDispose]();
      throw error;
    }
    return prometheus;
  }

  async #isReady(): Promise<void> {
    await eventually("Prometheus is ready", async () => {
      const response = await fetch(`${this.#url}/-/ready`).catch(() => null);
      await response?.body?.cancel();
      return response?.ok;
    }, PATIENCE_MS);
  }

  /** Has it tell of a replica's memory above so many MiB from now on. */
  async boundMemory(mebibytes: number = NO_BOUND_MIB): Promise<void> {
    await Deno.writeTextFile(`${this.#dir}/alerts.yml`, quickAlerts(mebibytes));
    this.#process.kill("SIGHUP");
    await eventually("Prometheus has the new bound", async () => {
      const response = await fetch(`${this.#url}/api/v1/rules`);
      return (await response.text()).includes(`bytes \\u003e ${boundOf(mebibytes)}`);
    }, PATIENCE_MS);
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
