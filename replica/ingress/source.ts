import type { Received } from "../../transport/port.ts";

/**
 * Returns the name of where a packet came from, by which it has its turn and its faults are counted: a roster id, if that proved itself by its CURVE
 * key, so that neither more connections nor new ones gain anything; else the connection.
 */
export const sourceOf = ({ channel, route, owner }: Received): string =>
  owner === undefined ? `${channel} ${route}` : `${channel} of ${owner}`;

/**
 * Returns the roster id that the other end of the connection proved, or null where nobody is authenticated. Whom a replica subscribed to is named by the
 * route: encrypted, it is that one or nobody.
 */
export const speakerOf = ({ channel, route, owner }: Received): string | null =>
  owner ?? (channel === "published" ? route : null);
