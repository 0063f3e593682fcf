import { quorumOf } from "../../../../protocol/quorum.ts";
import { namedBy } from "../../network/epoch_marks.ts";
import { faulty, type Sent, testAttack } from "../support/attack_lab.ts";

const QUORUM = quorumOf(4).quorum;

/** Returns the ends that faulty replicas showed, each with the number of different replicas that it says have signed it. */
const shown = (sent: readonly Sent[]) =>
  faulty(sent, "EpochEnd").map(({ packet: { end, roster } }) => ({
    ...{ end, roster },
    signers: new Set(end.proof.stable.checkpoints.map(({ message }) => message.replica)).size,
  }));

testAttack({
  attack: "what was said in an earlier epoch, as if in this one",
  actor: "mark-liar",
  seeds: [1, 2, 3],
  changes: true,
  wanted: {
    "packets under the mark of a later epoch than they were signed in": [
      100,
      (sent) => {
        const signedIn = new Map<object, number>();
        let marked = 0;
        for (const { packet, honest } of sent) {
          const epoch = namedBy(packet);
          if (epoch === null || !("signed" in packet)) continue;
          const first = signedIn.get(packet.signed) ?? epoch;
          signedIn.set(packet.signed, first);
          if (!honest && epoch > first) marked++;
        }
        return marked;
      },
    ],
  },
});

testAttack({
  attack: "ends of epochs: old, cut short, of another epoch, with another roster, and made up",
  actor: "end-liar",
  seeds: [1, 2, 3],
  changes: true,
  wanted: {
    "ends shown": [50, (sent) => faulty(sent, "EpochEnd").length],
    "signed by too few": [10, (sent) => shown(sent).filter(({ signers }) => signers < QUORUM).length],
    "of a state that another epoch's end names": [
      10,
      (sent) => {
        const named = new Map<string, number>();
        return shown(sent).filter(({ end }) => {
          const first = named.get(end.proof.stable.stateDigest) ?? end.epoch;
          named.set(end.proof.stable.stateDigest, Math.min(first, end.epoch));
          return end.epoch > first;
        }).length;
      },
    ],
    "without a roster": [3, (sent) => shown(sent).filter(({ roster }) => roster === null).length],
  },
});
