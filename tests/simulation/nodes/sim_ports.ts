/** A node's ports, watched. */
import type { LogIndex, Millis, ReplicaId } from "../../../protocol/ids.ts";
import type { Request } from "../../../protocol/message.ts";
import type { QueryContext } from "../../../protocol/ports.ts";
import type { Signed, Verified } from "../../../protocol/signed.ts";
import type { InputWithoutTime } from "../../../replica/core/input.ts";
import type { EpochArchive, Storage } from "../../../replica/storage/port.ts";
import { decodeKvResult, encodeKvCommand, KV_LIMITS, type KvStore } from "../../../state_machine/mod.ts";
import { contextAt } from "../../support/contexts.ts";
import type { NodeWorld } from "./node_world.ts";

/** Callbacks on a machine. */
export interface MachineWatch {
  /** Called before a command is executed. */
  executes(...call: Parameters<KvStore["apply"]>): void;
  /** Called when log time has moved, with the leases that this ended. */
  told(time: Millis, index: LogIndex, ended: readonly number[]): void;
  /** Called after a lease was granted or renewed. */
  leased(index: LogIndex, lease: number, ttlMs: Millis): void;
  /** Called before an ordered query is answered; fast reads ask the store itself. */
  asks(query: Uint8Array): void;
  /** Called after a snapshot has replaced the whole state. */
  restored(): void;
}

/** Returns the callbacks that tell a world's observer of log time and leases at `id`. */
export const tellsTime = (
  id: ReplicaId,
  { observer, now }: Pick<NodeWorld, "observer" | "now">,
): Pick<MachineWatch, "told" | "leased"> => ({
  told: (...call) => observer.timed?.(id, ...call, now()),
  leased: (...call) => observer.leased?.(id, ...call, now()),
});

/** Returns a machine that reports to `watch`, and waits for log time without end if `waits`. */
export function observed(machine: KvStore, watch: MachineWatch, waits = false) {
  return {
    nextDeadline: () => waits ? Number.MAX_SAFE_INTEGER : machine.nextDeadline(),
    onTime(time: Millis, index: LogIndex) {
      const before = leasesIn(machine);
      machine.onTime(time, index);
      const after = new Set(leasesIn(machine));
      watch.told(time, index, before.filter((lease) => !after.has(lease)));
    },
    apply(...call: Parameters<KvStore["apply"]>) {
      watch.executes(...call);
      const bytes = machine.apply(...call);
      const result = decodeKvResult(bytes);
      if (result?.status === "lease") watch.leased(call[1].index, result.lease, result.ttlMs);
      return bytes;
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

const LEASES = encodeKvCommand({ op: "leases", after: 0, limit: KV_LIMITS.maxListLimit });

function leasesIn(machine: KvStore): number[] {
  const result = decodeKvResult(machine.query(LEASES, contextAt()).value);
  return result?.status === "leases" ? result.items.map(({ lease }) => lease) : [];
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
