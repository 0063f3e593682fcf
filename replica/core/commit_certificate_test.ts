import { assert, assertEquals } from "@std/assert";
import { sha256Hex } from "../../crypto/mod.ts";
import * as forge from "../../tests/clauses/forge.ts";
import { isCertificate } from "./certify.ts";
import { commitCertificateAt, reachableCertificate } from "./commit_certificate.ts";
import { logIndex } from "./ids.ts";
import { LIMITS } from "./limits.ts";
import { createLog } from "./log.ts";
import type { ChainedEntry } from "./output.ts";
import { quorumOf } from "./quorum.ts";
import type { CoreState } from "./state.ts";

const PEERS = ["r1", "r2", "r3"];

/** A replica that has committed all but the last of `entries`. */
function committed(entries: readonly ChainedEntry[]): CoreState {
  const index = entries.length - 1;
  const commitCertificate = forge.commitCertificate(1, forge.headIn(entries, index), PEERS, entries.slice(index));
  return { log: createLog(forge.GENESIS, entries), commitCertificate } as CoreState;
}

const roster = {
  sizes: quorumOf(4),
  genesis: forge.GENESIS.hash,
  config: { replicas: ["r1", "r2", "r3", "r4"] },
} as unknown as CoreState;

Deno.test("§5.6 a commit certificate lengthened downwards certifies the lower point", () => {
  const entries = forge.grow(forge.GENESIS, 30, 1);
  const state = committed(entries);
  for (const index of [1, 17, 29]) {
    const certificate = commitCertificateAt(state, logIndex(index))!;
    assertEquals([certificate.index, certificate.hash], [index, entries[index - 1]!.hash] as never[]);
    assert(isCertificate(roster, sha256Hex, certificate), `index ${index}`);
  }
  assertEquals(commitCertificateAt(state, logIndex(30)), null);
});

Deno.test("§8.1 who is far behind is shown a certificate that it reaches before it has collected too much", () => {
  const entries = forge.grow(forge.GENESIS, LIMITS.maxFetchEntries / 2 + 100, 1);
  const state = committed(entries);
  assertEquals(Number(reachableCertificate(state, logIndex(1))?.index), 1 + LIMITS.maxFetchEntries / 2);
  assertEquals(reachableCertificate(state, logIndex(200)), state.commitCertificate);
  assertEquals(reachableCertificate(state, logIndex(entries.length)), null);
});

Deno.test("§8.1 so is who lacks many bytes", () => {
  const small = forge.grow(forge.GENESIS, 100, 1);
  const body = { length: LIMITS.maxEntryBytes } as Uint8Array; // only its length matters here
  const large = small.map((chained) => ({ ...chained, entry: { ...chained.entry, body } }));
  const state = committed(large);
  assertEquals(
    Number(reachableCertificate(state, logIndex(1))?.index),
    LIMITS.maxFetchBytes / 2 / LIMITS.maxEntryBytes,
  );
});
