/** The parts of a replica that outlive its core: some as long as the process runs, others as long as the epoch lasts. */
import { unhex } from "../crypto/digest.ts";
import { createChangeJudge } from "../crypto/roster/change_judge.ts";
import { createKeyRing } from "../crypto/roster/key_ring.ts";
import type { SignedRoster } from "../crypto/roster/parse_roster.ts";
import type { EpochName } from "../crypto/signing/signing.ts";
import { createVerifier } from "../crypto/signing/signing.ts";
import { createMessageSigner, createMessageVerifier } from "../crypto/signing/unsigned.ts";
import { createVerifiedCache } from "../crypto/signing/verified_cache.ts";
import { quorumOf } from "../protocol/quorum.ts";
import { Routes } from "./answers/routes.ts";
import { countingBackend, countingCache } from "./diagnostics/counting_backend.ts";
import { TallyByKind } from "./diagnostics/tally_by_kind.ts";
import { DiskWatch } from "./disk/disk_watch.ts";
import { createSignatureCheck } from "./ingress/signature_check.ts";
import { INGRESS_LIMITS } from "./limits/ingress_limits.ts";
import { lineInForce } from "./replica_config.ts";
import type { ReplicaParts } from "./replica_parts.ts";
import { pacedLogger } from "./status/paced_logger.ts";
import { PeerMemory } from "./status/peer_memory.ts";
import { PeerWatch } from "./status/peer_watch.ts";

export type ProcessScope = ReturnType<typeof createProcessScope>;
export type EpochScope = ReturnType<typeof createEpochScope>;
export type ReplicaScope = ProcessScope & EpochScope;

/** Makes the parts that last. */
export function createProcessScope(parts: ReplicaParts) {
  const { transport, machine, log, backend: loaded, now: clock, roster, meters = null } = parts;
  const { backend, work } = countingBackend(loaded.backend);
  const now = clock ?? (() => performance.now());
  return {
    ...{ now, backend, work, transport, meters, startedAt: now() },
    /** For events that others can bring about again and again. */
    paced: pacedLogger(log, now),
    routes: new Routes(),
    refused: new TallyByKind(INGRESS_LIMITS.maxCountedKinds),
    ignored: new TallyByKind(INGRESS_LIMITS.maxCountedKinds),
    disk: new DiskWatch(roster.roster.constants.electionTimeoutMs, log),
    /** The state that the machine began with, from which the log is applied again. */
    emptyMachine: [...machine.snapshot()],
  };
}

/** Makes the parts of the epoch of `file`. Throws `ConfigError` if the key belongs to no replica of it. */
export function createEpochScope(
  { key }: Pick<ReplicaParts, "key">,
  { backend, paced, now, meters }: ProcessScope,
  file: SignedRoster,
) {
  const { roster, digest } = file;
  const { constants, epoch, cluster } = roster;
  const line = lineInForce(roster, key);
  const place: EpochName = { cluster, epoch, digest };
  const changes = createChangeJudge(file, backend);
  const check = createSignatureCheck(
    createKeyRing(roster),
    createMessageVerifier(constants, backend, place, countingCache(createVerifiedCache(), meters)),
    createVerifier(backend, place),
  );
  return {
    ...{ file, roster, epoch, line },
    peerMemory: new PeerMemory(paced, constants.electionTimeoutMs),
    peers: new PeerWatch({
      self: line.id,
      replicas: roster.replicas.map(({ id }) => id),
      quorum: quorumOf(roster.replicas.length, constants.profile).quorum,
      electionTimeoutMs: constants.electionTimeoutMs,
      log: paced,
    }, now()),
    signer: createMessageSigner(constants, backend, unhex(key.secretKey), place),
    check: { ...check, judge: (command: Uint8Array) => void changes.judge(command) },
    changes,
  };
}
