/** Bounds of the key-value store. They must be the same on every replica, since they decide which commands are refused. */
export const KV_LIMITS = {
  /** Bytes of UTF-8 of a key, at least 1. A prefix or a cursor may be empty. */
  maxKeyBytes: 1024,
  /** Bytes of a value. */
  maxValueBytes: 64 * 1024,
  /** Keys a `list` asks for if its caller names no limit. */
  defaultListLimit: 1000,
  /** Maximum number of keys one `list` may ask for. */
  maxListLimit: 1000,
  /** Bytes of one snapshot chunk of any kind. */
  maxChunkBytes: 256 * 1024,
  /** Bytes of a page's records; a fuller page is split unless it holds a single record. */
  maxPageBytes: 32 * 1024,
  /** A page with fewer bytes of records is joined with a neighbour if both fit into one page. */
  minPageBytes: 8 * 1024,
  /** Bytes of the history's pages; the oldest page goes when there are more. */
  maxHistoryBytes: 16 * 1024 * 1024,
  /** Comparisons in one transaction, and operations in either of its branches. */
  maxTransactionParts: 64,
  /** Leases of one client, and of all. */
  maxClientLeases: 256,
  maxLeases: 16_384,
  /** Keys in one lease. */
  maxLeaseKeys: 128,
  /** Milliseconds for which a lease may be granted: a second to a week. */
  minLeaseMs: 1000,
  maxLeaseMs: 7 * 24 * 3_600_000,
  /** Leases that end at once, and keys in them; the others end when log time moves next. */
  maxEndingLeases: 1024,
  maxEndingKeys: 4096,
  /** Page digests in one index chunk of a snapshot. */
  maxIndexDigests: 4096,
} as const;
