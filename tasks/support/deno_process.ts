/** A process of this project, started with this same Deno and ended by its own pid. */
import { LineLog } from "./line_log.ts";
import { replicaGrants } from "./replica_grants.ts";

const ROOT = new URL("../../", import.meta.url);
/** Time a process has to end by itself after SIGTERM, in milliseconds. */
const END_MS = 5000;

export class DenoProcess implements AsyncDisposable {
  static readonly #all = new Set<DenoProcess>();
  readonly pid: number;
  readonly stdout: LineLog;
  readonly stderr: LineLog;
  /** Resolves to the exit status once the process has ended. */
  readonly exited: Promise<Deno.CommandStatus>;
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  #running = true;

  /** Runs `script` of this project with a permission set of `deno.json`, or with the flags that grant what it may do. */
  constructor(permissions: string | readonly string[], script: string, args: readonly string[]) {
    const grants = typeof permissions === "string" ? [`-P=${permissions}`] : permissions;
    const command = new Deno.Command(Deno.execPath(), {
      args: ["run", "-q", "--no-prompt", ...grants, script, ...args],
      cwd: ROOT,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    });
    this.#child = command.spawn();
    this.pid = this.#child.pid;
    this.#input = this.#child.stdin.getWriter();
    this.stdout = new LineLog(this.#child.stdout);
    this.stderr = new LineLog(this.#child.stderr);
    DenoProcess.#all.add(this);
    this.exited = this.#child.status.finally(() => {
      this.#running = false;
      DenoProcess.#all.delete(this);
    });
  }

  /** Runs a replica with the permissions that `args` make it need. */
  static async replica(args: readonly string[]): Promise<DenoProcess> {
    return new DenoProcess(await replicaGrants(args), "replica/main.ts", args);
  }

  /** Sends SIGKILL to every process that was started here and runs. */
  static killAll(): void {
    for (const process of DenoProcess.#all) process.signal("SIGKILL");
  }

  get running(): boolean {
    return this.#running;
  }

  /** Writes one line to its standard input. */
  async write(line: string): Promise<void> {
    await this.#input.write(new TextEncoder().encode(line + "\n"));
  }

  /** Sends a signal; does nothing if the process has ended. */
  signal(signal: Deno.Signal): void {
    if (this.#running) this.#child.kill(signal);
  }

  /** Ends the process with SIGTERM, or SIGKILL if that takes too long, and waits until it is gone. */
  async end(): Promise<Deno.CommandStatus> {
    this.signal("SIGTERM");
    const timer = setTimeout(() => this.signal("SIGKILL"), END_MS);
    const status = await this.#gone();
    clearTimeout(timer);
    return status;
  }

  /** Ends the process with SIGKILL and waits until it is gone. */
  async kill(): Promise<Deno.CommandStatus> {
    this.signal("SIGKILL");
    return await this.#gone();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // A process that was stopped (SIGSTOP) would not handle SIGTERM.
    this.signal("SIGCONT");
    await this.end();
  }

  async #gone(): Promise<Deno.CommandStatus> {
    const status = await this.exited;
    await Promise.all([this.stdout.ended, this.stderr.ended]);
    await this.#input.close().catch(() => {});
    return status;
  }
}
