import type { Received } from "../../transport/port.ts";

/**
 * Returns the name of where a packet came from, by which it has its turn and its faults are counted: a roster id, if that proved itself by its CURVE
 * key, so that neither more connections nor new ones gain anything; else the connection.
 */
export const sourceOf = (received: Received): string =>
  received.owner === undefined ? connectionOf(received) : `${received.channel} of ${received.owner}`;

/** Returns the name of the connection that a packet came over. */
export const connectionOf = ({ channel, route }: Received): string => `${channel} ${route}`;

/**
 * Returns the roster id that the other end of the connection proved, or null where nobody is authenticated. Whom a replica subscribed to is named by the
 * route: encrypted, it is that one or nobody.
 */
export const speakerOf = ({ channel, route, owner }: Received): string | null =>
  owner ?? (channel === "published" ? route : null);
