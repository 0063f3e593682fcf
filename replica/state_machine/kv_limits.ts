/** Bounds of the key-value store. Every replica must have the same ones: they decide which commands are refused. */
export const KV_LIMITS = {
  /** Bytes of UTF-8 of a key; a key has at least one. A prefix or a cursor may be empty. */
  maxKeyBytes: 1024,
  /** Bytes of a value. */
  maxValueBytes: 64 * 1024,
  /** Keys a `list` asks for when its caller names no limit. */
  defaultListLimit: 1000,
  /** Keys one `list` may ask for. */
  maxListLimit: 1000,
  /** Bytes of one snapshot chunk. */
  maxChunkBytes: 256 * 1024,
} as const;
