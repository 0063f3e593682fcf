/** A node's ports, with somebody looking over its shoulder. */
import type { KvStore } from "../../replica/state_machine/mod.ts";
import type { Storage } from "../../replica/storage/mod.ts";

/** A machine whose executions `tell` hears of. */
export function observed(machine: KvStore, tell: (...call: Parameters<KvStore["apply"]>) => void) {
  return {
    apply(...call: Parameters<KvStore["apply"]>) {
      tell(...call);
      return machine.apply(...call);
    },
    query: (query: Uint8Array) => machine.query(query),
    snapshot: () => machine.snapshot(),
    restore: (chunks: Iterable<Uint8Array>) => machine.restore(chunks),
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
