/** Sources that show checkpoints where entries are requested: old ones, forged ones, ever newer ones (§8.2, §8.3, §12). */
import type { CheckpointProof } from "../../../../protocol/certificate.ts";
import type { Digest } from "../../../../protocol/ids.ts";
import type { Checkpoint, FetchChunks, FetchEntries } from "../../../../protocol/message.ts";
import type { Signed } from "../../../../protocol/signed.ts";
import { forged, inTurn, wrongHash } from "../../../../replica/byzantine/lies.ts";
import type { Transfer } from "../../../../replica/core/catch_up/catch_up_state.ts";
import type { Actor, FaultyReplica, SimAdversary } from "../actor.ts";
import { boast, createRhythm, Speaker, takingOver } from "../support/craft.ts";
import { known, serveChunks } from "./chunk_sources.ts";
import { openCatchUps } from "./sources.ts";

/** Returns the answer to `asked`; null if there is nothing to show. */
type Choice = (asked: FetchEntries) => CheckpointProof | null;

/**
 * Answers every request for entries with a checkpoint, as soon as a replica is about to ask any source; it claims to be ahead, to be asked.
 */
function shower(faultyReplica: FaultyReplica, choose: Choice): Required<Pick<SimAdversary, "corrupt" | "swallows">> {
  const speaker = new Speaker(faultyReplica);
  const due = createRhythm(faultyReplica, 2 * faultyReplica.config.constants.heartbeatMs);
  const show = (asked: FetchEntries): void => {
    const checkpoint = choose(asked);
    if (checkpoint === null) return;
    const { replica, nonce, from } = asked;
    speaker.say([replica], {
      kind: "FetchEntriesResponse",
      signed: { kind: "FetchEntriesResponse", replica: speaker.self, nonce, from },
      entries: [],
      certificate: null,
      checkpoint,
    });
  };
  return {
    corrupt(outgoing) {
      if (due()) openCatchUps(faultyReplica).forEach(show);
      return outgoing.map(boast);
    },
    swallows: takingOver("FetchEntries", ({ signed }) => show(signed.message)),
  };
}

/** Returns the oldest of `proofs` that would take the asker further, or the very oldest. */
const oldest = (
  { colluders: { archive: { proofs } } }: FaultyReplica,
  { from }: FetchEntries,
): CheckpointProof | null => proofs.find(({ stable }) => stable.index >= from) ?? proofs[0] ?? null;

/**
 * Shows truly certified checkpoints, always the oldest that is of any use, or of none; every other time it is asked for their chunks, it
 * claims to have none.
 */
const staleProof: Actor = (faultyReplica) => {
  const speaker = new Speaker(faultyReplica);
  const showing = shower(faultyReplica, (asked) => oldest(faultyReplica, asked));
  let turn = 0;
  const chunks = takingOver("FetchChunks", ({ signed: { message } }) => {
    serveChunks(speaker, message, turn++ % 2 === 0 ? [] : known(faultyReplica, message.digests));
  });
  return { ...showing, swallows: (input) => showing.swallows(input) || chunks(input) };
};

/**
 * Shows the newest checkpoint to every replica that asks for entries, and withholds the last chunk of every snapshot; of others it gives
 * one.
 */
const endlessSource: Actor = (faultyReplica) => {
  const { colluders } = faultyReplica;
  const speaker = new Speaker(faultyReplica);
  const showing = shower(faultyReplica, () => colluders.archive.proofs.at(-1) ?? null);
  const chunks = takingOver("FetchChunks", ({ signed: { message } }) => {
    const transfer = colluders.peek(message.replica)?.transfer ?? null;
    const given = isLast(transfer, message) ? [] : known(faultyReplica, message.digests).slice(0, 1);
    serveChunks(speaker, message, given);
  });
  return { ...showing, swallows: (input) => showing.swallows(input) || chunks(input) };
};

/** Returns whether nothing is missing except what is asked for. */
const isLast = (transfer: Transfer | null, { digests }: FetchChunks): boolean =>
  digests.length === 1 && transfer?.missing.size === 0;

/** The material of a forger. */
interface Workshop {
  readonly faultyReplica: FaultyReplica;
  readonly proof: CheckpointProof;
  /** Another true checkpoint, older than `proof`; the same if there is only one. */
  readonly older: CheckpointProof;
  /** A state that is not that of `proof`: another checkpoint's, or a made-up one. */
  readonly state: Digest;
}

/** Returns `proof` for another state, with `checkpoints`. */
const vouched = (
  { stable, commit }: CheckpointProof,
  checkpoints: readonly Signed<Checkpoint>[],
  state = stable.stateDigest,
): CheckpointProof => ({ stable: { ...stable, stateDigest: state, checkpoints }, commit });

/** Returns the Checkpoints of all colluders for `state` at the point of `proof`. */
const own = (
  { faultyReplica: { colluders }, proof: { stable: { index, hash } } }: Workshop,
  state: Digest,
): Signed<Checkpoint>[] =>
  colluders.members.map((replica) =>
    colluders.sign<Checkpoint>(replica, { kind: "Checkpoint", replica, index, hash, stateDigest: state })
  );

type Forgery = (shop: Workshop) => CheckpointProof;

/**
 * Proofs of another state: signed by the colluders alone, by each as often as needed, in the names of others, with Checkpoints of the true
 * one.
 */
const OTHER_STATES: readonly Forgery[] = [
  (shop) => vouched(shop.proof, own(shop, shop.state), shop.state),
  (shop) => vouched(shop.proof, shop.proof.stable.checkpoints.map(() => own(shop, shop.state)[0]!), shop.state),
  (shop) => {
    const names = shop.proof.stable.checkpoints.map(({ message }) => forged({ ...message, stateDigest: shop.state }));
    return vouched(shop.proof, names, shop.state);
  },
  (shop) => vouched(shop.proof, shop.proof.stable.checkpoints, shop.state),
];

const FLAWED: readonly Forgery[] = [
  /** One Checkpoint too few, one of them twice, those of two indexes mixed. */
  ({ proof }) => vouched(proof, proof.stable.checkpoints.slice(1)),
  ({ proof }) => vouched(proof, [...proof.stable.checkpoints.slice(1), proof.stable.checkpoints.at(-1)!]),
  ({ proof, older }) => vouched(proof, [...proof.stable.checkpoints.slice(1), ...older.stable.checkpoints.slice(0, 1)]),
  /** The commit certificate of another index, under its own name and under this one's. */
  ({ proof, older }) => ({ stable: proof.stable, commit: older.commit }),
  ({ proof, older }) => ({ stable: older.stable, commit: proof.commit }),
  ({ proof: { stable }, older: { commit } }) => ({
    stable,
    commit: { ...commit, index: stable.index, hash: stable.hash },
  }),
  /** A commit that too few reported. */
  ({ proof: { stable, commit } }) => ({ stable, commit: { ...commit, responses: commit.responses.slice(1) } }),
  /** The truth, so that it is asked again. */
  ({ proof }) => proof,
];

/** Shows one forged proof after the other; for chunks of the states it makes up it serves those of others, which all exist. */
const forgedProof: Actor = (faultyReplica) => {
  const { colluders } = faultyReplica;
  let turn = colluders.rng.int(0, 7);
  return shower(faultyReplica, ({ from }) => {
    const { proofs } = colluders.archive;
    const proof = proofs.at(-1);
    if (proof === undefined) return null;
    const older = proofs.findLast(({ stable }) => stable.index >= from && stable.index < proof.stable.index) ??
      proofs.at(-2) ?? proof;
    const state = older === proof ? wrongHash(faultyReplica, turn) : older.stable.stateDigest;
    const kind = turn % 3 < 2 ? OTHER_STATES : FLAWED;
    return inTurn(kind, Math.floor(turn++ / 3))({ faultyReplica, proof, older, state });
  });
};

export const PROOF_SOURCES: Readonly<Record<string, Actor>> = {
  "stale-proof": staleProof,
  "forged-proof": forgedProof,
  "endless-source": endlessSource,
};
