/** Results of commands about leases, and their encoding behind version and status (`docs/kv-commands.md`). */
import type { ByteReader } from "../../protocol/bytes/byte_reader.ts";
import type { ByteWriter } from "../../protocol/bytes/byte_writer.ts";
import { LIMITS } from "../../protocol/limits.ts";
import { KV_LIMITS } from "../kv_limits.ts";
import { utf8Length } from "../utf8_length.ts";
import type { Leases } from "./leases.ts";

/** A lease was granted or renewed. */
export interface LeaseResult {
  readonly status: "lease";
  readonly lease: number;
  readonly ttlMs: number;
}
/** There is no such lease of the client's: it has ended, or is another's. Nothing changed. */
export interface NoLeaseResult {
  readonly status: "no-lease";
}
/** There are as many leases, or keys in the lease, as there may be. Nothing changed. */
export interface LeaseLimitResult {
  readonly status: "lease-limit";
}
/** One lease of a list. */
export interface LeaseItem {
  readonly lease: number;
  readonly client: string;
  readonly ttlMs: number;
  /** Time that is left at least, by the log time of the answer. */
  readonly remainingMs: number;
  /** Number of its keys. */
  readonly keys: number;
}
/** Leases by ascending numbers. `more`: further ones follow. */
export interface LeasesResult {
  readonly status: "leases";
  readonly more: boolean;
  readonly items: readonly LeaseItem[];
}
export type AnyLeaseResult = LeaseResult | NoLeaseResult | LeaseLimitResult | LeasesResult;

const STATUS = { lease: 13, "no-lease": 14, "lease-limit": 15, leases: 16 } as const;

/** Returns whether a result is one of a command about leases. */
export const isLeaseResult = (result: { readonly status: string }): result is AnyLeaseResult => result.status in STATUS;

export function writeLeaseResult(writer: ByteWriter, result: AnyLeaseResult): void {
  writer.u8(STATUS[result.status]);
  if (result.status === "lease") writer.u64(result.lease).u64(result.ttlMs);
  if (result.status !== "leases") return;
  writer.u8(result.more ? 1 : 0).u32(result.items.length);
  for (const { lease, client, ttlMs, remainingMs, keys } of result.items) {
    const bytes = utf8Length(client);
    writer.u64(lease).u16(bytes).utf8(client, bytes).u64(ttlMs).u64(remainingMs).u32(keys);
  }
}

/** Reads a result; null if `status` is of none. */
export function readLeaseResult(reader: ByteReader, status: number): AnyLeaseResult | null {
  switch (status) {
    case STATUS.lease:
      return { status: "lease", lease: reader.u64(), ttlMs: reader.u64() };
    case STATUS["no-lease"]:
      return { status: "no-lease" };
    case STATUS["lease-limit"]:
      return { status: "lease-limit" };
    case STATUS.leases: {
      const more = reader.flag();
      const items: LeaseItem[] = [];
      for (let left = reader.u32(); left > 0 && !reader.failed; left--) items.push(readItem(reader));
      return { status: "leases", more, items };
    }
    default:
      return null;
  }
}

const readItem = (reader: ByteReader): LeaseItem => ({
  lease: reader.u64(),
  client: reader.text(1, LIMITS.maxIdBytes),
  ttlMs: reader.u64(),
  remainingMs: reader.u64(),
  keys: reader.u32(),
});

/** Returns at most `limit` leases behind number `after`. */
export function listLeases(leases: Leases, after: number, limit: number): LeasesResult {
  const items: LeaseItem[] = [];
  for (const { id, client, ttlMs, deadline, keys } of leases.behind(after)) {
    if (items.length === Math.min(limit, KV_LIMITS.maxListLimit)) return { status: "leases", more: true, items };
    const remainingMs = Math.max(0, deadline - LIMITS.clockLeadMs - leases.time);
    items.push({ lease: id, client, ttlMs, remainingMs, keys: keys.length });
  }
  return { status: "leases", more: false, items };
}
