/** Bounds of the dashboard's server side (`docs/limits.md`). */

/** Viewers at a time; one more is answered 503. */
export const MAX_VIEWERS = 64;
/** Bytes that wait for one viewer who does not read; then its stream is ended, and its page connects again. */
export const MAX_WAITING_BYTES = 256 * 1024;
/** Events of the timeline, points of the charts and entries of the log that are kept for who comes later. */
export const MAX_TIMELINE = 200;
export const MAX_POINTS = 180;
export const MAX_ENTRIES = 64;
/** Entries fetched in one look at the cluster; after entries that were large, one. */
export const ENTRIES_A_LOOK = 16;
export const LARGE_ENTRIES_BYTES = 256 * 1024;
/** Bytes of the body of a play request. */
export const MAX_PLAY_BODY_BYTES = 1024;
/** Latencies kept between two looks. */
export const MAX_LATENCIES = 10_000;
