import { assert, assertEquals } from "@std/assert";
import { sha256Hex } from "../../../crypto/digest.ts";
import { isCertificate } from "../../../protocol/certify.ts";
import type { ChainedEntry } from "../../../protocol/entry.ts";
import { logIndex } from "../../../protocol/ids.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import { quorumOf } from "../../../protocol/quorum.ts";
import * as forge from "../../../tests/clauses/support/forge.ts";
import { emptyCheckpoints } from "../checkpoints/checkpoints.ts";
import type { CoreState } from "../state.ts";
import { commitCertificateAt, keepForCheckpoints, reachableCertificate } from "./commit_certificate.ts";
import { createLog } from "./log.ts";

const PEERS = ["r1", "r2", "r3"];

/** The state of a replica that has committed all but the last of `entries`. */
function committed(entries: readonly ChainedEntry[]): CoreState {
  const index = entries.length - 1;
  const commitCertificate = forge.commitCertificate(1, forge.headIn(entries, index), PEERS, entries.slice(index));
  const config = { constants: { checkpointEvery: 10 } };
  const checkpoints = emptyCheckpoints(null, []);
  return { log: createLog(forge.GENESIS, entries), commitCertificate, checkpoints, config } as unknown as CoreState;
}

const roster = {
  quorumSizes: quorumOf(4),
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

Deno.test("§8.2 what was committed at a checkpoint can be certified however far commits have gone on", () => {
  const entries = forge.grow(forge.GENESIS, LIMITS.maxLinks + 40, 1);
  const state = committed(entries);
  assertEquals(commitCertificateAt(state, logIndex(20)), null);
  const early = forge.commitCertificate(1, forge.headIn(entries, 25), PEERS, []);
  keepForCheckpoints(state, logIndex(9), early);
  assertEquals([...state.checkpoints.commits.keys()], [10, 20] as never[]);
  for (const index of [10, 20]) {
    const certificate = commitCertificateAt(state, logIndex(index))!;
    assertEquals(Number(certificate.index), index);
    assert(isCertificate(roster, sha256Hex, certificate));
  }
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

Deno.test("§8.2 what a snapshot has leapt over keeps no certificates, were it twenty million checkpoints", () => {
  const base = { index: logIndex(20_000_000), hash: forge.GENESIS.hash };
  const state = { ...committed(forge.grow(forge.GENESIS, 5, 1)), log: createLog(base, []) };
  const config = { ...state.config, constants: { ...state.config.constants, checkpointEvery: 1 } };
  const certificate = { ...state.commitCertificate!, index: logIndex(20_000_003) };
  keepForCheckpoints({ ...state, config }, logIndex(0), certificate);
  assertEquals([...state.checkpoints.commits.keys()].map(Number), [20_000_001, 20_000_002, 20_000_003]);
});
