/** The parts of a replica that outlive its core: a core whose disk refused is discarded, and another is built from the disk. */
import { unhex } from "../crypto/digest.ts";
import { createChangeJudge } from "../crypto/roster/change_judge.ts";
import { createKeyRing } from "../crypto/roster/key_ring.ts";
import { fileOf } from "../crypto/roster/parse_roster.ts";
import { createVerifier } from "../crypto/signing/signing.ts";
import { createMessageSigner, createMessageVerifier } from "../crypto/signing/unsigned.ts";
import { createVerifiedCache } from "../crypto/signing/verified_cache.ts";
import { quorumOf } from "../protocol/quorum.ts";
import { Routes } from "./answers/routes.ts";
import { countingBackend } from "./diagnostics/counting_backend.ts";
import { TallyByKind } from "./diagnostics/tally_by_kind.ts";
import { DiskWatch } from "./disk/disk_watch.ts";
import { createSignatureCheck } from "./ingress/signature_check.ts";
import { INGRESS_LIMITS } from "./limits/ingress_limits.ts";
import { ownLine } from "./replica_config.ts";
import type { ReplicaParts } from "./replica_parts.ts";
import { pacedLogger } from "./status/paced_logger.ts";
import { PeerMemory } from "./status/peer_memory.ts";
import { PeerWatch } from "./status/peer_watch.ts";

export type ReplicaScope = ReturnType<typeof createReplicaScope>;

/** Makes the parts. Throws `ConfigError` if the key belongs to no replica of the roster. */
export function createReplicaScope(parts: ReplicaParts) {
  const { roster, key, transport, machine, reopen, log } = parts;
  const { constants } = roster;
  const line = ownLine(roster, key);
  const { backend, work } = countingBackend(parts.backend.backend);
  const now = parts.now ?? (() => performance.now());
  const startedAt = now();
  /** For events that others can bring about again and again. */
  const paced = pacedLogger(log, now);
  return {
    ...{ now, backend, work, transport, line, startedAt, paced },
    peerMemory: new PeerMemory(paced, roster.constants.electionTimeoutMs),
    peers: new PeerWatch({
      self: line.id,
      replicas: roster.replicas.map(({ id }) => id),
      quorum: quorumOf(roster.replicas.length, constants.profile).quorum,
      electionTimeoutMs: roster.constants.electionTimeoutMs,
      log: paced,
    }, startedAt),
    signer: createMessageSigner(constants, backend, unhex(key.secretKey), roster.cluster),
    check: createSignatureCheck(
      createKeyRing(roster),
      createMessageVerifier(constants, backend, roster.cluster, createVerifiedCache()),
      createVerifier(backend, roster.cluster),
    ),
    changes: createChangeJudge(fileOf(roster), backend),
    routes: new Routes(),
    refused: new TallyByKind(INGRESS_LIMITS.maxCountedKinds),
    ignored: new TallyByKind(INGRESS_LIMITS.maxCountedKinds),
    disk: new DiskWatch(roster.constants.electionTimeoutMs, log),
    /** The state that the machine began with, from which the log is applied again. */
    emptyMachine: reopen === undefined ? [] : [...machine.snapshot()],
  };
}
