/** Ends of a replica's run. */

/**
 * Reason for which a replica that could have gone on has ended: it was stopped; it has to be started again to do what its new roster asks of it, bind other addresses or reach others than
 * its process may; or it is no member any more, or not with the key it has.
 */
export type Outcome = "stopped" | "restart" | "left";
