/** Rights of the holder of a token, by rules of its own. They narrow what the gateway's key may do, and it is the gateway that holds them. */
import { readsEverything } from "../../protocol/operations/access.ts";
import type { Access } from "../../protocol/ports.ts";
import { denialBy, type KvCommand, type KvWatch, watchDenialBy } from "../../state_machine/mod.ts";
import { Problem } from "./problems.ts";

const WHO = "this token";

/** Refuses a command that a token's rules do not cover. Throws {@linkcode Problem}. */
export const requireRight = (access: Access, command: KvCommand): void => refuse(denialBy(access, command, WHO));

/** Refuses a watch that they do not cover. Throws {@linkcode Problem}. */
export const requireWatch = (access: Access, watch: KvWatch): void => refuse(watchDenialBy(access, watch, WHO));

/** Refuses what shows keys of all kinds where they do not cover the reading of all. Throws {@linkcode Problem}. */
export function requireReadsAll(access: Access, what: string): void {
  refuse(readsEverything(access) ? null : `${WHO} may not read all keys, which ${what} needs`);
}

/**
 * Refuses the use of leases where they do not cover the writing of all keys: whoever uses a gateway may end the leases of its key, and what is in them goes.
 * Throws {@linkcode Problem}.
 */
export function requireLeases(access: Access): void {
  const writesAll = access === null || access.some(({ prefix, exact, write }) => prefix === "" && !exact && write);
  refuse(writesAll ? null : `${WHO} may not write all keys, which leases need: all users of this gateway share them`);
}

/** Refuses what breaks and mends replicas to whoever has rules. Throws {@linkcode Problem}. */
export function requireNoRules(access: Access, what: string): void {
  refuse(access === null ? null : `${WHO} may not use ${what}, which is for tokens without rules`);
}

function refuse(reason: string | null): void {
  if (reason !== null) throw new Problem("forbidden", reason);
}
