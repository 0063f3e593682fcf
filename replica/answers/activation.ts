/** Activate and Deactivate (§11): the operator takes a replica out of the protocol and back in, for tests and drills. */
import type { ReplicaId } from "../../protocol/ids.ts";
import type { SetActive } from "../../protocol/message.ts";
import type { Storage } from "../storage/port.ts";

const META = "set-active";

/** The last command obeyed; durable, so that an old one cannot be replayed after a restart. */
interface Obeyed {
  readonly active: boolean;
  readonly order: number;
}

function read(storage: Storage): Obeyed {
  const text = storage.getMeta(META);
  if (text === null) return { active: true, order: 0 };
  const [active, order] = text.split(" ");
  return { active: active === "true", order: Number(order) };
}

export class Activation {
  readonly #self: ReplicaId;
  readonly #storage: Storage;
  readonly #isRefused: () => boolean;
  #obeyed: Obeyed;
  #leaving = false;

  /** No command is obeyed while `isRefused` returns true, which means that the disk refuses writes: the command could not be kept. */
  constructor(self: ReplicaId, storage: Storage, isRefused: () => boolean = () => false) {
    this.#self = self;
    this.#storage = storage;
    this.#isRefused = isRefused;
    this.#obeyed = read(storage);
  }

  /** True while this replica takes part. A deactivated one stays so over restarts. */
  get active(): boolean {
    return this.#obeyed.active;
  }

  /** True while this replica, deactivated, still takes part until it has left its office (§14.5). */
  get leaving(): boolean {
    return this.#leaving;
  }

  /** Ends the part of a deactivated replica: it has left. */
  left(): void {
    this.#leaving = false;
  }

  /** Order of the last command obeyed; the next one has to be above it. */
  get order(): number {
    return this.#obeyed.order;
  }

  /** Obeys a verified command and returns null, or the reason for refusing it. Durable when it returns. */
  obey({ replica, active, order }: SetActive): string | null {
    if (replica !== this.#self) return `this is ${this.#self}, not ${replica}`;
    if (order <= this.#obeyed.order) {
      return `the command's order ${order} is not above ${this.#obeyed.order}, obeyed before`;
    }
    if (this.#isRefused()) return "its disk refuses writes, so the command could not be kept";
    this.#storage.setMeta(META, `${active} ${order}`);
    this.#leaving = !active && (this.#leaving || this.#obeyed.active);
    this.#obeyed = { active, order };
    return null;
  }
}
