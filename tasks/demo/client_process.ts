/** The demo's client: a separate process that reads commands and answers each with one line of JSON. */
import { DenoProcess } from "../support/deno_process.ts";
import type { LocalCluster } from "../support/local_cluster.ts";

const ANSWER_MS = 30_000;

/** An answer, and the time it took. */
export interface Answered {
  readonly answer: Readonly<Record<string, unknown>>;
  readonly tookMs: number;
}

export class ClientProcess implements AsyncDisposable {
  readonly #process: DenoProcess;
  #answers = 0;

  /** Starts `client shell --json` with the key of `id`. */
  constructor(cluster: LocalCluster, id: string) {
    this.#process = new DenoProcess("client", "client/main.ts", [...cluster.credentials(id), "--json", "shell"]);
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** Has the client execute one command. Throws, quoting the client, if it failed. */
  async execute(command: string): Promise<Answered> {
    const started = performance.now();
    const place = this.#answers++;
    await this.#process.write(command);
    const line = await this.#process.stdout.waitFor(
      `answer to "${command}"`,
      (candidate) => this.#process.stdout.lines[place] === candidate,
      ANSWER_MS,
    );
    const answer = JSON.parse(line) as Record<string, unknown>;
    if (answer["ok"] !== true) throw new Error(`client: ${command}: ${line}`);
    return { answer, tookMs: Math.round(performance.now() - started) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
  }
}
