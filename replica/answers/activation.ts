/** Activate and Deactivate (§11): the operator takes a replica out of the protocol and back in, for tests and drills. */
import type { SetActive } from "../../protocol/message.ts";
import type { ReplicaId } from "../../protocol/ids.ts";
import type { Storage } from "../storage/port.ts";

const META = "set-active";

/** The last command obeyed; durable, so that an old one cannot be replayed after a restart. */
interface Obeyed {
  readonly active: boolean;
  readonly time: number;
}

function read(storage: Storage): Obeyed {
  const text = storage.getMeta(META);
  if (text === null) return { active: true, time: -1 };
  const [active, time] = text.split(" ");
  return { active: active === "true", time: Number(time) };
}

export class Activation {
  readonly #self: ReplicaId;
  readonly #storage: Storage;
  readonly #isRefused: () => boolean;
  #obeyed: Obeyed;

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

  /** Obeys a verified command and returns null, or the reason for refusing it. Durable when it returns. */
  obey({ replica, active, time }: SetActive): string | null {
    if (replica !== this.#self) return `this is ${this.#self}, not ${replica}`;
    if (time <= this.#obeyed.time) return `the command's time ${time} is not after ${this.#obeyed.time}, obeyed before`;
    if (this.#isRefused()) return "its disk refuses writes, so the command could not be kept";
    this.#storage.setMeta(META, `${active} ${time}`);
    this.#obeyed = { active, time };
    return null;
  }
}
