/** Attacks on the replicas of a chaos run, drawn from a seed. */
import { presentLeader } from "../../../tasks/support/change_leader.ts";
import type { Observer } from "../../../tasks/support/observer.ts";
import { Rng } from "../../simulation/plan/rng.ts";
import type { Fleet } from "./fleet.ts";

const READY_MS = 60_000;
/** Probability that an attack on one replica picks the leader. */
const LEADER_SHARE = 0.6;

const sleep = (seconds: number) => new Promise<void>((resolve) => setTimeout(resolve, 1000 * seconds));

type Attack = (attacker: Attacker) => Promise<void>;

/** Attacks and their weights in the draw. */
const ATTACKS: readonly (readonly [weight: number, name: string, attack: Attack])[] = [
  [50, "one", (attacker) => attacker.one()],
  [20, "twice", (attacker) => attacker.twice()],
  [10, "two", (attacker) => attacker.two()],
  [8, "all", (attacker) => attacker.all()],
  [12, "wipe", (attacker) => attacker.wipe()],
];

export interface AttackerParts {
  readonly fleet: Fleet;
  readonly observer: Observer;
  readonly seed: number;
  readonly wipes: boolean;
  readonly pauseSeconds: readonly [number, number];
  readonly say: (text: string) => void;
}

export class Attacker {
  readonly #parts: AttackerParts;
  readonly #rng: Rng;
  /** Restarts in progress. */
  readonly #restarts = new Set<Promise<void>>();
  /** The replica that lost its disk last; until it is a full member no other one may (§1.3). */
  #learner: string | null = null;
  #failure: unknown = null;

  constructor(parts: AttackerParts) {
    this.#parts = parts;
    this.#rng = new Rng(parts.seed, "attacks");
  }

  /** Attacks until `seconds` have passed or `over` returns true, then waits for restarts in progress. */
  async run(seconds: number, over: () => boolean): Promise<void> {
    const { fleet, pauseSeconds: [least, most] } = this.#parts;
    const end = performance.now() + 1000 * seconds;
    const isOver = () => performance.now() >= end || this.#failure !== null || over();
    while (!isOver()) {
      await sleep(Math.min(this.#rng.between(least, most), Math.max(0, end - performance.now()) / 1000));
      // An attack begins with at most one replica down, so that most attacks leave a quorum.
      if (isOver() || !await fleet.waitForUp(fleet.cluster.ids.length - 1, READY_MS)) continue;
      const [name, attack] = this.#draw();
      this.#parts.say(name);
      await attack(this);
    }
    while (this.#restarts.size > 0) await Promise.all(this.#restarts);
    if (this.#failure !== null) throw this.#failure;
  }

  /** Kills one replica and restarts it. */
  async one(): Promise<void> {
    const victim = await this.#victim();
    await this.#parts.fleet.kill(victim);
    this.#restart(victim, this.#rng.between(0, 5));
  }

  /** Kills one replica, and again while it starts, reads its disk and applies its log. */
  async twice(): Promise<void> {
    const { fleet } = this.#parts;
    const victim = await this.#victim();
    await fleet.kill(victim);
    const again = fleet.start(victim);
    await sleep(this.#rng.between(0.1, 0.9));
    await fleet.kill(victim);
    await again;
    this.#restart(victim, this.#rng.between(0, 2));
  }

  /** Kills two replicas: too few are left until one is back. */
  async two(): Promise<void> {
    const { fleet } = this.#parts;
    const victims = this.#rng.shuffle(fleet.up).slice(0, 2);
    await fleet.kill(...victims);
    for (const victim of victims) this.#restart(victim, this.#rng.between(0, 2));
  }

  /** Kills all within a moment. */
  async all(): Promise<void> {
    const { fleet } = this.#parts;
    const { ids } = fleet.cluster;
    await fleet.kill(...this.#rng.shuffle(ids));
    while (this.#restarts.size > 0) await Promise.all(this.#restarts);
    await fleet.kill(...ids);
    for (const id of ids) this.#restart(id, this.#rng.between(0, 1));
  }

  /** Has one replica lose its disk. No other does before it is a full member again, for which the leader is killed once or more. */
  async wipe(): Promise<void> {
    const { fleet, observer, wipes } = this.#parts;
    if (!wipes || await this.#hasLearner()) return await this.one();
    const victim = this.#rng.pick(fleet.up);
    this.#learner = victim;
    await fleet.wipe(victim);
    this.#restart(victim, 0);
    await sleep(this.#rng.between(0, 3));
    const leader = presentLeader(await observer.statuses(fleet.up))?.leader;
    // The others may still name one that is down, and possibly about to be restarted.
    if (leader === undefined || !fleet.up.includes(leader) || leader === victim) return;
    await fleet.kill(leader);
    this.#restart(leader, this.#rng.between(0, 1));
  }

  /** Returns whether the replica wiped last is not known to be a full member: while it is down no one knows. */
  async #hasLearner(): Promise<boolean> {
    if (this.#learner === null) return false;
    const status = await this.#parts.observer.status(this.#learner);
    if (status === null || status.recovery !== null) return true;
    this.#learner = null;
    return false;
  }

  #draw(): readonly [string, Attack] {
    let left = this.#rng.next() * ATTACKS.reduce((sum, [weight]) => sum + weight, 0);
    const [, name, attack] = ATTACKS.find(([weight]) => (left -= weight) < 0) ?? ATTACKS[0]!;
    return [name, attack];
  }

  async #victim(): Promise<string> {
    const { fleet, observer } = this.#parts;
    const wantsLeader = this.#rng.chance(LEADER_SHARE);
    const any = this.#rng.pick(fleet.up);
    const leader = wantsLeader ? presentLeader(await observer.statuses(fleet.up))?.leader : undefined;
    return leader !== undefined && fleet.up.includes(leader) ? leader : any;
  }

  #restart(id: string, afterSeconds: number): void {
    this.#keep(sleep(afterSeconds).then(() => this.#parts.fleet.start(id)));
  }

  #keep(work: Promise<void>): void {
    const kept = work.catch((error) => void (this.#failure ??= error)).finally(() => this.#restarts.delete(kept));
    this.#restarts.add(kept);
  }
}
