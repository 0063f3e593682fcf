/** Signed bodies as they travel, and the brand of what was checked (§2.2). */

/**
 * A message with the very bytes that were signed (§2.2). Whoever passes it on passes `body` and `signature` unchanged;
 * `message` is only the decoded view of `body`.
 */
export interface Signed<M> {
  readonly message: M;
  readonly body: Uint8Array;
  readonly signature: Uint8Array;
}

export declare const verified: unique symbol;

/** Brand of what ingress let through: decoded strictly and every listed signature checked. */
export type Verified<T> = T & { readonly [verified]: true };
