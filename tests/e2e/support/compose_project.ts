/** The cluster of compose.yaml under a name, an image and a subnet of its own, on the engine that DOCKER_HOST names. */
import { Terminal } from "./terminal.ts";

const ROOT = new URL("../../../", import.meta.url);
/** A build and a first start take most of it; everything else takes seconds. */
const PATIENCE_MS = 300_000;

export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

/** A container as `docker compose ps` shows it. */
export interface Container {
  readonly Service: string;
  /** `healthy`, `unhealthy`, `starting`; empty without a health check. */
  readonly Health: string;
}

/** True if DOCKER_HOST names an engine that answers, and its `docker` has compose. */
export function engineAnswers(): boolean {
  if (Deno.env.get("DOCKER_HOST") === undefined) return false;
  try {
    return [["version"], ["compose", "version"]].every((args) =>
      new Deno.Command("docker", { args, stdin: "null", stdout: "null", stderr: "null" }).outputSync().success
    );
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

export class ComposeProject implements AsyncDisposable {
  readonly #name = `bft-raft-test-${Deno.pid}`;
  readonly #directory = Deno.makeTempDirSync();
  /** Of the addresses for benchmarks (RFC 2544), which no network uses that matters. */
  readonly #env = {
    ...{ NO_COLOR: "1", SUBNET: `198.18.${Deno.pid % 256}`, GATEWAY_PORT: `${20_000 + Deno.pid % 10_000}` },
    METRICS_PORTS: `${3000 + Deno.pid % 1000}`,
  };

  constructor() {
    const own = { image: this.#name };
    const services = { keygen: own, r1: own, r2: own, r3: own, r4: own, gateway: own, client: own, cli: own };
    this.override({ services });
  }

  /** Lays `change`, a part of a compose file, over compose.yaml for the commands to come. */
  override(change: unknown, name = "image"): void {
    Deno.writeTextFileSync(`${this.#directory}/${name}.json`, JSON.stringify(change));
  }

  /** Takes an override away again. */
  restore(name: string): void {
    Deno.removeSync(`${this.#directory}/${name}.json`);
  }

  /** Runs `docker compose` with `args` and returns how it ended. */
  async run(...args: readonly string[]): Promise<Ended> {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const command = new Deno.Command("docker", {
      ...{ args: this.#args(args), cwd: ROOT, env: this.#env, stdin: "null", signal },
    });
    const { code, stdout, stderr } = await command.output();
    return { code, out: new TextDecoder().decode(stdout), error: new TextDecoder().decode(stderr) };
  }

  /** Runs `docker compose` with `args` and returns what it printed. Throws if it fails. */
  async done(...args: readonly string[]): Promise<string> {
    const { code, out, error } = await this.run(...args);
    if (code !== 0) throw new Error(`docker compose ${args.join(" ")}: exit code ${code}, wanted 0\n${out}${error}`);
    return out;
  }

  /** Runs `docker compose` with `args` in a terminal. */
  terminal(...args: readonly string[]): Terminal {
    return new Terminal(this.#args(args), { program: "docker", env: this.#env });
  }

  /** Returns all containers of the project that are there, by service. */
  async containers(): Promise<ReadonlyMap<string, Container>> {
    const lines = (await this.done("ps", "--all", "--format", "json")).trim().split("\n");
    const all = lines.filter((line) => line !== "").map((line) => JSON.parse(line) as Container);
    return new Map(all.map((each) => [each.Service, each]));
  }

  /** Removes the project with its volumes and its image. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.done("--profile", "cli", "down", "--volumes", "--remove-orphans", "--rmi", "all", "--timeout", "2");
    } finally {
      await Deno.remove(this.#directory, { recursive: true });
    }
  }

  #args(args: readonly string[]): string[] {
    const overrides = [...Deno.readDirSync(this.#directory)].map(({ name }) => `${this.#directory}/${name}`);
    const files = ["compose.yaml", ...overrides.sort()].flatMap((file) => ["--file", file]);
    return ["compose", "--project-name", this.#name, "--project-directory", ".", ...files, ...args];
  }
}
