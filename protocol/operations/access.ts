/** Rights of clients: how rosters write them down, and what state machines are handed (§2.1, §7.4). */
import type { ClientId } from "../ids.ts";
import type { Access, AccessRule, Grant, Right, RosterFacts } from "../ports.ts";

/** Kinds of rights, as rosters name them. */
export const RIGHTS: readonly Right[] = ["read", "write", "both"];

/** Rights by client, of rosters that were asked about; a roster never changes. */
const KNOWN = new WeakMap<RosterFacts, ReadonlyMap<ClientId, Access>>();
/** Rights of whoever is no client. */
const NOTHING: Access = [];

/** Returns the rights of `client` by `roster`: null, everything, if it has no rules there, and none at all if it is not listed. */
export function accessOf(roster: RosterFacts, client: ClientId): Access {
  let known = KNOWN.get(roster);
  if (known === undefined) {
    known = new Map(roster.roster.clients.map(({ id, access }) => [id, access?.map(ruleOf) ?? null]));
    KNOWN.set(roster, known);
  }
  const access = known.get(client);
  return access === undefined ? NOTHING : access;
}

/** Returns whether rights cover the reading of everything: what shows other clients' commands or whole states needs that. */
export const readsEverything = (access: Access): boolean =>
  access === null || access.some(({ prefix, exact, read }) => prefix === "" && !exact && read);

function ruleOf(grant: Grant): AccessRule {
  const { may } = grant;
  const rights = { read: may !== "write", write: may !== "read" };
  return "key" in grant
    ? { prefix: grant.key, exact: true, ...rights }
    : { prefix: grant.prefix, exact: false, ...rights };
}
