/** Rights of clients in a roster: reading them, and saying how they differ. */
import { LIMITS } from "../../protocol/limits.ts";
import { RIGHTS } from "../../protocol/operations/access.ts";
import type { Grant, Right } from "../../protocol/ports.ts";
import { type Field, readList, readObject, refuse } from "../strict_json.ts";
import type { RosterClient } from "./roster_types.ts";

const UTF8 = new TextEncoder();

/** Returns what names the keys of a grant, so that equal texts mean equal keys: `key "/a"` or `keys under "/a/"`. */
export const keysText = (grant: Grant): string =>
  "key" in grant ? `key ${JSON.stringify(grant.key)}` : `keys under ${JSON.stringify(grant.prefix)}`;

/** Returns a grant in words: `may read keys under "/a/"`. */
export const grantText = (grant: Grant): string =>
  `may ${grant.may === "both" ? "read and write" : grant.may} ${keysText(grant)}`;

/** Reads the grants of a client. Throws `ConfigError`. */
export function readGrants(field: Field): Grant[] {
  const owners = new Map<string, string>();
  return readList(field, 0, LIMITS.maxGrants).map((each) => {
    const grant = readGrant(each);
    const [keys, owner] = [keysText(grant), owners.get(keysText(grant))];
    if (owner !== undefined) refuse(each, `other keys than those of ${owner}`, `${keys} a second time`);
    owners.set(keys, each.path);
    return grant;
  });
}

function readGrant(field: Field): Grant {
  const { value } = field;
  const isKey = typeof value === "object" && value !== null && Object.hasOwn(value, "key");
  if (isKey) {
    const { key, may } = readObject(field, ["key", "may"]);
    return { key: readText(key, 1), may: readRight(may) };
  }
  const { prefix, may } = readObject(field, ["prefix", "may"]);
  return { prefix: readText(prefix, 0), may: readRight(may) };
}

function readRight(field: Field): Right {
  return RIGHTS.find((right) => right === field.value) ?? refuse(field, `one of ${RIGHTS.join(", ")}`);
}

function readText(field: Field, min: number): string {
  const { value } = field;
  const most = LIMITS.maxGrantBytes;
  const wanted = `well-formed text of ${min} to ${most} bytes of UTF-8`;
  if (typeof value !== "string" || value.length > most || !value.isWellFormed()) return refuse(field, wanted);
  const { length } = UTF8.encode(value);
  return length >= min && length <= most ? value : refuse(field, wanted);
}

/** Returns what differs in the rights of a client, a line for each difference. */
export function grantLines(
  old: Pick<RosterClient, "id" | "access">,
  now: Pick<RosterClient, "id" | "access">,
): string[] {
  const { id } = now;
  if (now.access === undefined) return old.access === undefined ? [] : [`client ${id} may now do everything`];
  const [before, after] = [old.access ?? [], now.access].map((all) =>
    new Map(all.map((each) => [keysText(each), each]))
  );
  const given = [...after!.values()].filter((grant) => before!.get(keysText(grant))?.may !== grant.may);
  const gone = [...before!.values()].filter((grant) => !after!.has(keysText(grant)));
  return [
    ...(old.access === undefined ? [`client ${id} may no longer do everything`] : []),
    ...given.map((grant) => {
      const only = before!.has(keysText(grant)) && grant.may !== "both"
        ? `may now only ${grant.may} ${keysText(grant)}`
        : null;
      return `client ${id} ${only ?? grantText(grant).replace("may ", "may now ")}`;
    }),
    ...gone.map((grant) => `client ${id} ${grantText(grant).replace("may ", "may no longer ")}`),
    ...(now.access.length === 0 && (old.access === undefined || gone.length > 0)
      ? [`client ${id} may do nothing now`]
      : []),
  ];
}
