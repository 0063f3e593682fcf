/** Kills replicas one after the other, whatever else happens, and starts them again. */
import { eventually } from "../../../../tasks/support/eventually.ts";
import type { Rng } from "../../../simulation/plan/rng.ts";
import type { EpochCluster } from "../../epochs/epoch_cluster.ts";

const READY_MS = 60_000;

const sleep = (seconds: number) => new Promise<void>((resolve) => setTimeout(resolve, 1000 * seconds));

export class Killer {
  kills = 0;
  readonly #epochs: EpochCluster;
  readonly #rng: Rng;
  readonly #pauseSeconds: readonly [number, number];
  /** Replicas that a change takes away: they may be killed and stay down. */
  readonly #leaving = new Set<string>();
  #stopping = false;
  #running: Promise<void> = Promise.resolve();

  constructor(epochs: EpochCluster, rng: Rng, pauseSeconds: readonly [number, number]) {
    this.#epochs = epochs;
    this.#rng = rng;
    this.#pauseSeconds = pauseSeconds;
  }

  start(): void {
    this.#running = this.#run();
    this.#running.catch(() => {}); // told by `stop`
  }

  /** Ends; rejects if a replica did not come up again. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#running;
  }

  /** Leaves a replica down once it is killed. */
  leaves(id: string): void {
    this.#leaving.add(id);
  }

  /** Takes note that a replica is a member again. */
  stays(id: string): void {
    this.#leaving.delete(id);
  }

  async #run(): Promise<void> {
    const [least, most] = this.#pauseSeconds;
    while (!this.#stopping) {
      await sleep(this.#rng.between(least, most));
      const up = this.#epochs.ids.filter((id) => this.#epochs.runs(id));
      if (this.#stopping || up.length === 0) continue;
      const victim = this.#rng.pick(up);
      await this.#epochs.kill(victim);
      this.kills++;
      await sleep(this.#rng.between(0, 1));
      if (!this.#leaving.has(victim) && !this.#epochs.runs(victim)) await this.#restart(victim);
    }
  }

  async #restart(id: string): Promise<void> {
    const process = await this.#epochs.restart(id);
    // One that is new and waits for its epoch is as good as ready.
    const isUp = () =>
      !process.running || process.stdout.lines.length > 0 ||
      process.stderr.lines.some((line) => line.includes('"event":"awaits-beginning"'));
    await eventually(`${id} is up`, isUp, READY_MS);
  }
}
