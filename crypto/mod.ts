/** Signatures, digests, keys and the roster. */
export * from "./backend.ts";
export * from "./canonical_json.ts";
export * from "./config_error.ts";
export * from "./constants.ts";
export * from "./digest.ts";
export * from "./generate_cluster.ts";
export * from "./key_file.ts";
export * from "./key_pair.ts";
export * from "./key_ring.ts";
export * from "./load_backend.ts";
export * from "./native_backend.ts";
export * from "./noble_backend.ts";
export * from "./parse_roster.ts";
export * from "./roster.ts";
export * from "./signing.ts";
export * from "./verified_cache.ts";
