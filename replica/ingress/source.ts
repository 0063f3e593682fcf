import type { Received } from "../../transport/port.ts";

/**
 * Returns the name of where a packet came from, by which it has its turn and its faults are counted: a roster id, if that proved itself by its CURVE
 * key, so that neither more connections nor new ones gain anything; else the connection.
 */
export const sourceOf = ({ channel, route, owner }: Received): string =>
  owner === undefined ? `${channel} ${route}` : `${channel} of ${owner}`;
