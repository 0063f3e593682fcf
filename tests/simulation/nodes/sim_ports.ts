/** A node's ports, with somebody looking over its shoulder. */
import type { KvStore } from "../../../state_machine/mod.ts";
import type { Storage } from "../../../replica/storage/port.ts";

/** What is heard of a machine. */
export interface MachineWatch {
  /** Before a command is executed. */
  executes(...call: Parameters<KvStore["apply"]>): void;
  /** After a snapshot has taken the place of the whole state. */
  restored(): void;
}

/** A machine that `watch` hears of. */
export function observed(machine: KvStore, watch: MachineWatch) {
  return {
    apply(...call: Parameters<KvStore["apply"]>) {
      watch.executes(...call);
      return machine.apply(...call);
    },
    query: (query: Uint8Array) => machine.query(query),
    snapshot: () => machine.snapshot(),
    restore(chunks: Iterable<Uint8Array>) {
      machine.restore(chunks);
      watch.restored();
    },
    digest: () => machine.digest(),
    freeze: () => machine.freeze(),
  };
}

/** The methods of a storage, free of their object. */
export const bind = (storage: Storage): Storage => ({
  chunks: storage.chunks,
  load: () => storage.load(),
  commit: (operations, intents) => storage.commit(operations, intents),
  getMeta: (name) => storage.getMeta(name),
  setMeta: (name, value) => storage.setMeta(name, value),
  markOutdated: (reason) => storage.markOutdated(reason),
  close: () => storage.close(),
});
