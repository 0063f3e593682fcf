/** Bounds of what users of a gateway can make it hold (`docs/limits.md`). */
export const GATEWAY_LIMITS = {
  /** Bytes of the JSON of a transaction: the longest one, whose bytes JSON may escape six for one. */
  maxJsonBytes: 512 * 1024,
  /** Requests under way at a time, watches aside; more are answered with 429. */
  maxRequests: 2048,
  /** Watches open at a time; more are answered with 503. */
  maxListeners: 4096,
  /** Watches that read what is behind the latest events from the cluster by themselves, at a time. */
  maxCatchingUp: 64,
  /** Bytes of events that wait for one listener; one that has more is ended, and goes on by its last event id. */
  maxWaitingBytes: 1024 * 1024,
  /** Bytes of the latest events that are kept for listeners that come back. */
  maxRecentBytes: 8 * 1024 * 1024,
  /** Time after which a listener is told that it is still listened to, in milliseconds. */
  keepAliveMs: 15_000,
  /** Longest and usual time that a request may take, in milliseconds. */
  maxTimeoutMs: 60_000,
  timeoutMs: 10_000,
  /** Time within which the body of a request has to be there, in milliseconds. */
  bodyMs: 10_000,
} as const;
