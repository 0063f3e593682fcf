/** A client process, as the measuring process sees it. */
import { DenoProcess } from "../../tasks/support/deno_process.ts";
import type { LoadAnswer, LoadCommand, LoadOrder, LoadResult } from "./load_command.ts";

const CONNECT_MS = 60_000;
/** A write may take as long as its client waits for it, and it is only answered once nothing is under way. */
const ANSWER_MS = 60_000;

export class LoadProcess implements AsyncDisposable {
  readonly name: string;
  readonly #process: DenoProcess;
  #commands = 0;

  private constructor(name: string, process: DenoProcess) {
    this.name = name;
    this.#process = process;
  }

  /** Starts a client process with these further arguments, and waits until it is connected. */
  static async start(name: string, args: readonly string[]): Promise<LoadProcess> {
    const process = new DenoProcess("demo", "bench/load/load_worker.ts", ["--name", name, ...args]);
    const load = new LoadProcess(name, process);
    try {
      await load.#answer(0, CONNECT_MS);
    } catch (error) {
      await process.kill();
      throw error;
    }
    return load;
  }

  get pid(): number {
    return this.#process.pid;
  }

  async start(writers: number, size: number, readPercent: number): Promise<void> {
    await this.#ask({ do: "start", writers, size, readPercent });
  }

  async measure(): Promise<void> {
    await this.#ask({ do: "measure" });
  }

  async stop(): Promise<LoadResult> {
    return (await this.#ask({ do: "stop" })).result!;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
  }

  async #ask(order: LoadOrder): Promise<LoadAnswer> {
    const command: LoadCommand = { id: ++this.#commands, ...order };
    await this.#process.write(JSON.stringify(command));
    return await this.#answer(command.id, ANSWER_MS);
  }

  async #answer(id: number, timeoutMs: number): Promise<LoadAnswer> {
    const { stdout, stderr } = this.#process;
    const line = await stdout.waitFor(
      `an answer of ${this.name}`,
      (each) => /^{"id":(\d+)/.exec(each)?.[1] === `${id}`,
      timeoutMs,
    )
      .catch((cause) => {
        throw new Error(`${this.name}: ${cause.message}: ${stderr.lines.slice(-5).join(" | ")}`, { cause });
      });
    const answer: LoadAnswer = JSON.parse(line);
    if (answer.failed !== undefined) throw new Error(`${this.name}: ${answer.failed}`);
    return answer;
  }
}
