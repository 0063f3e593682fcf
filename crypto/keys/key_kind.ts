/** The three kinds of keys, none of which can stand in for another (§2.1). */

/** The role of a key's owner. */
export type KeyKind = "operator" | "replica" | "client";

/** All kinds. */
export const KEY_KINDS = ["operator", "replica", "client"] as const satisfies readonly KeyKind[];

/** Id of the operator; no replica or client may have it. */
export const OPERATOR_ID = "operator";

/** Returns a kind with its article, as error messages need it: "a replica's", "the operator's". */
export const possessive = (kind: KeyKind): string => kind === "operator" ? "the operator's" : `a ${kind}'s`;
