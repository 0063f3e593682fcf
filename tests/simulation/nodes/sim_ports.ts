/** A node's ports, watched. */
import type { Request } from "../../../protocol/message.ts";
import type { QueryContext } from "../../../protocol/ports.ts";
import type { StateMachine } from "../../../protocol/ports.ts";
import type { Signed, Verified } from "../../../protocol/signed.ts";
import type { InputWithoutTime } from "../../../replica/core/input.ts";
import type { EpochArchive, Storage } from "../../../replica/storage/port.ts";
import type { KvStore } from "../../../state_machine/mod.ts";

/** Callbacks on a machine. */
export interface MachineWatch {
  /** Called before a command is executed. */
  executes(...call: Parameters<KvStore["apply"]>): void;
  /** Called when log time has moved. */
  told(...call: Parameters<NonNullable<StateMachine["onTime"]>>): void;
  /** Called before an ordered query is answered; fast reads ask the store itself. */
  asks(query: Uint8Array): void;
  /** Called after a snapshot has replaced the whole state. */
  restored(): void;
}

/** Returns a machine that reports to `watch`, and waits for log time without end if `waits`. */
export function observed(machine: KvStore, watch: MachineWatch, waits = false) {
  return {
    nextDeadline: () => waits ? Number.MAX_SAFE_INTEGER : machine.nextDeadline(),
    onTime(...call: Parameters<KvStore["onTime"]>) {
      watch.told(...call);
      machine.onTime(...call);
    },
    apply(...call: Parameters<KvStore["apply"]>) {
      watch.executes(...call);
      return machine.apply(...call);
    },
    query(query: Uint8Array, context: QueryContext) {
      watch.asks(query);
      return machine.query(query, context);
    },
    snapshot: () => machine.snapshot(),
    restore(chunks: Iterable<Uint8Array>) {
      machine.restore(chunks);
      watch.restored();
    },
    digest: () => machine.digest(),
    freeze: () => machine.freeze(),
  };
}

/** Returns the methods of a storage, bound to it. */
export const bind = (storage: Storage): Storage => ({
  chunks: storage.chunks,
  epochs: storage.epochs,
  load: () => storage.load(),
  commit: (...args) => storage.commit(...args),
  getMeta: (name) => storage.getMeta(name),
  setMeta: (name, value) => storage.setMeta(name, value),
  markOutdated: (reason) => storage.markOutdated(reason),
  close: () => storage.close(),
});

/** Returns an archive that calls `writes` before each write and after it. */
export const watchedArchive = (archive: EpochArchive, writes: () => void): EpochArchive => ({
  ...archive,
  put(...args) {
    writes();
    archive.put(...args);
    writes();
  },
});

/** Returns how a request is handed to a core that an earlier one held (§13.7). */
export const asIntervention = (request: Signed<Request>): InputWithoutTime => ({
  ...{ kind: "request", request: request as Verified<Signed<Request>>, intervention: true, via: null },
});
