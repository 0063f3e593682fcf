/** Signatures, digests, keys and the roster. */
export * from "./signing/backend.ts";
export * from "./canonical_json.ts";
export * from "./config_error.ts";
export * from "./roster/constants.ts";
export * from "./digest.ts";
export * from "./roster/generate_cluster.ts";
export * from "./keys/key_file.ts";
export * from "./keys/key_pair.ts";
export * from "./keys/key_ring.ts";
export * from "./signing/load_backend.ts";
export * from "./signing/native_backend.ts";
export * from "./signing/noble_backend.ts";
export * from "./roster/parse_roster.ts";
export * from "./roster/roster.ts";
export * from "./signing/signing.ts";
export * from "./signing/verified_cache.ts";
