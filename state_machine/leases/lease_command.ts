/** Commands about leases, and their encoding behind version and op (`docs/kv-commands.md`). */
import type { ByteReader } from "../../protocol/bytes/byte_reader.ts";
import type { ByteWriter } from "../../protocol/bytes/byte_writer.ts";
import { KV_LIMITS } from "../kv_limits.ts";
import { isTtl } from "./lease.ts";

/** Grants a lease that ends `ttlMs` after it was granted or renewed. */
export interface GrantCommand {
  readonly op: "grant";
  readonly ttlMs: number;
}
/** Has a lease last for its whole time again, or ends it now. */
export interface LeaseCommand {
  readonly op: "renew" | "revoke";
  readonly lease: number;
}
/** Lists leases with numbers above `after`, at most `limit` of them. */
export interface LeasesCommand {
  readonly op: "leases";
  readonly after: number;
  readonly limit: number;
}
export type AnyLeaseCommand = GrantCommand | LeaseCommand | LeasesCommand;

const OPS = { grant: 9, renew: 10, revoke: 11, leases: 13 } as const;
/** Bytes of the longest one: op, number, limit. */
export const LEASE_COMMAND_BYTES = 1 + 8 + 4;

/** Writes a command. Throws a RangeError that names the field if one exceeds its limits. */
export function writeLeaseCommand(writer: ByteWriter, command: AnyLeaseCommand): void {
  writer.u8(OPS[command.op]);
  switch (command.op) {
    case "grant":
      if (!Number.isSafeInteger(command.ttlMs) || !isTtl(command.ttlMs)) throw ttlError(command.ttlMs);
      return void writer.u64(command.ttlMs);
    case "renew":
    case "revoke":
      return writeLease(writer, command.lease);
    case "leases":
      if (command.limit < 1 || command.limit > KV_LIMITS.maxListLimit || !Number.isInteger(command.limit)) {
        throw new RangeError(
          `limit must be an integer from 1 to ${KV_LIMITS.maxListLimit}: this one is ${command.limit}`,
        );
      }
      return void writer.u64(command.after).u32(command.limit);
  }
}

const ttlError = (given: number): RangeError =>
  new RangeError(
    `ttlMs must be an integer from ${KV_LIMITS.minLeaseMs} to ${KV_LIMITS.maxLeaseMs}: this one is ${given}`,
  );

/** Reads a command about leases; null if `op` is none, and what is malformed fails the reader. */
export function readLeaseCommand(reader: ByteReader, op: number): AnyLeaseCommand | null {
  switch (op) {
    case OPS.grant: {
      const ttlMs = reader.u64();
      if (!isTtl(ttlMs)) reader.fail("bad-value", "wanted a time to live");
      return { op: "grant", ttlMs };
    }
    case OPS.renew:
      return { op: "renew", lease: readLease(reader) };
    case OPS.revoke:
      return { op: "revoke", lease: readLease(reader) };
    case OPS.leases: {
      const [after, limit] = [reader.u64(), reader.u32()];
      if (limit < 1 || limit > KV_LIMITS.maxListLimit) reader.fail("bad-value", "wanted another limit");
      return { op: "leases", after, limit };
    }
    default:
      return null;
  }
}

/** Returns whether a command is about leases. */
export const isLeaseCommand = (command: { readonly op: string }): command is AnyLeaseCommand => command.op in OPS;

/** Writes the number of a lease. Throws a RangeError if it can be none. */
export function writeLease(writer: ByteWriter, lease: number): void {
  if (!Number.isSafeInteger(lease) || lease < 1) {
    throw new RangeError(`lease must be a number from 1: this one is ${lease}`);
  }
  writer.u64(lease);
}

/** Reads the number of a lease. */
export function readLease(reader: ByteReader): number {
  const lease = reader.u64();
  return lease >= 1 ? lease : reader.fail("bad-value", "wanted the number of a lease");
}
